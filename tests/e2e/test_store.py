"""`hub store` beside a running hub, and the store across its restarts."""

from __future__ import annotations

import contextlib
import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from running_hub import RunningHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    with contextlib.closing(RunningHub(tmp_path / "data")) as hub:
        yield hub


def test_a_hub_goes_on_after_a_crash(hub: RunningHub) -> None:
    hub.run("send", "ci/build", given=b"one\n" * 1000)
    hub.come_again()
    hub.run("send", "ci/build", given=b"two\n")
    assert hub.run("cat", "ci/build").stdout == b"one\n" * 1000 + b"two\n"
    (row,) = hub.rows()
    assert (row["run"], row["lines"]) == (2, 1001)


def test_a_hub_goes_on_after_a_stop(hub: RunningHub) -> None:
    hub.run("send", "a", given=b"one\n")
    hub.process.end(signal.SIGTERM)
    assert b"all is well" in hub.run("store", "verify").stdout
    before = json.loads(hub.run("store", "info", "--json").stdout)
    assert (before["streams"], before["text_bytes"], before["wal_bytes"]) == (1, 4, 0)
    hub.process.close()
    hub.process = hub._start()
    assert hub.run("cat", "a").stdout == b"one\n"


def test_a_store_is_looked_at_and_copied_while_its_hub_runs(hub: RunningHub, tmp_path: Path) -> None:
    hub.run("send", "a", given=b"one\n")
    assert b"streams            1" in hub.run("store", "info").stdout
    assert b"all is well" in hub.run("store", "verify").stdout
    hub.run("store", "backup", str(tmp_path / "copy.db"))
    hub.run("send", "a", given=b"two\n")
    assert hub.run("store", "export", "a", "--to", str(tmp_path / "files")).stdout == b"a: 8 B\n"
    assert (tmp_path / "files" / "a" / "@output").read_bytes() == b"one\ntwo\n"
    refused = hub.run("store", "compact", code=1).stderr
    assert b"another hub (process " in refused


def test_a_backup_has_the_numbers_that_the_analyzer_keeps(hub: RunningHub, tmp_path: Path) -> None:
    hub.run("send", "a", given=b"loss=0.5\nERROR it broke\n")
    before = json.loads(hub.run("stats", "a", "--json").stdout)
    assert before["levels"]["error"] == 1
    hub.process.end(signal.SIGTERM)
    copy = tmp_path / "copy.db"
    told = hub.run("store", "backup", str(copy)).stdout.decode().splitlines()
    assert [line.partition(": ")[0] for line in told] == [str(copy), f"{copy}.numbers"]
    assert b"overwrites nothing" in hub.run("store", "backup", str(tmp_path / "copy.db"), code=1).stderr
    for name in ("hub.db", "numbers.db"):
        (hub.data_dir / name).unlink()
    copy.rename(hub.data_dir / "hub.db")
    (tmp_path / "copy.db.numbers").rename(hub.data_dir / "numbers.db")
    hub.process.close()
    hub.process = hub._start()
    after = json.loads(hub.run("stats", "a", "--json").stdout)
    assert (after["levels"], after["fields"]) == (before["levels"], before["fields"])


def test_a_damaged_store_is_told_and_read_around(hub: RunningHub) -> None:
    import apsw

    hub.run("send", "a", given=b"one\n")
    hub.run("send", "a", given=b"two\n")
    hub.run("send", "a", given=b"three\n")
    hub.process.end(signal.SIGTERM)
    connection = apsw.Connection(str(hub.data_dir / "hub.db"))
    connection.execute("UPDATE block SET crc = crc + 1 WHERE start = 4")
    connection.close()
    assert b"a 4..8: block: checksum" in hub.run("store", "verify", code=1).stdout
    hub.process.close()
    hub.process = hub._start()
    done = hub.run("cat", "a", code=1)
    assert done.stdout == b"one\nthree\n"
    assert done.stderr


def test_a_directory_without_a_store_is_told(tmp_path: Path, hub: RunningHub) -> None:
    assert b"--data-dir" in hub.run("store", "info", "--data-dir", str(tmp_path / "empty"), code=1).stderr
