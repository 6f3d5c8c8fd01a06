"""`hub send` as click sees it: for help and completion; the work is in `send`, which does without click."""

from __future__ import annotations

from typing import Any

import click

from hub.app.cli import exit_codes, send


def _parameters() -> list[click.Parameter]:
    name: click.Parameter = click.Argument(["name"], required=False)
    return [
        name,
        *(
            click.Option(
                list(option.flags),
                metavar=option.metavar,
                is_flag=option.metavar is None,
                multiple=option.many,
                help=option.help,
            )
            for option in send.OPTIONS
        ),
    ]


def _send(**given: Any) -> int:
    return send.send(given["name"], given["tee"], given["meta"], given["quiet"], given["url"], given["data_dir"])


send_command = click.Command(
    "send", callback=_send, params=_parameters(), short_help="Stream standard input.",
    help=f"{send.SUMMARY}\n\nNAME is {send.NAME_HELP}.", epilog=exit_codes.EXPLAINED,
)  # fmt: skip
