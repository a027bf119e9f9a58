"""Moving in and out: what another site had becomes publications here, and its addresses lead to
them; and the content of this one is written down for another."""
