"""A command's input: from a file, from a pipe that is faster than the command, typed by others beside it."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.app.cli.run_child import Child


@contextmanager
def given(monkeypatch: pytest.MonkeyPatch, path: Path | str | int) -> Iterator[None]:
    """Make something this program's standard input."""
    with open(path, "rb", closefd=True) as file:
        monkeypatch.setattr(sys, "stdin", file)
        yield
        monkeypatch.undo()


def output_of(child: Child) -> tuple[int, bytes]:
    found = bytearray()
    code = child.pump(lambda data, channel: found.extend(data), lambda: None)
    return code, bytes(found)


def test_a_file_is_read_as_fast_as_it_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = os.urandom(700_001)
    (tmp_path / "f").write_bytes(data)
    with given(monkeypatch, tmp_path / "f"):
        assert output_of(Child(["cat"], terminal=False, typed=True)) == (0, data)


@pytest.mark.parametrize(("text", "typed"), [(b"hi\n", b"hi\r\n"), (b"hi", b"hi"), (b"", b"")])
def test_a_file_for_a_terminal_ends_where_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: bytes, typed: bytes
) -> None:
    (tmp_path / "f").write_bytes(text)
    with given(monkeypatch, tmp_path / "f"):
        code, found = output_of(Child(["cat"], terminal=True, typed=True))
    assert code == 0
    assert found.endswith(typed)


def test_a_command_that_does_not_read_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    written = 0

    def write() -> None:
        nonlocal written
        with contextlib.suppress(BrokenPipeError):
            while True:
                written += os.write(writing, b"y\n" * 2048)

    writer = threading.Thread(target=write)
    writer.start()
    with given(monkeypatch, reading):
        began = time.monotonic()
        text = "import time\nfor n in range(5):\n print(n, flush=True)\n time.sleep(0.05)"
        child = Child([sys.executable, "-c", text], terminal=False, typed=True)
        rounds: list[float] = []
        found = bytearray()
        code = child.pump(lambda data, channel: found.extend(data), lambda: rounds.append(time.monotonic()))
        assert (code, bytes(found)) == (0, b"0\n1\n2\n3\n4\n")
        gaps = [after - before for before, after in zip([began, *rounds], rounds, strict=False)]
        assert max(gaps[1:]) < 0.9, "no round waits for whoever does not read"
    writer.join()
    os.close(writing)
    assert written <= 4 * 64 * 1024, "what the command did not take is not read either"


def test_a_command_that_closed_its_input_or_output_gets_what_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = b"x" * 500_000
    (tmp_path / "f").write_bytes(data)
    with given(monkeypatch, tmp_path / "f"):
        assert output_of(Child(["sh", "-c", "exec <&-; echo out"], terminal=False, typed=True)) == (0, b"out\n")
    with given(monkeypatch, tmp_path / "f"):
        into = tmp_path / "into"
        command = ["sh", "-c", f"exec >&- 2>&-; cat >'{into}'"]
        assert output_of(Child(command, terminal=False, typed=True)) == (0, b"")
        assert into.read_bytes() == data


def test_the_null_device_leaves_the_input_to_whoever_types(monkeypatch: pytest.MonkeyPatch) -> None:
    with given(monkeypatch, os.devnull):
        child = Child(["head", "-n", "1"], terminal=False, typed=True)
        child.type(b"typed\n")
        assert output_of(child) == (0, b"typed\n")
