"""The analyzer's process, between the pipes of a hub."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from hub.wire.frame import encode


def test_one_whose_hub_was_killed_ends_without_a_word(tmp_path: Path) -> None:
    to_hub, its_output = os.pipe()
    command = [sys.executable, "-m", "hub.analysis.process", str(tmp_path)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=its_output, stderr=subprocess.PIPE)
    os.close(its_output)
    os.close(to_hub)
    line = encode("DATA", "ci/build", 1_800_000_000_000, payload=b"loss=0.5\n")
    _, said = process.communicate(b"".join(line), timeout=60)
    assert (process.returncode, said) == (0, b"")
