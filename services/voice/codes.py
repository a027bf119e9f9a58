"""Tracking codes: 120 bits in groups that can be read out, of which only the hash is kept.

The code is made of the ticket that the form carried, by the site's secret: who sends the same
form twice is told the same code, without it being stored anywhere.
"""

import hashlib
import hmac

# Crockford's: no I, L, O, U, so that what is copied by hand is copied right.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"O": "0", "I": "1", "L": "1"})
LENGTH = 24
GROUP = 4
MAX_TYPED_CHARACTERS = 80


def code_for(*, nonce: str, secret_key: str) -> str:
    """The code of what is sent with this ticket, in groups: “XXXX-XXXX-…”."""
    digest = hmac.new(secret_key.encode(), f"voice-code/{nonce}".encode(), hashlib.sha256).digest()
    number = int.from_bytes(digest, "big")
    letters = "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def hash_of(code: str) -> str:
    """What is stored of a code, however it was typed; empty for what cannot be one."""
    if len(code) > MAX_TYPED_CHARACTERS:
        return ""
    letters = "".join(one for one in code.upper() if one.isascii() and one.isalnum())
    letters = letters.translate(_LOOK_ALIKES)
    if len(letters) != LENGTH or not set(letters) <= set(_ALPHABET):
        return ""
    return hashlib.sha256(f"voice/{letters}".encode()).hexdigest()
