"""Secrets of the environment are masked in what a program writes, wherever the network or a pipe cut it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MASK = b"***"
_SECRET_NAME = re.compile(
    r"(?:^|_)(?:TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|APIKEY|(?:API|ACCESS|PRIVATE|SIGNING|ENCRYPTION)_KEY"
    r"|AUTH|COOKIE|DSN|CONNECTION_STRING)(?:_|$)",
    re.IGNORECASE,
)
_SHORTEST = 6
"""A value that is shorter is no secret, and masking it would make holes in everything."""
_SHORTEST_LINE = 12


def secrets_of(env: Mapping[str, str]) -> list[bytes]:
    """Return the values of variables whose names look like those of secrets, and each long line of such a value."""
    found: set[bytes] = set()
    for name, value in env.items():
        if not _SECRET_NAME.search(name):
            continue
        whole = value.strip()
        if len(whole) >= _SHORTEST:
            found.add(whole.encode("utf-8", "surrogateescape"))
        lines = whole.splitlines()
        if len(lines) > 1:
            found.update(line.encode("utf-8", "surrogateescape") for line in lines if len(line) >= _SHORTEST_LINE)
    return sorted(found, key=len, reverse=True)


class Masker:
    """Masks one channel. What may be the beginning of a secret is held back until it is clear."""

    def __init__(self, secrets: Iterable[bytes]) -> None:
        self._secrets = sorted(secrets, key=len, reverse=True)
        self._pattern = re.compile(b"|".join(map(re.escape, self._secrets))) if self._secrets else None
        self._held = b""

    @property
    def held(self) -> int:
        """Bytes that wait for what follows them."""
        return len(self._held)

    def feed(self, data: bytes) -> bytes:
        """Return what is clear now, masked."""
        if self._pattern is None:
            return data
        data = self._held + data
        keep = self._suspect(data)
        clear, self._held = data[: len(data) - keep], data[len(data) - keep :]
        return self._pattern.sub(MASK, clear)

    def flush(self) -> bytes:
        """Return what was held back: nothing follows it."""
        held, self._held = self._held, b""
        return held

    def _suspect(self, data: bytes) -> int:
        """Return how many of the last bytes may begin a secret that is not whole yet."""
        # A secret that is whole is masked, though its end may look like the beginning of another.
        clear = 0
        if self._pattern is not None:
            for found in self._pattern.finditer(data):
                clear = found.end()
        most = 0
        for secret in self._secrets:
            for size in range(min(len(secret) - 1, len(data) - clear), most, -1):
                if data.endswith(secret[:size]):
                    most = size
                    break
        return most
