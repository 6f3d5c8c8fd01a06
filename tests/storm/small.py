"""`python -m storm.small CORE BYTES COMMAND…`: a command on one core, with so much memory and no more."""

from __future__ import annotations

import os
import resource
import sys

STACK_BYTES = 1 << 20
"""Stacks of threads count as memory as they are laid out, used or not."""


def main() -> None:
    core, most, *command = sys.argv[1:]
    os.sched_setaffinity(0, {int(core)})
    resource.setrlimit(resource.RLIMIT_STACK, (STACK_BYTES, STACK_BYTES))
    resource.setrlimit(resource.RLIMIT_DATA, (int(most), int(most)))
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
