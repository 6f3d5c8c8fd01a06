"""The command line.

Map:

- `group`: the command `hub` itself: finds each subcommand's file when it is called, and turns what went wrong into
  a sentence and an exit code.
- `exit_codes`: those codes, and how a run's status becomes one.
- One file a command: `serve`, `send`, `tail`, `cat`, `ls`, `stats`, `wait`, `delete`, `open`, `status`, `store`,
  `config`, `login`, `completion`, `version`. `send` starts on the standard library alone and never loads click.
- `hub_options`: `--url` and `--data-dir`, shared by all that talk to a hub; `stream_names`: looking names up.
- What people read: `harmless` (escape sequences made harmless), `lines` (chunks to lines), `screen` (prefixes, the
  unfinished last line), `words` (gaps, ends and sizes in words), `moments` (times that people type).

Only `serve` knows Twisted; all else uses `hub.client`.
"""

from __future__ import annotations

import os
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    if sys.argv[1:2] == ["send"] and not {"-h", "--help"} & set(sys.argv):
        # The one command that starts again and again: it goes past click, which takes longer than all the rest.
        from hub.app.cli.send import main as send

        sys.exit(send(sys.argv[2:]))
    from hub.app.cli.group import run

    name = os.path.basename(sys.argv[0])
    sys.exit(run(prog=name if name == "outputhub" else "hub"))
