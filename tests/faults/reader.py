"""A reader as a process, written from the protocol alone: what it is told goes into its journal before all else.

By cursor it keeps its own place and lists it at each SUB; by session it acknowledges, and the hub keeps the place. It
ends, with 0, once its standard input is at its end and nothing has come for a while.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
from pathlib import Path
from random import Random
from time import monotonic

from faults.frames import Frame
from faults.held import Held
from faults.journal import Journal
from faults.link import Link, LinkLost

QUIET_SECONDS = 1.5
GIVE_UP = ("PROTO", "TOOBIG", "VERSION", "DENIED", "AUTH", "NOTFOUND", "LIMIT", "INTERNAL")


class Reader:
    """What outlives a connection: the journal, and what is held by it."""

    def __init__(self, journal: Journal, token: str, luck: Random, *, by_session: bool) -> None:
        self.journal, self.token, self.luck, self.by_session = journal, token, luck, by_session
        self.held = Held("self", journal.past)
        keys = [frame.args[0] for frame in journal.past if frame.verb == "KEY"]
        self.key = keys[-1] if keys and keys[-1] != "none" else ""
        self.finishing = False
        self.asked = ""

    def listen(self, link: Link) -> None:
        """Subscribe and take what comes; raise LinkLost at the end of the connection."""
        resumes = self.by_session and self.key
        link.say("HELLO", "HUB/1", **({"session": self.key} if resumes else {"token": self.token}))
        frames = self._first(link)
        ok = frames.pop(0)
        if ok.verb == "ERR":
            self._refused(ok)
        restored = ok.keys.get("resumed") == "1"
        if self.by_session and not resumes:
            self.key = ok.keys["session"]
            self.journal.note("KEY", self.key)
        self._note(Frame("CONNECTED", keys={"by": "session" if restored else "cursor"}))
        if not restored:
            lines = "".join(f"{name} {each.epoch}:{each.end}\n" for name, each in self.held.streams.items())
            link.say("SUB", 1, "**", payload=lines.encode() or None, **{"from": "start"})
        last = monotonic()
        while True:
            if frames:
                last = monotonic()
                self._take(link, frames)
            self.finishing = self.finishing or _at_end(0)
            if self.finishing and monotonic() - last > QUIET_SECONDS and self._hub_is_there(link, str(last)):
                return
            frames = link.wait(0.2, *([] if self.finishing else [0]))

    def _hub_is_there(self, link: Link, word: str) -> bool:
        """Ask once for a PONG with that word; say whether it came. A dead link is silent, too."""
        if link.answered != word and self.asked != word:
            self.asked = word
            link.say("PING", word)
        return link.answered == word

    def _first(self, link: Link) -> list[Frame]:
        deadline = monotonic() + 10
        while not (frames := link.wait(0.5)):
            if monotonic() > deadline:
                raise LinkLost("no OK")
        return frames

    def _refused(self, frame: Frame) -> None:
        if frame.args[0] == "EXPIRED":
            self.key = ""
            self.journal.note("KEY", "none")
        elif frame.args[0] in GIVE_UP:
            self.journal.note("REFUSED", frame.args[0])
            sys.exit(f"refused: {frame}")
        raise LinkLost(f"refused: {frame}")

    def _take(self, link: Link, frames: list[Frame]) -> None:
        told = [frame for frame in frames if frame.verb in ("STREAM", "DATA", "GAP", "LIVE", "END")]
        self.journal.copy(told)
        for frame in told:
            self.held.take(frame)
            if self.by_session and frame.verb == "DATA" and self.luck.random() < 0.5:
                link.say("ACK", frame.args[0], self.held.offset_of(frame.number(0)))
        for frame in frames:
            if frame.verb == "ERR":
                self._refused(frame)

    def _note(self, frame: Frame) -> None:
        self.journal.copy([frame])
        self.held.take(frame)


def _at_end(descriptor: int) -> bool:
    return bool(select.select([descriptor], [], [], 0)[0]) and not os.read(descriptor, 100)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--dead-seconds", type=float, default=15.0)
    parser.add_argument("--by-session", action="store_true")
    given = parser.parse_args()
    luck = Random(f"{given.seed}/{given.journal.name}")
    reader = Reader(Journal(given.journal), given.token, luck, by_session=given.by_session)
    while True:
        try:
            link = Link(
                given.port, dead_seconds=given.dead_seconds, read_bytes=luck.choice((700, 1 << 13, 1 << 16, 1 << 18))
            )
        except LinkLost:
            select.select([], [], [], 0.05)
            continue
        try:
            reader.listen(link)
            return 0
        except LinkLost as lost:
            print(f"lost: {lost}", file=sys.stderr, flush=True)
            select.select([], [], [], luck.uniform(0.01, 0.2))
        finally:
            link.close()


if __name__ == "__main__":
    sys.exit(main())
