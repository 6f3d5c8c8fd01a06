"""Every error that a peer may be told, with its code on each wire (PROTOCOL 8)."""

from __future__ import annotations

from typing import NamedTuple


class Code(NamedTuple):
    """How one error is spelled on the three wires."""

    word: str
    json_rpc: int
    websocket: int | None
    """Close code: 4000-4499 where a retry makes sense, 4500-4999 where not; None where the socket stays open."""
    http: int


CODES: dict[str, Code] = {
    code.word: code
    for code in (
        Code("BUSY", -32005, 4001, 503),
        Code("DRAIN", -32006, 4002, 503),
        Code("SLOW", -32603, 4003, 408),
        Code("IDLE", -32603, 4004, 408),
        Code("STORE", -32007, 4005, 503),
        Code("INTERNAL", -32603, 4006, 500),
        Code("OFFSET", -32009, None, 409),
        Code("CONFLICT", -32012, None, 409),
        Code("FENCED", -32010, 4501, 409),
        Code("AUTH", -32001, 4502, 401),
        Code("DENIED", -32003, 4503, 403),
        Code("EXPIRED", -32002, 4504, 401),
        Code("LIMIT", -32011, 4505, 429),
        Code("TOOBIG", -32600, 4506, 413),
        Code("PROTO", -32600, 4507, 400),
        Code("VERSION", -32600, 4508, 400),
        Code("NOTFOUND", -32004, None, 404),
    )
}


class Problem(Exception):
    """A mistake or misfortune that a peer is told about, counted, and that the hub survives.

    `code` is a key of CODES. `keys` go on the wire as `key=value`, such as `expected=` or `id=`.
    """

    def __init__(self, code: str, text: str = "", *, retry_after: int | None = None, **keys: object) -> None:
        super().__init__(f"{code}: {text}" if text else code)
        self.code = CODES[code]
        self.text = text
        self.retry_after = retry_after
        """ms; None where the code alone says whether and when to retry."""
        self.keys = keys

    @property
    def word(self) -> str:
        """The code as it stands on the wire."""
        return self.code.word

    def about(self, **keys: object) -> Problem:
        """Return the same problem that concerns one subscription or alias alone: it does not end the connection."""
        return Problem(self.word, self.text, retry_after=self.retry_after, **{**self.keys, **keys})
