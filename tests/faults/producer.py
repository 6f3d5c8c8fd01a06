"""A framed producer as a process, written from the protocol alone: it sends its script, whatever happens to it.

Its journal is its spool: killed and started anew it goes on under the same key, since a script can be written again;
with `--forget` it takes a new key instead and goes on with the next line that it never sent.
It ends its run once its standard input is at its end, and exits 0 when it was told BYE.
"""

from __future__ import annotations

import argparse
import secrets
import sys
from pathlib import Path
from random import Random
from time import monotonic
from zlib import crc32

from faults.checker import Writing
from faults.frames import Frame
from faults.journal import Journal
from faults.link import Link, LinkLost
from faults.script import Script

PAYLOAD_BYTES = 1 << 20
GIVE_UP = ("PROTO", "TOOBIG", "VERSION", "DENIED", "AUTH", "NOTFOUND", "LIMIT", "OFFSET", "INTERNAL")
"""Codes that a producer which keeps to the protocol is never told."""


class Refused(Exception):
    """The hub said ERR; `key` is what it said with it."""

    def __init__(self, frame: Frame) -> None:
        super().__init__(f"{' '.join(frame.args)} {frame.keys} {frame.text}")
        self.code = frame.args[0]
        self.keys = frame.keys


class Producer:
    """One producer's memory; a connection only carries it."""

    def __init__(self, stream: str, script: Script, journal: Journal, luck: Random, *, forget: bool, most: int) -> None:
        """`most`: how many bytes of the script it sends before it waits for its end."""
        self.stream, self.script, self.journal, self.luck, self.most = stream, script, journal, luck, most
        self.slot: str | None = None
        self.finishing = False
        past = Writing(stream, script).take(frame for frame in journal.past)
        self.done = past.ended is not None
        keys = [frame.args[0] for frame in journal.past if frame.verb == "KEY"]
        self.sent = max((session.sent for session in past.sessions), default=0)
        self.noted = 0
        """Up to where the journal says that this session sent."""
        self.own = self.base = self.acked = 0
        self.known = False
        self.key = keys[-1] if keys and not forget else ""
        if self.key and journal.past and past.sessions:
            last = past.sessions[-1]
            self.known = _opened_since_key(journal.past)
            if self.known:
                self.own, self.base, self.acked = last.own, last.base, last.own + last.acked - last.base
                self.noted = last.sent
        if not self.known:
            self.own = self.acked = script.line_after(self.sent) if self.sent else 0
        self.take = forget and bool(keys)
        self.next = self.acked
        if not self.key:
            self.new_key()

    def new_key(self) -> None:
        self.key, self.known, self.noted = secrets.token_urlsafe(24), False, 0
        self.journal.note("KEY", self.key)

    def hello(self) -> dict[str, object]:
        keys: dict[str, object] = {"stream": self.stream, "session": self.key}
        if self.known:
            keys["resume"] = 1
        if self.take:
            keys["take"] = 1
        if self.slot:
            keys["slot"] = self.slot
        self.slot = None
        return keys

    def welcomed(self, ok: Frame) -> None:
        """Take OK: map the own bytes to the stream's, or rewind."""
        offset, epoch, fence = ok.key("offset"), ok.key("epoch"), ok.key("fence")
        if self.known:
            self.journal.note("RESUMED", offset, epoch, fence)
        else:
            self.base = offset
            self.journal.note("OPENED", self.own, offset, epoch, fence)
        self.known = True
        self.next = self.own + offset - self.base

    def expired(self, keys: dict[str, str]) -> None:
        """Go on under a new key with what the hub says it does not have."""
        self.journal.note("EXPIRED", **keys)
        self.own = self.own + int(keys["offset"]) - self.base if "offset" in keys else self.acked
        self.acked = self.next = self.own
        self.new_key()

    def offset(self, own: int) -> int:
        return self.base + own - self.own

    def acknowledged(self, frame: Frame) -> int:
        """Take ACK; return the window."""
        self.journal.note("ACKED", frame.number(0))
        self.acked = max(self.acked, self.own + frame.number(0) - self.base)
        return frame.key("window")

    def goal(self) -> int:
        """Return where the run ends: behind the last line that was begun."""
        return self.script.line_after(self.sent) if self.sent else 0


