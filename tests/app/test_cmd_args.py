"""The arguments of `hub cmd`, and how it shows a reply."""

from __future__ import annotations

from typing import Any

import click
import pytest

from hub.app.cli.cmd import _show, parse_args


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


@pytest.mark.parametrize(
    ("reply", "as_json", "shown", "reason"),
    [
        ({"done": True}, False, "done\n", None),
        ({"done": True, "rows": 24}, False, "rows=24\n", None),
        ({"temperature": 21}, False, "temperature=21\n", None),
        ({"done": True}, True, '{"done": true}\n', None),
        ({"done": False, "error": "the port is away"}, False, "", "the producer did not do it: the port is away"),
        ({"done": False, "error": "busy", "left": 3}, False, "left=3\n", "the producer did not do it: busy"),
        ({"done": False}, False, "", "the producer did not do it"),
        ({"done": False, "error": "x"}, True, '{"done": false, "error": "x"}\n', "the producer did not do it: x"),
    ],
)
def test_a_reply_is_shown_and_why_it_failed_is_said_apart(
    capsys: pytest.CaptureFixture[str], reply: dict[str, Any], as_json: bool, shown: str, reason: str | None
) -> None:
    if reason is None:
        _show(reply, as_json=as_json)
    else:
        with pytest.raises(click.ClickException) as failure:
            _show(reply, as_json=as_json)
        assert (failure.value.message, failure.value.exit_code) == (reason, 1)
    assert capsys.readouterr().out == shown
