"""Secrets that the service hands out and keeps only as SHA-256: device tokens, and codes that people type.

A plain hash is enough, as they are random: nothing shorter than trying them all finds them.
"""

from hashlib import sha256
from secrets import choice, token_urlsafe

TOKEN_BYTES = 32
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without the letters that are read as digits (I, L, O) and without U."""
CODE_LENGTH = 10
MISREAD = str.maketrans("OIL", "011", " -")


def new_token() -> str:
    """256 random bits, as 43 characters."""
    return token_urlsafe(TOKEN_BYTES)


def new_code() -> str:
    """50 random bits for a person to type, as XXXXX-XXXXX."""
    code = "".join(choice(CROCKFORD) for _ in range(CODE_LENGTH))
    return f"{code[:5]}-{code[5:]}"


def hash_token(token: str) -> bytes:
    """What is stored of a token: 32 bytes."""
    return sha256(token.encode()).digest()


def hash_code(code: str) -> bytes:
    """What is stored of a code, however it was typed: case, blanks, hyphens, and O, I or L for 0 or 1."""
    return sha256(code.upper().translate(MISREAD).encode()).digest()