class Sending:
    """One connection's way through the script."""

    def __init__(self, producer: Producer, link: Link) -> None:
        self.producer, self.link = producer, link
        self.window = 0
        self.max = PAYLOAD_BYTES
        self.ended = self.leaving = False

    def run(self) -> None:
        """Say HELLO and send until BYE; raise LinkLost or Refused."""
        me, link = self.producer, self.link
        link.say("HELLO", "HUB/1", **me.hello())
        frames = self._first()
        while not me.done:
            for frame in frames:
                self._take(frame)
            if me.done:
                return
            if self.leaving and me.acked >= me.next:
                raise LinkLost("GOAWAY")
            for _ in range(me.luck.choice((1, 1, 4, 16))):
                self._more()
            pause = me.luck.choice((0.0, 0.001, 0.005, 0.02)) if self._may_send() else 0.5
            if me.finishing:
                frames = link.wait(pause)
            else:
                frames = link.wait(pause, 0)
                me.finishing = _at_end(0)

    def _first(self) -> list[Frame]:
        deadline = monotonic() + 10
        while not (frames := self.link.wait(0.5)):
            if monotonic() > deadline:
                raise LinkLost("no OK")
        ok = frames.pop(0)
        if ok.verb == "ERR":
            raise Refused(ok)
        self.window = ok.key("window")
        self.max = ok.key("max")
        self.producer.welcomed(ok)
        return frames

    def _take(self, frame: Frame) -> None:
        if frame.verb == "ACK":
            self.window = self.producer.acknowledged(frame)
        elif frame.verb == "BYE":
            self.producer.journal.note("BYE", frame.number(0))
            self.producer.done = True
        elif frame.verb == "ERR":
            raise Refused(frame)
        elif frame.verb == "GOAWAY":
            self.leaving = True

    def _may_send(self) -> bool:
        me = self.producer
        return not self.leaving and not self.ended and self.link.unsent < PAYLOAD_BYTES and me.next < self._until()

    def _until(self) -> int:
        return self.producer.goal() if self.producer.finishing else self.producer.most

    def _more(self) -> None:
        """Send a frame, if the window has room for it."""
        me = self.producer
        if not self._may_send():
            if me.finishing and not self.ended and not self.leaving and me.next >= self._until():
                self.link.say("END", me.offset(me.next), status="exit:0")
                self.ended = True
            return
        if me.luck.random() < 0.01 and me.next > me.own:  # some bytes once more: the hub has to see that it has them
            me.next -= me.luck.randrange(min(me.next - me.own, 5000)) + 1
        size = min(me.luck.choice((7, 60, 400, 4000, 60_000, self.max)), self._until() - me.next)
        flying = me.next - me.acked
        if flying > 0 and flying + size > self.window:
            return
        skip = next(iter(me.script.skips_within(me.next, me.next + size)), None)
        if skip is not None and skip[0] == me.next:
            self._note_sent(skip[1])
            self.link.say("SKIP", me.offset(skip[0]), me.offset(skip[1]), reason="overflow")
            me.next = skip[1]
            return
        end = skip[0] if skip is not None else me.next + size
        data = me.script.part(me.next, end)
        self._note_sent(end)
        self.link.say("DATA", me.offset(me.next), payload=data, **self._extras(data))
        me.next = end

    def _note_sent(self, end: int) -> None:
        self.producer.sent = max(self.producer.sent, end)
        if end > self.producer.noted:
            self.producer.noted = end
            self.producer.journal.note("SENT", end)

    def _extras(self, data: bytes) -> dict[str, object]:
        luck = self.producer.luck
        extras: dict[str, object] = {}
        if luck.random() < 0.3:
            extras["at"] = 1_700_000_000_000 + self.producer.next
        if luck.random() < 0.2:
            extras["ch"] = "err"
        if luck.random() < 0.3:
            extras["crc"] = f"{crc32(data):08x}"
        return extras


def _opened_since_key(past: list[Frame]) -> bool:
    verbs = [frame.verb for frame in past]
    last_key = len(verbs) - 1 - verbs[::-1].index("KEY")
    return "OPENED" in verbs[last_key:]


def _at_end(descriptor: int) -> bool:
    import os
    import select

    return bool(select.select([descriptor], [], [], 0)[0]) and not os.read(descriptor, 100)


def wait(seconds: float, producer: Producer) -> None:
    """Pass that time, or less when standard input ends meanwhile."""
    import select

    deadline = monotonic() + seconds
    while (left := deadline - monotonic()) > 0:
        select.select([] if producer.finishing else [0], [], [], left)
        producer.finishing = producer.finishing or _at_end(0)


def run(producer: Producer, port: int, dead_seconds: float) -> int:
    """Send it all over as many connections as it takes; return the exit code."""
    fails = 0
    while not producer.done:
        link = None
        pause = producer.luck.uniform(0, min(0.02 * 2**fails, 0.5))
        fails += 1
        try:
            link = Link(port, dead_seconds=dead_seconds)
            Sending(producer, link).run()
        except LinkLost as lost:
            print(f"lost: {lost}", file=sys.stderr, flush=True)
            if producer.next > producer.acked:
                fails = 0
        except Refused as refused:
            print(f"refused: {refused}", file=sys.stderr, flush=True)
            if refused.code in GIVE_UP:
                producer.journal.note("REFUSED", refused.code)
                return 3
            if refused.code == "EXPIRED":
                producer.expired(refused.keys)
            pause = max(pause, min(int(refused.keys.get("retry_after", 0)) / 1000, 5.0))
            producer.slot = refused.keys.get("slot")
        finally:
            if link is not None:
                link.close()
        if not producer.done:
            wait(pause, producer)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--stream", required=True)
    parser.add_argument("--name", required=True, help="the script's name")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--journal", type=Path, required=True)
    parser.add_argument("--skip-every", type=int, default=0)
    parser.add_argument("--most", type=int, default=1 << 20)
    parser.add_argument("--dead-seconds", type=float, default=10.0)
    parser.add_argument("--forget", action="store_true")
    given = parser.parse_args()
    journal = Journal(given.journal)
    luck = Random(f"{given.seed}/{given.name}/{len(journal.past)}")
    script = Script(given.seed, given.name, skip_every=given.skip_every)
    producer = Producer(given.stream, script, journal, luck, forget=given.forget, most=given.most)
    return run(producer, given.port, given.dead_seconds)


if __name__ == "__main__":
    sys.exit(main())
