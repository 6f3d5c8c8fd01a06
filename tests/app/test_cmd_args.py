"""The arguments of `hub cmd`."""

from __future__ import annotations

from typing import Any

import click
import pytest

from hub.app.cli.cmd import parse_args


@pytest.mark.parametrize(
    ("command", "args", "parsed"),
    [
        ("signal", ["INT"], {"name": "INT"}),
        ("signal", ["name=TERM"], {"name": "TERM"}),
        ("stdin", ["yes", "please"], {"text": "yes please\n"}),
        ("stdin", ["text=a=b"], {"text": "a=b"}),
        ("resize", ["24x80"], {"rows": 24, "columns": 80}),
        ("reload", [], {}),
        ("reload", ["now=true", "n=3"], {"now": True, "n": 3}),
        ("reload", ['{"deep":{"er":1}}'], {"deep": {"er": 1}}),
    ],
)
def test_what_is_said_is_what_is_sent(command: str, args: list[str], parsed: dict[str, Any]) -> None:
    assert parse_args(command, args) == parsed


@pytest.mark.parametrize(("command", "args"), [("reload", ["now"]), ("reload", ["{"]), ("resize", ["big"])])
def test_what_makes_no_sense_is_refused(command: str, args: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parse_args(command, args)
