"""The command `hub`, and `python -m hub`."""

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


if __name__ == "__main__":
    main()
