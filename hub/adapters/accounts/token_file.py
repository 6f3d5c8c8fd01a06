"""The admin token: made on first start, kept 0600 in the data directory."""

from __future__ import annotations

import hashlib
import hmac
import os
from pathlib import Path

from hub.model.account import ADMIN, new_secret
from hub.model.principal import Principal, Role
from hub.model.session_key import key_hash

FILE_NAME = "admin.token"
_MIN_LENGTH = 22


class TokenFile:
    """`Accounts` with one account, `admin`. Only the token's hash is kept in memory."""

    def __init__(self, data_dir: Path) -> None:
        """Read the token, or make one; a lost or emptied file gets a new token, and the old one is worth nothing."""
        self.path = data_dir / FILE_NAME
        token = self._read() or self._make()
        self._hash = key_hash(token)
        self.signing_key = hashlib.sha256(b"signing key of logins\0" + token.encode()).digest()
        # Cookies hold it: it tells one token from another, and nothing by which one could be tried out.
        known_as = hmac.digest(self.signing_key, b"credential", "sha256").hex()[:32]
        self._admin = Principal(ADMIN, Role.ADMIN, credential=f"{ADMIN}.{known_as}")

    def by_token(self, token: str) -> Principal | None:
        """Return the admin if it is their token."""
        return self._admin if hmac.compare_digest(key_hash(token), self._hash) else None

    def by_credential(self, credential: str) -> Principal | None:
        """Return the admin if they came in with the token that counts now."""
        return self._admin if credential == self._admin.credential else None

    def _read(self) -> str | None:
        try:
            file = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        with os.fdopen(file) as opened:
            os.fchmod(opened.fileno(), 0o600)
            token = opened.read(256).strip()
        return token if len(token) >= _MIN_LENGTH else None

    def _make(self) -> str:
        token = new_secret(ADMIN)
        new = self.path.with_name(f".{FILE_NAME}.new")
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(file, "w") as opened:
            opened.write(token + "\n")
            opened.flush()
            os.fsync(opened.fileno())
        new.replace(self.path)
        return token
