"""`--include` and `--exclude`: which lines are shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from hub.app.cli.harmless import plain


class LineFilter:
    """Patterns in RE2's syntax, matched anywhere in the line as a person reads it: without colours."""

    def __init__(self, include: Sequence[str], exclude: Sequence[str]) -> None:
        """A line passes with any of `include` (or where there are none) and none of `exclude`."""
        self._include = [_compiled("--include", pattern) for pattern in include]
        self._exclude = [_compiled("--exclude", pattern) for pattern in exclude]

    def __bool__(self) -> bool:
        return bool(self._include or self._exclude)

    def passes(self, line: bytes) -> bool:
        """Tell whether the line is to be shown."""
        text = plain(line)
        if self._include and not any(pattern.search(text) for pattern in self._include):
            return False
        return not any(pattern.search(text) for pattern in self._exclude)


def check_pattern(context: click.Context, option: click.Parameter, pattern: str | None) -> str | None:
    """Return an option's pattern; raise UsageError where it is none of RE2's."""
    if pattern is not None:
        _compiled(option.opts[0], pattern)
    return pattern


def _compiled(option: str, pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode() if error.args and isinstance(error.args[0], bytes) else error
        raise click.UsageError(f"{option} {pattern!r} is no RE2 pattern: {said}") from None
