"""Keys of sessions and tokens: secret, unguessable, stored only as hashes."""

from __future__ import annotations

import hashlib
import re
import secrets

_KEY = re.compile(r"[A-Za-z0-9_-]{22,64}")


def new_key() -> str:
    """Return a fresh key of 32 characters, 192 bits of the system's randomness."""
    return secrets.token_urlsafe(24)


def is_key(text: str) -> bool:
    """Tell whether `text` has the form of a key: 22 to 64 characters of `[A-Za-z0-9_-]`."""
    return _KEY.fullmatch(text) is not None


def key_hash(key: str) -> str:
    """Return the hash under which a key is kept: hex SHA-256."""
    return hashlib.sha256(key.encode()).hexdigest()


def public_id(key: str) -> str:
    """Return what others may know a session by: the first 16 hex digits of its key's hash."""
    return key_hash(key)[:16]
