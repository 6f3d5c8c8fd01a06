"""What is wrong with the store, in the log: once when it begins, and once when it is over."""

from __future__ import annotations

from twisted.logger import Logger

from hub.model.problem import Problem

_log = Logger(namespace="hub")


class Trouble:
    """What one kind of work meets; `what` names the work."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._told = ""

    def met(self, problem: Problem) -> None:
        """Tell a problem, unless it is still the one that was told last."""
        if problem.text != self._told:
            self._told = problem.text
            _log.error("the store cannot {what}: {problem}", what=self._what, problem=problem)

    def over(self) -> None:
        """Take note that the work was done."""
        if self._told:
            self._told = ""
            _log.warn("the store can {what} again", what=self._what)
