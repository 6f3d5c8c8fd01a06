"""A whole hub on a disk that fills up, fails, slows down and forgets, under a clock that jumps."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from faults.disk import Disk, NoDisk
from faults.scene import NOT_DURABLE_BYTES, RAW, Scene
from hub.model.limits import Limits

pytestmark = pytest.mark.long

MakeScene = Callable[..., Scene]
DAY = 86_400.0
AT_ONCE_SECONDS = 4.0
"""Whatever does not wait for the failing part takes no longer, even on a machine with much else to do."""


@pytest.fixture
def make_scene(tmp_path: Path) -> Iterator[MakeScene]:
    scenes: list[Scene] = []

    def make(**settings: str) -> Scene:
        try:
            scenes.append(Scene(tmp_path, **settings))
        except NoDisk as error:
            pytest.skip(str(error))
        scenes[0].until("there is output", scenes[0].acknowledged)
        return scenes[0]

    yield make
    for scene in scenes:
        scene.close()


def test_a_full_disk(make_scene: MakeScene) -> None:
    """Framed output waits, raw output runs on after 5 s with a GAP, readers and commands go on, and it heals."""
    scene = make_scene()
    scene.output.write(500_000, seconds=5)
    scene.command("send", "old/one", given="something\n")
    scene.fill_disk()
    scene.command("delete", "--yes", "old/one")
    assert "old/one" not in scene.command("ls")
    scene.fill_disk()
    # The output is taken until too much is not durable.
    while scene.output.write(1 << 16, seconds=1):
        assert scene.output.sent < 8 * NOT_DURABLE_BYTES
    scene.look_anew("during")
    scene.until("a new reader has all", lambda: scene.read_to("during") >= scene.acknowledged())
    assert "is full" in scene.problem()
    waited = scene.until("raw output runs on", lambda: scene.output.write(1 << 16))
    assert waited < 6, "it waits for 5 s in all"
    before = scene.output.sent
    scene.output.write(4 * NOT_DURABLE_BYTES, seconds=10)
    assert scene.output.sent - before == 4 * NOT_DURABLE_BYTES, "what comes then is taken, and lost"
    assert scene.acknowledged_in(0.5) == 0
    scene.disk.heal()
    scene.until_acknowledged_more()
    scene.output.write(100_000, seconds=5)
    scene.until("the reader is told of the gap", lambda: scene.gaps(RAW))
    assert {gap.reason for gap in scene.gaps(RAW)} == {"store_loss"}
    scene.look_anew("after")
    assert scene.verdict(reasons=["store_loss"]) == []


def test_a_disk_that_is_full_at_the_start(make_scene: MakeScene) -> None:
    scene = make_scene()
    scene.command("send", "old/one", given="something\n")
    scene.fill_disk()
    for _ in range(3):
        scene.hub.kill()
        scene.look_anew("during")
        scene.until("a new reader has all", lambda: scene.read_to("during") >= scene.acknowledged())
        scene.readers.pop("during").close()
        assert scene.acknowledged_in(0.5) == 0
    scene.command("delete", "--yes", "old/one")
    scene.disk.heal()
    scene.until_acknowledged_more()
    assert scene.verdict(raw=False) == []


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda disk: disk.fail_writes(), id="writes"),
        pytest.param(lambda disk: disk.fail_writes(errno.EROFS), id="read-only"),
        pytest.param(lambda disk: disk.fail_syncs(), id="syncs"),
    ],
)
def test_a_disk_that_fails(make_scene: MakeScene, fail: Callable[[Disk], None]) -> None:
    """Nothing is acknowledged meanwhile, live output goes on, and nothing is missing when it is over."""
    scene = make_scene()
    fail(scene.disk)
    assert scene.acknowledged_in(1.5) == 0
    assert scene.echo_seconds() < AT_ONCE_SECONDS
    assert "see the disk of data_dir" in scene.problem()
    scene.disk.heal()
    scene.until_acknowledged_more()
    scene.lose_power()
    scene.until_acknowledged_more()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []
    assert "the store can take output again" in scene.hub.log()


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda disk: disk.fail_writes(), id="fails"),
        pytest.param(lambda disk: disk.slow_syncs(3600), id="hangs"),
    ],
)
def test_a_hub_that_is_told_to_stop_is_gone_in_time_whatever_its_disk_does(
    make_scene: MakeScene, fail: Callable[[Disk], None]
) -> None:
    scene = make_scene()
    fail(scene.disk)
    scene.output.write(100_000, seconds=1)
    began = time.monotonic()
    assert scene.hub.stop() == 1
    assert time.monotonic() - began < Limits().drain_seconds + AT_ONCE_SECONDS / 2
    log = scene.hub.log()
    assert "bytes could not be made durable: " in log
    assert "Traceback" not in log
    assert "None" not in log
    scene.disk.heal()
    scene.hub.start()
    scene.until_acknowledged_more()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []


@pytest.mark.parametrize("times", [1, 5])
def test_what_a_sync_failed_for_is_written_again_before_it_is_called_durable(make_scene: MakeScene, times: int) -> None:
    """The next sync works and says nothing of those bytes: the system may have dropped them."""
    scene = make_scene()
    for _ in range(2):
        scene.disk.fail_syncs(times)
        scene.until("syncs failed", lambda: scene.disk.syncs_to_fail == 0)
        scene.until_acknowledged_more(1)
        # What the analyzer keeps for itself is nothing that anybody is acknowledged.
        stored = {name: kept for name, kept in scene.disk.files().items() if name.startswith("hub.db")}
        assert stored
        doubtful = {name: kept.doubtful for name, kept in stored.items() if kept.doubtful}
        assert doubtful == {}, "acknowledged over bytes that a sync failed for"
        scene.lose_power()
        scene.until_acknowledged_more()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []


def test_a_loss_of_power_takes_nothing_that_was_acknowledged(make_scene: MakeScene) -> None:
    scene = make_scene()
    for number in range(4):
        scene.until_acknowledged_more(1 << (14 + number))
        scene.lose_power()
    scene.until_acknowledged_more()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []


def test_a_slow_disk_delays_acknowledgements_and_nothing_else(make_scene: MakeScene) -> None:
    scene = make_scene()
    scene.disk.slow_syncs(2 * AT_ONCE_SECONDS)
    assert scene.acknowledged_in(1.0) == 0
    assert scene.echo_seconds() < AT_ONCE_SECONDS
    began = time.monotonic()
    scene.command("status")
    assert time.monotonic() - began < AT_ONCE_SECONDS
    scene.disk.heal()
    scene.until_acknowledged_more()
    assert scene.verdict() == []
    assert "lost" not in scene.framed.log.read_text(), "nobody was cut off"


def test_a_disk_that_cannot_be_read_for_a_while(make_scene: MakeScene) -> None:
    scene = make_scene(HUB_LIMITS_TAIL_STREAM_BYTES="65536", HUB_LIMITS_TAIL_BYTES="131072")
    scene.until_acknowledged_more(2_000_000)
    scene.disk.fail_reads()
    scene.look_anew("during")
    assert scene.echo_seconds() < AT_ONCE_SECONDS
    scene.until("it is in the log", lambda: "the store cannot read" in scene.hub.log())
    scene.disk.heal()
    scene.until_acknowledged_more()
    scene.look_anew("after")
    # Whoever came to a block just then was told of a gap; nobody is afterwards.
    assert scene.verdict(reasons=["store_loss"]) == []
    assert not any(holding.gaps for holding in scene.held("after").streams.values())
    assert scene.hub.log().count("the store cannot read") < 3


def test_a_clock_that_jumps(make_scene: MakeScene, tmp_path: Path) -> None:
    """No timer fires or waits for it, nothing is dropped as too old, and order is by offset alone."""
    scene = make_scene(HUB_RETENTION_AGE_SECONDS="1h", HUB_LIMITS_HEARTBEAT_SECONDS="1", HUB_LIMITS_DEAD_SECONDS="3")
    for seconds in (DAY, 0, -DAY, 0):
        scene.disk.set_clock(seconds)
        assert scene.echo_seconds() < AT_ONCE_SECONDS
        scene.until_acknowledged_more()
        # Long enough for heartbeats, deadlines and a look of the retention.
        assert scene.acknowledged_in(3.5) > 0
    scene.look_anew("after")
    assert scene.verdict() == []
    assert "lost" not in scene.framed.log.read_text(), "nobody was cut off"


def test_a_lock_of_another_program(make_scene: MakeScene) -> None:
    """Framed output waits, others are told STORE in time, readers go on; its look into the file does no harm."""
    scene = make_scene()
    scene.command("send", "old/one", given="something\n")
    with closing(sqlite3.connect(scene.hub.directory / "hub.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert scene.acknowledged_in(2.5) == 0
        assert scene.echo_seconds() < AT_ONCE_SECONDS
        assert "locked by another program" in scene.problem()
        began = time.monotonic()
        scene.command("delete", "--yes", "old/one", code=1)
        assert time.monotonic() - began < 10
        scene.look_anew("during")
        scene.until("a new reader has all", lambda: scene.read_to("during") >= scene.acknowledged())
        other.execute("ROLLBACK")
        scene.until_acknowledged_more()
    # Its end must not take the WAL away from under a hub that has come back from a failure.
    scene.until_acknowledged_more()
    assert (scene.hub.directory / "hub.db-wal").exists()
    scene.hub.kill()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []


@pytest.mark.parametrize("what", ["hub", "hub/hub.db", "hub/hub.db-wal"])
def test_files_that_are_taken_away(make_scene: MakeScene, tmp_path: Path, what: str) -> None:
    """Nothing is acknowledged that a later hub would not find; live output goes on; back in place, all goes on."""
    scene = make_scene()
    away = tmp_path / "away"
    (tmp_path / what).rename(away)
    assert scene.acknowledged_in(1.5) == 0
    assert scene.echo_seconds() < AT_ONCE_SECONDS
    assert "removed" in scene.hub.log()
    if what == "hub":
        # The hub may have begun to make something in its place.
        shutil.rmtree(tmp_path / what, ignore_errors=True)
    away.rename(tmp_path / what)
    scene.until_acknowledged_more()
    scene.hub.kill()
    scene.look_anew("after")
    assert scene.verdict(raw=False) == []
