"""What the core needs from outside: a clock, a store, a way out to each peer. Adapters implement these."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol, TypeVar

from hub.core.scan import Part, Scanned, Wanted
from hub.model.buckets import Buckets, Counted
from hub.model.chunk import Chunk, Gap, Piece
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.model.record import StreamRecord

T = TypeVar("T")


class Cancellable(Protocol):
    """Something that was put off and may be taken back."""

    def cancel(self) -> None:
        """Take it back; harmless when it ran already."""


class Clock(Protocol):
    """Time, and later."""

    def now_ms(self) -> int:
        """Return the wall clock, Unix ms: for people and records, never for order or time-outs."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""

    def call_later(self, seconds: float, call: Callable[[], object]) -> Cancellable:
        """Run `call` after `seconds`; 0 is the next turn of the reactor."""


class Promise(Protocol[T]):
    """Something that one coroutine waits for; waiting for it ends early where that coroutine is cancelled."""

    def __await__(self) -> Generator[Any, Any, T]:
        """Wait until it is kept."""

    def keep(self, value: T) -> None:
        """Let the coroutine go on with `value`; nothing where it was kept or broken, or given up."""

    def break_off(self, problem: Problem) -> None:
        """Let the coroutine fail with `problem`; nothing where it was kept or broken, or given up."""


class Tasks(Protocol):
    """Runs what waits."""

    def promise(self) -> Promise[Any]:
        """Return a promise that is neither kept nor broken."""

    def spawn(self, work: Coroutine[Any, Any, None]) -> Cancellable:
        """Start `work` at once, up to its first wait; what it raises is reported, never swallowed."""

    async def in_thread(self, call: Callable[[], T]) -> T:
        """Run `call` in one of a few threads, in turn with others, and return what it returns or raises."""


class Failures(Protocol):
    """Where our own mistakes go: a traceback in the log, and a count."""

    def report(self, what: str) -> None:
        """Report the exception that is being handled, with what was being done."""


class Sink(Protocol):
    """The way out to one peer, and the tap of the way in. Writing is allowed while `open`; nothing is refused."""

    @property
    def open(self) -> bool:
        """False while the peer takes less than it was given; `Conversation.writable` says when it is True again."""

    def taken(self) -> int:
        """Return a count that grows as the peer takes bytes; its unit is bytes where the system tells."""

    def send(self, frames: Sequence[tuple[bytes, ...]]) -> None:
        """Write frames, each given as its pieces, in one gathered write."""

    def pause_reading(self) -> None:
        """Stop reading from the peer."""

    def resume_reading(self) -> None:
        """Read from the peer again."""

    def close(self, problem: Problem | None = None) -> None:
        """Close once all that was sent is taken, or after `limits.close_seconds`; `problem` is why, if one is."""

    def abort(self) -> None:
        """Close now; what was not taken is lost."""


class Conversation(Protocol):
    """One peer's machine, as an adapter drives it."""

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer; return whether some may be left, for another turn.

        Then nothing more is read from the peer, and `received(b"")` goes on in a turn that has some time for it.
        """

    def writable(self) -> None:
        """Take note that the sink is open again."""

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the peer that the hub closes within `deadline` seconds; it may come back `retry_after` ms later."""

    def hold(self) -> None:
        """Take nothing more from a producer: raw output ends here, frames wait for their last ACK."""

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection, and close it."""

    def lost(self, cause: str) -> None:
        """Take note that the connection is gone: `eof`, `reset` or `timeout`. Nothing is called after this."""


class Append(NamedTuple):
    """What is new of one stream: its pieces in their order, and the stream as it is after them."""

    record: StreamRecord
    pieces: Sequence[Piece]
    """Contiguous, from where the store's part of the stream ends; empty where only the record changed."""


class Opened(NamedTuple):
    """What a store held when it was opened."""

    epoch: int
    """The epoch of this start of the hub, durable; above all that were ever given out."""
    epochs_end: int
    """Epochs below this one may be given out, see `Store.reserve_epochs`."""
    streams: Iterable[StreamRecord]
    """All streams, to be read once, those with the oldest last run first."""


