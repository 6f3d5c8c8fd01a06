"""What is typed at an attached terminal: keys for the command, and `~` escapes for this program, as in ssh."""

from __future__ import annotations

from enum import Enum

HELP = b"\r\n~.  leave (the command goes on)\r\n~~  send one ~\r\n~?  this help\r\n"


class After(Enum):
    """What a key comes after: an escape counts only at the beginning of a line."""

    LINE = "a line's end, or nothing"
    TEXT = "something else"
    TILDE = "a ~ at the beginning of a line"


class Keys:
    """Splits typed bytes; feed it as they come."""

    def __init__(self) -> None:
        self.leave = False
        """Whether `~.` was typed: nothing after it counts."""
        self.helped = False
        """Whether `~?` was typed since this was last looked at and reset."""
        self._after = After.LINE

    def feed(self, typed: bytes) -> bytes:
        """Return what is for the command; a `~` is held until it is known what it begins."""
        passed = bytearray()
        for code in typed:
            if self.leave:
                break
            if self._after is After.TILDE:
                self._escape(code, passed)
            elif self._after is After.LINE and code == ord("~"):
                self._after = After.TILDE
            else:
                self._pass(code, passed)
        return bytes(passed)

    def _escape(self, code: int, passed: bytearray) -> None:
        self._after = After.LINE
        if code == ord("."):
            self.leave = True
        elif code == ord("?"):
            self.helped = True
        elif code == ord("~"):
            self._pass(code, passed)
        else:
            passed.append(ord("~"))
            self._pass(code, passed)

    def _pass(self, code: int, passed: bytearray) -> None:
        passed.append(code)
        self._after = After.LINE if code in b"\r\n" else After.TEXT
