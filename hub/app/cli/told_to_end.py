"""What happens with signals that end a program, where it holds something that has to be given back."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Self

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class ToldToEnd:
    """Takes the signals that end a program, while it is entered; those that were ignored before are still.

    The first one that may end it raises KeyboardInterrupt (SIGINT) or SystemExit, as a shell counts it. All others are
    noted and end nothing: not what is done because of the first, nor anything from `not_now` on. So all that is done
    then has to be bounded in time.
    """

    def __init__(self) -> None:
        self.noted: list[int] = []
        """The signals that came while none was to end the program."""
        self._may_end = True
        self._before: dict[signal.Signals, object] = {}

    def not_now(self) -> None:
        """Only take note of those that come from now on."""
        self._may_end = False

    def now(self) -> None:
        """Let the next one end the program, or the first one that was noted end it at once."""
        self._may_end = True
        if self.noted:
            self._end(self.noted.pop(0))

    def __enter__(self) -> Self:
        for number in ENDING:
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._come)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]

    def _come(self, number: int, _frame: FrameType | None) -> None:
        if self._may_end:
            self._end(number)
        else:
            self.noted.append(number)

    def _end(self, number: int) -> None:
        self._may_end = False
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