class Store(Protocol):
    """Where streams are kept. What waits is `async`; nothing here may block the reactor."""

    durability: str
    """What an acknowledged byte is: `fsync`, `os`, `memory` or `quorum`."""

    pace_seconds: float
    """Least time from one append to the next, unless there is much: what a commit costs is shared by what waits."""

    trimmed: Callable[[str, int], None]
    """Set by the hub: called, in the reactor, when a stream's first kept offset has grown."""

    def open(self, now_ms: int) -> Opened:
        """Open it, once, before there is a reactor; may take seconds. Raise Problem STORE when it cannot be used."""

    async def append(self, batch: Sequence[Append]) -> None:
        """Make a batch durable, each stream's part of it whole or not at all.

        Raise Problem STORE when the outcome is that it is not, or unknown: the same batch may then be handed over
        again, so a piece that the store has already (its end is not past the stream's) is passed over.
        """

    async def reserve_epochs(self, end: int) -> None:
        """Make it durable that epochs below `end` may have been given out."""

    async def read(self, stream: str, offset: int, max_bytes: int, *, sure: bool = True) -> Sequence[Piece]:
        """Return contiguous pieces from `offset` on, at least one if the store holds any byte or gap there.

        The first piece begins exactly at `offset`; pieces end the read once their weights sum up to `max_bytes` or
        more. What is there and cannot be read comes as a Gap, `corrupt` or `store_loss`. Unless `sure`, Problem STORE
        is raised where that may be otherwise the next time: a disk that gives an error may give the bytes later.
        """

    async def first_gap(self, stream: str, start: int, end: int) -> Gap | None:
        """Return the first recorded gap that touches the offsets from `start` to `end`, whole, if there is one."""

    async def seek_line(self, stream: str, line: int) -> int | None:
        """Return the offset after the `line`-th LF, or the first kept offset if that is later; None past all."""

    async def seek_time(self, stream: str, at: int) -> int | None:
        """Return the offset of the first chunk, in offset order, received at or after `at` (ms), if there is one."""

    async def count(self, stream: str, buckets: Buckets) -> Counted:
        """Return by time of receipt what is kept of a stream: each chunk counts in its bucket, whole and once."""

    async def scan(self, parts: Sequence[Part], wanted: Wanted) -> Scanned | None:
        """Search parts of streams, one after the other, as far as it gets in a moment, and some way in any case.

        None where they are to be read and scanned by who asks: a store offers this only if it can search where the
        hub's own process is not held up, and where that is worth its while. All of a part is in the store, though it
        may be gone by now: what cannot be read has no lines.
        """

    async def delete(self, stream: str) -> None:
        """Forget a stream."""

    async def put(self, kind: str, values: Mapping[str, bytes | None]) -> None:
        """Keep small records, such as sessions, durably, by key; None forgets one. The last one put wins."""

    async def records(self, kind: str) -> Mapping[str, bytes]:
        """Return all records of a kind, by key."""

    async def close(self) -> None:
        """Finish what is under way, and let go of the files; nothing is called after it."""


class Analyzer(Protocol):
    """Whoever looks inside lines, somewhere where it slows nobody: levels, numbers, lengths."""

    def offer(self, stream: str, chunk: Chunk) -> None:
        """Take a chunk, or skip it: never wait, never raise."""

    def tick(self) -> None:
        """Go on; called once a second."""

    def forget(self, stream: str) -> None:
        """Let go of what is known of a deleted stream."""

    def errors(self, stream: str) -> int | None:
        """Return how many errors a stream has, as far as it was looked at; None where nobody did."""

    def take_found(self) -> Collection[str]:
        """Return streams whose errors changed; each is told once."""

    async def ask(self, method: str, stream: str, params: Mapping[str, object]) -> Any:
        """Return `stats` of a stream, or a `series`; raise Problem BUSY while there is no answer to be had.

        `stats` are Findings, with the bytes that were `seen`.
        """


class Accounts(Protocol):
    """Accounts that are not in the store: the admin's, whose token is a file."""

    signing_key: bytes
    """Signs logins; it changes when all of them are to end."""

    def by_token(self, token: str) -> Principal | None:
        """Return whose token this is; None if it is nobody's."""

    def by_credential(self, credential: str) -> Principal | None:
        """Return whose `Principal.credential` this is; None if it is worth nothing any more."""


class Passwords(Protocol):
    """Hashes passwords and checks them, beside the reactor: either takes a tenth of a second of a processor."""

    find: Callable[[str], str | None]
    """Set by the hub: the hash of a user's password, None where there is no such user or no password."""

    async def hash(self, password: str) -> str:
        """Return the hash to keep; raise Problem BUSY where too many wait."""

    async def check(self, user: str, password: str) -> bool:
        """Tell whether it is the user's password, in the same time for nobody's; raise Problem BUSY."""


__all__ = [
    "Accounts",
    "Analyzer",
    "Append",
    "Buckets",
    "Cancellable",
    "Chunk",
    "Clock",
    "Conversation",
    "Counted",
    "Failures",
    "Gap",
    "Opened",
    "Passwords",
    "Piece",
    "Promise",
    "Sink",
    "Store",
    "StreamRecord",
    "Tasks",
]
