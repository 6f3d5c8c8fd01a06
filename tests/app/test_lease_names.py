"""What is no name is told at once, without a hub."""

from __future__ import annotations

import pytest

from hub.app.cli.exit_codes import USAGE
from hub.app.cli.group import run


@pytest.mark.parametrize("name", ["a b", "\udcff", "\u202eretnirp", "stream:..", "x" * 208])
@pytest.mark.parametrize("command", ["run", "acquire"])
def test_a_name_that_is_none(command: str, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lease", command, name, *(["--", "true"] if command == "run" else [])]) == USAGE
    said = capsys.readouterr().err
    assert "name is" in said
    assert "\u202e" not in said, "what it looks like is shown, and not done"


def test_a_pattern_that_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["lease", "acquire", "--any", "board//*"]) == USAGE
    assert "board//*" in capsys.readouterr().err
