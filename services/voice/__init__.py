"""What strangers send, from the form to its end.

``channels`` says what each form asks, ``robots`` keeps machines out, ``plain`` cleans, and
``receiving`` takes it in under a code; ``rules`` is the table of what may follow, ``handling``
does it, ``tracking`` tells the sender, ``erasing`` forgets who it was.
"""
