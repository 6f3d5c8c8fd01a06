"""The shapes of what is answered: rows as JSON carries them. The page's types are made from these.

Times are Unix milliseconds, offsets and sizes bytes, rates a second.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

StreamState = Literal["live", "detached", "ended"]
Via = Literal["tcp", "websocket", "http"]
SessionKind = Literal["client", "producer"]


class StreamRow(TypedDict):
    """A stream, as `stream.list` and the `streams` topic show it; `errors` as far as somebody looked for them."""

    stream: str
    state: StreamState
    epoch: int
    start: int
    end: int
    run: int
    lines: int
    bytes: int
    errors: int | None
    lines_per_s: float
    first_at: int | None
    last_at: int | None
    status: str | None
    meta: dict[str, Any]
    watchers: int


class StreamPage(TypedDict):
    """The answer of `stream.list`."""

    streams: list[StreamRow]
    next: str | None
    truncated: NotRequired[bool]


class RunRow(TypedDict):
    """A run of a stream; `end`, `ended_at` and so on are null while it goes on."""

    run: int
    start: int
    end: int | None
    began_at: int
    ended_at: int | None
    status: str | None
    cause: str | None
    lines: int
    bytes: int
    meta: dict[str, Any]


class RunsAnswer(TypedDict):
    """The answer of `stream.runs`; `dropped` older ones are not known any more."""

    stream: str
    epoch: int
    runs: list[RunRow]
    dropped: int


class RunStats(RunRow):
    """The answer of `stream.stats` for one run."""

    stream: str


class Rates(TypedDict):
    """Rates, by the seconds of their window."""

    lines_per_s: dict[str, float]
    bytes_per_s: dict[str, float]


class FieldRow(TypedDict):
    """A number that lines tell by a name, over all lines that were looked at."""

    count: int
    last: float
    min: float
    max: float
    mean: float


class Findings(TypedDict):
    """What was found inside lines, of the part `sampled` of the stream's bytes, 1 being all.

    The length of lines as `{p50, p90, p99, max}`, lines by level, and numbers by name.
    """

    sampled: NotRequired[float]
    line_bytes: NotRequired[dict[str, int]]
    levels: NotRequired[dict[str, int]]
    fields: NotRequired[dict[str, FieldRow]]


class StreamCounts(Rates):
    """What the hub itself counts of a stream, and the commands that its producer takes, while one is connected."""

    stream: str
    state: StreamState
    runs: int
    lines: int
    bytes: int
    gap_bytes: int
    kept_bytes: int
    first_at: int | None
    last_at: int | None
    silent_ms: int | None
    watchers: int
    commands: list[str]


class StreamStats(StreamCounts, Findings):
    """The answer of `stream.stats`; without findings where nobody looks inside lines."""


class CatchupRow(TypedDict):
    """Readers that catch up: how many wait, and what they were given."""

    waiting: int
    slices: int
    bytes: int


class StoreRow(TypedDict):
    """The store: what an acknowledgement promises, what is not durable yet, and what is wrong."""

    durability: str
    waiting_bytes: int
    problem: str | None


class AdmissionRow(TypedDict):
    """Who comes in: hellos let in, those told when to come that have not come yet, and what was turned away."""

    admitted: int
    waiting: int
    handshakes: int
    connections_refused: int
    handshakes_refused: int
    waiting_at: dict[str, int]


class HubStats(TypedDict):
    """The answer of `hub.stats`, and the `stats` topic each second."""

    uptime_s: float
    streams: int
    live: int
    producers: int
    readers: int
    watching: int
    sessions: int
    connections: int
    lines: int
    bytes: int
    lines_per_s: float
    bytes_per_s: float
    delivered_bytes: int
    gap_bytes: int
    queued_bytes: int
    tail_bytes: int
    busy: int
    slots_honoured: int
    slots_missed: int
    refused: int
    unknown_verbs: int
    http_on_plain: int
    tls_on_plain: int
    truncations: int
    takeovers: int
    slow: int
    idle: int
    failures: int
    queues_emptied: int
    analyzer_ends: int
    problems: dict[str, int]
    admission: AdmissionRow
    catchup: CatchupRow
    store: StoreRow


class LineRow(TypedDict):
    """A line; `cut` where its text is not whole, `partial` without an end, `rest` without its beginning."""

    line: int
    offset: int
    at: int
    ch: NotRequired[str]
    text: str
    bytes: int
    cut: NotRequired[bool]
    partial: NotRequired[bool]
    rest: NotRequired[bool]


class GapRow(TypedDict):
    """Bytes that are missing."""

    gap: tuple[int, int]
    reason: str


class LinesAnswer(TypedDict):
    """The answer of `stream.lines`; `next` is the epoch and offset where more begins."""

    lines: list[LineRow]
    gaps: list[GapRow]
    next: tuple[int, int]
    truncate: NotRequired[int]
    truncated: NotRequired[bool]


class HitRow(TypedDict):
    """A line that was found."""

    stream: str
    epoch: int
    offset: int
    line: int
    at: int
    text: str
    bytes: int
    cut: NotRequired[bool]


class SearchAnswer(TypedDict):
    """The answer of `stream.search`; `next` is null when nothing is left to search."""

    hits: list[HitRow]
    next: str | None
    scanned_bytes: int
    truncated: NotRequired[bool]


class WatcherRow(TypedDict):
    """Who watches: a session, or a request that follows a stream. `streams` and what is behind are of what one may see.

    `via` is null while it is detached. `watches` are the patterns, or for somebody bound to patterns the streams.
    `behind_bytes` and `behind_lines` are null where they are not known: the lines of what is not in memory any more.
    """

    session: str | None
    principal: str
    via: Via | None
    attached: bool
    since: int
    watches: list[str]
    streams: int
    catching_up: int
    behind_bytes: int | None
    behind_lines: int | None


class PresenceAnswer(TypedDict):
    """The answer of `presence.list`: those farthest behind first; `total` counts what did not fit as well.

    Of them `watching` are given a stream, `away` are sessions that nobody is attached to. `next` goes on from there as
    those are now who come after it: who overtakes another between two answers may be in both, or in none.
    """

    watchers: list[WatcherRow]
    next: str | None
    total: int
    watching: int
    away: int
    truncated: NotRequired[bool]


class SessionRow(TypedDict):
    """A session: of a client, with its slots, or of a framed producer, with its stream.

    `peer` and `via` are of the connection, null while it is detached.
    """

    session: str
    kind: SessionKind
    principal: str
    role: str
    attached: bool
    slots: list[str]
    peer: str | None
    via: Via | None
    since: int
    detached_at: int | None
    stream: str | None
    subscriptions: int


class SessionsAnswer(TypedDict):
    """The answer of `session.list`, newest first; `total` counts what did not fit as well."""

    sessions: list[SessionRow]
    next: str | None
    total: int
    truncated: NotRequired[bool]


class LeaseWaiterRow(TypedDict):
    """Who waits for a lease."""

    session: str
    principal: str


class LeaseRow(TypedDict):
    """A lease that is held; `waiters` wait for this name, not for a pool, and `queue` has the first in their order."""

    name: str
    stream: str | None
    session: str
    principal: str
    fence: int
    ttl_s: int
    since: int
    expires_at: int
    waiters: int
    queue: list[LeaseWaiterRow]


class LeasesAnswer(TypedDict):
    """The answer of `lease.list`, by name; `waiters` counts all who wait, those of a pool as well.

    `next` goes on after what this answer had room for, `total` counts all of it.
    """

    leases: list[LeaseRow]
    next: str | None
    waiters: int
    total: int
    truncated: NotRequired[bool]


class LeaseAnswer(TypedDict):
    """The answer of `lease.acquire`, `renew`, `steal` and `hand_over`."""

    name: str
    stream: str | None
    session: str
    fence: int
    expires_at: int


class CommandAnswer(TypedDict):
    """The answer of `stream.command`: what the producer replied, as JSON where it is JSON, else as text."""

    stream: str
    command: str
    reply: Any


class MarkRow(TypedDict):
    """A mark: somebody's words at a place of a stream."""

    epoch: int
    offset: int
    at: int
    by: str
    text: str


class MarksAnswer(TypedDict):
    """The answer of `stream.marks`, oldest first."""

    stream: str
    marks: list[MarkRow]


class KickAnswer(TypedDict):
    """The answer of `session.kick`: what was ended."""

    session: str
    kind: SessionKind
    principal: str
    stream: str | None


class SeriesAnswer(TypedDict):
    """The answer of `stream.series`: `values[i]` is of the time from `since + i * step_ms` on, up to the next step.

    `until` is how far it was asked for: the last step may go past it, and come to more. `total`, of lines and bytes, is
    what the stream had counted in all by then, what is not kept included: so the series can be gone on with by the
    stream's rows. A field that lines tell has means as values, null where there was none, with the least and the most.
    """

    stream: str
    field: str
    since: int
    step_ms: int
    until: int
    total: NotRequired[int]
    values: list[int] | list[float | None]
    low: NotRequired[list[float | None]]
    high: NotRequired[list[float | None]]
