"""Judges what was written against what was read: each broken promise is a finding, none means all were kept.

The truth is the producers': a `Writing` is what one producer journalled, its script and what it was told. Since a
script is the same for the same seed, each stream offset has one byte that may stand there, whatever was sent twice,
resumed or cut short. Readers are judged by their frames (`held`), by that truth, and by each other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, pairwise

from faults.frames import Frame
from faults.held import Finding, Gap, Held, Holding
from faults.script import Script, read_lines

HELLO = b"HELLO HUB/1 "
"""A connection that was cut within this was raw output, as far as the hub can know."""


@dataclass
class Session:
    """One key's part of a stream: script bytes from `own` on stand at stream offsets from `base` on."""

    own: int
    base: int
    epoch: int
    fence: int
    sent: int
    """Script bytes below this may have been sent."""
    acked: int
    """Stream bytes below this were acknowledged."""

    @property
    def sent_end(self) -> int:
        return self.base + self.sent - self.own


@dataclass
class Writing:
    """What a producer wrote to a stream: its script, and its journal's story as sessions.

    Journal: `OPENED own base epoch fence` for a new key, `RESUMED offset epoch fence`, `SENT own` before sending,
    `ACKED offset`, `BYE offset`, `EXPIRED [offset=]`.
    """

    stream: str
    script: Script
    sessions: list[Session] = field(default_factory=list)
    ended: int | None = None
    findings: list[Finding] = field(default_factory=list)

    def take(self, frames: Iterable[Frame]) -> Writing:
        """Take the frames of the producer's journal, in order."""
        for frame in frames:
            if frame.verb == "OPENED":
                own, base, epoch, fence = map(frame.number, range(4))
                self._opened(Session(own, base, epoch, fence, own, base))
            elif frame.verb == "RESUMED":
                self._resumed(self.sessions[-1], *map(frame.number, range(3)))
            elif frame.verb == "SENT":
                self.sessions[-1].sent = max(self.sessions[-1].sent, frame.number(0))
            elif frame.verb in ("ACKED", "BYE"):
                self._acked(frame.verb, self.sessions[-1], frame.number(0))
            elif frame.verb == "EXPIRED" and "offset" in frame.keys and self.sessions:
                # Whoever is told that lets go of what is below, as after an ACK.
                self._acked(frame.verb, self.sessions[-1], frame.key("offset"))
        return self

    def _found(self, kind: str, text: str) -> None:
        self.findings.append(Finding(kind, self.stream, f"its producer: {text}"))

    def _opened(self, session: Session) -> None:
        if self.sessions:
            last = self.sessions[-1]
            # Whoever began in what was in memory alone, and was acknowledged nothing, holds nobody to where that was.
            acked = max((each.acked for each in self.sessions if each.acked > each.base), default=0)
            if session.base < acked:
                self._found("lost-tail", f"a new run begins at {session.base}, acknowledged was up to {acked}")
            if session.base > last.sent_end:
                self._found("invented", f"a new run begins at {session.base}, sent was up to {last.sent_end}")
            if session.epoch < last.epoch:
                self._found("epoch", f"OK says epoch {session.epoch} after {last.epoch}")
        self.sessions.append(session)

    def _resumed(self, session: Session, offset: int, epoch: int, fence: int) -> None:
        if offset < session.acked:
            self._found("lost-tail", f"resumes at {offset}, acknowledged was up to {session.acked}")
        if offset > session.sent_end:
            self._found("invented", f"resumes at {offset}, sent was up to {session.sent_end}")
        if epoch < session.epoch:
            self._found("epoch", f"OK says epoch {epoch} after {session.epoch}")
        if fence <= session.fence:
            self._found("fence", f"OK says fence {fence} after {session.fence}")
        session.epoch, session.fence = epoch, fence

    def _acked(self, verb: str, session: Session, offset: int) -> None:
        if offset < session.acked and session.acked > session.base:
            self._found("ack", f"{verb} {offset} after ACK {session.acked}")
        if offset > session.sent_end:
            self._found("ack", f"{verb} {offset}, sent was up to {session.sent_end}")
        session.acked = max(session.acked, offset)
        if verb == "BYE":
            self.ended = offset


@dataclass
class Truth:
    """What may stand in a stream: bytes by offset, declared gaps, and up to where a reader must have all."""

    start: int
    data: bytearray
    owned: list[tuple[int, int]]
    """Stream ranges that must be read: acknowledged, and not declared lost."""
    skips: list[Gap]

    @classmethod
    def of(cls, writing: Writing) -> Truth:
        """Lay out the sessions: where a later one begins, an earlier one is over."""
        sessions = writing.sessions
        truth = cls(sessions[0].base if sessions else 0, bytearray(), [], [])
        ends = [min(old.sent_end, new.base) for old, new in pairwise(sessions)]
        ends += [session.sent_end for session in sessions[-1:]]
        for session, end in zip(sessions, ends, strict=True):
            truth._begin_at(session.base)
            if end < session.base:
                continue
            last = session.own + end - session.base
            truth.data += writing.script.part(session.own, last)
            at = session.base
            for first, after in writing.script.skips_within(session.own, last):
                skip = Gap(session.base + first - session.own, session.base + after - session.own, "producer_skip")
                truth.skips.append(skip)
                truth._own(at, min(skip.start, session.acked))
                at = skip.end
            truth._own(at, min(end, session.acked))
        return truth

    def _begin_at(self, base: int) -> None:
        """Take back what earlier sessions had there: it was in memory alone, and is another one's now."""
        del self.data[max(base - self.start, 0) :]
        self.skips = [Gap(skip.start, min(skip.end, base), skip.reason) for skip in self.skips if skip.start < base]

    def _own(self, start: int, end: int) -> None:
        if start < end:
            self.owned.append((start, end))


