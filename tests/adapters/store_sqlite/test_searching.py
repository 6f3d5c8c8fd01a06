"""Searching in processes beside the hub: they come when needed, are replaced when killed, and go with the hub."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from adapters.store_sqlite.rig import Loop, make_store
from child_processes import children
from contracts.store import Feed
from hub.adapters.store.sqlite import searching
from hub.adapters.store.sqlite.store import SqliteStore
from hub.core.scan import Part, Query, Range, Wanted

STREAMS = 40
WANTED = Wanted(Query("1"), Range(), False, 1000, 10_000)
EXPECTED = [f"s/{number}" for number in range(STREAMS) if "1" in str(number)]


class Searched:
    """A store with some streams, to be searched."""

    def __init__(self, directory: Path, **options: int) -> None:
        self.loop = Loop()
        self.store: SqliteStore = make_store(directory, self.loop, **options)
        self.before = children()
        list(self.store.open(1000).streams)
        self.feeds = [Feed(f"s/{number}") for number in range(STREAMS)]
        self.loop.run(self.store.append([feed.chunk(b"%d\n" % number) for number, feed in enumerate(self.feeds)]))

    def search(self, streams: int = STREAMS) -> list[str] | None:
        """Return the streams in which something is found; None where the store leaves it to others."""
        parts = [Part(feed.name, 0, feed.end) for feed in self.feeds[:streams]]
        scanned = self.loop.run(self.store.scan(parts, WANTED))
        return None if scanned is None else [parts[found.part].stream for found in scanned.found]

    @property
    def pids(self) -> set[int]:
        return children() - self.before


@pytest.fixture
def searched(tmp_path: Path) -> Iterator[Searched]:
    searched = Searched(tmp_path)
    yield searched
    searched.loop.run(searched.store.close())
    assert searched.pids == set(), "none is left, not even as a zombie"


def test_a_process_is_started_for_much_and_kept_for_what_follows(searched: Searched) -> None:
    assert searched.search(streams=2) is None, "read sooner than a process is started"
    assert searched.pids == set()
    assert searched.search() == EXPECTED
    (pid,) = searched.pids
    assert os.getpriority(os.PRIO_PROCESS, pid) >= min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    assert searched.search(streams=2) == ["s/1"]
    assert searched.pids == {pid}


def test_a_killed_process_is_replaced(searched: Searched) -> None:
    searched.search()
    (pid,) = searched.pids
    os.kill(pid, signal.SIGKILL)
    assert searched.search() == EXPECTED
    assert len(searched.pids - {pid}) == 1


def test_a_process_that_does_not_answer_is_ended(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    searched.search()
    (pid,) = searched.pids
    os.kill(pid, signal.SIGSTOP)
    monkeypatch.setattr(searching, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(searching, "END_SECONDS", 0.1)
    assert searched.search() in (None, EXPECTED)  # the next one may need longer to start
    assert pid not in searched.pids


def test_where_no_process_can_be_started_it_is_left_to_others(
    searched: Searched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    assert searched.search() is None
    monkeypatch.undo()
    assert searched.search() is None, "and for a while nothing more is tried"
    later = searching.time.monotonic() + searching.PAUSE_SECONDS + 1
    monkeypatch.setattr(searching, "time", SimpleNamespace(monotonic=lambda: later))
    assert searched.search() == EXPECTED


def test_a_process_that_nobody_needs_ends(searched: Searched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "IDLE_SECONDS", 0.0)
    searched.search()
    # The second search comes after the look for idle ones that follows the first.
    (pid,) = searched.pids or {0}
    assert searched.search() == EXPECTED
    assert pid == 0 or pid not in searched.pids


def test_none_is_started_where_the_limit_says_so(tmp_path: Path) -> None:
    searched = Searched(tmp_path, search_processes=0)
    assert searched.search() is None
    searched.loop.run(searched.store.close())


def test_where_no_process_can_be_started_it_is_said_that_the_hub_searches_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(searching._log, "error", lambda text, **more: said.append(text.format(**more)))
    searched = Searched(tmp_path)

    def refuse(*args: object, **more: object) -> None:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(searching, "subprocess", SimpleNamespace(Popen=refuse))
    assert searched.search() is None
    assert searched.search() is None
    searched.loop.run(searched.store.close())
    (text,) = said
    assert "done in the hub itself for 60 s" in text
    assert "Too many open files" in text


def test_where_no_thread_can_be_started_nothing_waits_for_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    searched = Searched(tmp_path)

    def refuse(thread: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert searched.search() is None
    monkeypatch.undo()
    searched.loop.run(searched.store.close())