def check(
    writings: Sequence[Writing], readers: Sequence[Held], *, whole: Collection[str], reasons: Collection[str] = ()
) -> list[Finding]:
    """Return every promise that was broken.

    `whole` names the readers that must have read all that was acknowledged: they began at the start, and were left in
    peace until the end. `reasons` are those of gaps that this history may have beside the producers' own.
    """
    findings = [finding for writing in writings for finding in writing.findings]
    findings += [finding for held in readers for finding in held.findings]
    for writing in writings:
        truth = Truth.of(writing)
        for held in readers:
            holding = held.streams.get(writing.stream)
            if holding is not None:
                findings += _true(writing, truth, held, holding, reasons)
            if held.who in whole:
                findings += _whole(writing, truth, held, holding, reasons)
        findings += _equal(writing.stream, readers)
    known = {writing.stream for writing in writings}
    for held in readers:
        findings += [
            Finding("invented", name, f"{held.who}: nobody wrote it")
            for name, holding in held.streams.items()
            if name not in known and not (holding.data and HELLO.startswith(holding.data))
        ]
    return sorted(set(findings))


def _true(writing: Writing, truth: Truth, held: Held, holding: Holding, reasons: Collection[str]) -> Iterable[Finding]:
    """Each byte is the one that was sent there, each line comes once and in order, each gap was declared."""
    told = [*_bytes(truth, holding), *_lines(writing.script.name, holding), *_gaps(truth, holding, reasons)]
    return [Finding(kind, writing.stream, f"{held.who}: {text}") for kind, text in told]


def _bytes(truth: Truth, holding: Holding) -> Iterable[tuple[str, str]]:
    for start, end in holding.parts():
        read, sent = holding.bytes(start, end), bytes(truth.data[start - truth.start : end - truth.start])
        if start < truth.start or len(sent) < len(read):
            yield "invented", f"{start} to {end} was read, {truth.start} to {truth.start + len(truth.data)} sent"
        elif read != sent:
            wrong = next(i for i in range(len(read)) if read[i] != sent[i])
            yield "invented", f"at {start + wrong} {read[wrong : wrong + 40]!r}, not {sent[wrong : wrong + 40]!r}"
        for skip in truth.skips:
            if skip.start < end and skip.end > start:
                yield "invented", f"{start} to {end} was read, its producer skipped {skip.start} to {skip.end}"


def _lines(name: str, holding: Holding) -> Iterable[tuple[str, str]]:
    seen: set[int] = set()
    last = -1
    for writer, number in read_lines(bytes(holding.data)):
        if writer != name:
            yield "invented", f"a line of {writer}"
        elif number in seen:
            yield "twice", f"line {number}"
        elif number < last:
            yield "order", f"line {number} after {last}"
        seen.add(number)
        last = number


def _gaps(truth: Truth, holding: Holding, reasons: Collection[str]) -> Iterable[tuple[str, str]]:
    # Skips that touch may be told as one gap.
    skips: list[tuple[int, int]] = []
    for skip in sorted(truth.skips, key=lambda each: each.start):
        if skips and skip.start <= skips[-1][1]:
            skips[-1] = (skips[-1][0], max(skips[-1][1], skip.end))
        else:
            skips.append((skip.start, skip.end))
    for gap in holding.gaps:
        inside = any(start <= gap.start and gap.end <= end for start, end in skips)
        if gap.reason not in reasons and not (gap.reason == "producer_skip" and inside):
            yield "gap", f"{gap.start} to {gap.end} reason={gap.reason} was never declared"


def _whole(
    writing: Writing, truth: Truth, held: Held, holding: Holding | None, reasons: Collection[str]
) -> Iterable[Finding]:
    """All that was acknowledged was read; what is missing is told apart by where it is."""
    parts: list[tuple[int, int]] = []
    if holding is not None:
        allowed = ((gap.start, gap.end) for gap in holding.gaps if gap.reason in reasons)
        parts = sorted([*holding.parts(), *allowed])
    for start, end in truth.owned:
        for first, after in missing(start, end, parts):
            if not parts or after <= parts[0][0]:
                kind = "lost-prefix" if parts else "lost-tail" if first > truth.start else "lost-all"
            else:
                kind = "lost-tail" if first >= parts[-1][1] else "lost-middle"
            yield Finding(kind, writing.stream, f"{held.who}: {first} to {after} was acknowledged, and not read")
    if writing.ended is not None and (holding is None or holding.ended != writing.ended):
        said = None if holding is None else holding.ended
        yield Finding("end", writing.stream, f"{held.who}: END at {said}, its producer was told BYE {writing.ended}")


def missing(start: int, end: int, parts: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    """Yield what of `start` to `end` is in none of `parts`, which are in order."""
    for first, after in parts:
        if after <= start:
            continue
        if first >= end:
            break
        if start < first:
            yield start, first
        start = max(start, after)
    if start < end:
        yield start, end


def _equal(stream: str, readers: Sequence[Held]) -> Iterable[Finding]:
    """Two readers have the same bytes wherever both hold data of the same epoch's stream."""
    for one, other in combinations(readers, 2):
        first, second = one.streams.get(stream), other.streams.get(stream)
        if first is None or second is None:
            continue
        for start, end in first.parts():
            for low, high in second.parts():
                begin, stop = max(start, low), min(end, high)
                if begin < stop and first.bytes(begin, stop) != second.bytes(begin, stop):
                    yield Finding("unequal", stream, f"{one.who} and {other.who} differ between {begin} and {stop}")
