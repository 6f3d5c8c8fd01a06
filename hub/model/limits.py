"""Every bound of the hub in one place: what it bounds, its unit and its default.

Each field is a setting: `[limits]` in the configuration file, `HUB_LIMITS_<FIELD>` in the environment.
Sizes are bytes and times seconds, unless a field says otherwise. None may be unlimited.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields

KIB = 1024
MIB = 1024 * KIB


def _limit(default: int, text: str) -> int:
    bound: int = field(default=default, metadata={"doc": text})
    return bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The hub's bounds. A peer that meets one is told its name."""

    # One message
    header_bytes: int = _limit(4 * KIB, "longest frame header, with its LF")
    payload_bytes: int = _limit(MIB, "largest payload of a frame")
    request_bytes: int = _limit(256 * KIB, "longest JSON-RPC line")
    request_depth: int = _limit(32, "deepest nesting of a JSON-RPC line")
    request_batch: int = _limit(50, "most calls in a JSON-RPC batch")
    requests_at_once: int = _limit(64, "calls of a connection under way at once")
    waiting_calls: int = _limit(16, "waiting calls (leases, search) of a connection under way at once")
    search_processes: int = _limit(2, "processes that search beside the hub, each a search at a time; 0 searches in it")
    answer_bytes: int = _limit(MIB, "largest answer to a call; longer ones are cut and say next")
    line_text_bytes: int = _limit(16 * KIB, "most text of one line that stream.lines returns")
    events_waiting: int = _limit(1000, "events that wait for a command connection before they give way to lost")

    # Connections and sessions
    connections: int = _limit(20_000, "connections in all")
    connections_per_address: int = _limit(4096, "connections of one address beyond loopback")
    readers_per_principal: int = _limit(1024, "attached readers of a principal")
    detached_per_principal: int = _limit(256, "detached sessions of a principal; the oldest go first")
    subscriptions: int = _limit(256, "subscriptions of a connection")
    subscription_streams: int = _limit(10_000, "streams with a past that one subscription takes")
    first_frame_bytes: int = _limit(8 * KIB, "bytes that a connection may send before its first frame is whole")
    first_frame_seconds: int = _limit(5, "time for a connection's first frame, and for a TLS handshake")
    hellos_per_second: int = _limit(200, "hellos a second that a listener lets in, past those at once")
    hellos_at_once: int = _limit(50, "hellos that a listener lets in at once")
    resumes_per_second: int = _limit(300, "the same for sessions that come back, beside the former")
    resumes_at_once: int = _limit(50, "sessions that a listener lets come back at once, beside the former")
    slots: int = _limit(50_000, "hellos of a listener that were told when to come, and have not come yet")
    handshakes: int = _limit(1024, "TLS handshakes under way at once; more are cut")
    raw_prefix_seconds: int = _limit(5, "how long bytes are held back while they may still become a header")
    raw_patience_seconds: int = _limit(5, "how long raw output waits for a failing store before it runs on with a GAP")
    heartbeat_seconds: int = _limit(20, "silence after which the hub sends PING")
    dead_seconds: int = _limit(45, "silence after which a peer is taken for dead")
    stall_seconds: int = _limit(30, "how long a reader may take no byte before it is cut as SLOW")
    close_seconds: int = _limit(5, "how long a closing connection may take to take its last bytes")
    drain_seconds: int = _limit(10, "how long a stopping hub takes at most; half of it reads on")
    reader_session_seconds: int = _limit(3600, "how long a reader session is kept without a connection")
    producer_session_seconds: int = _limit(24 * 3600, "how long a producer session is kept without a connection")
    hold_seconds: int = _limit(60, "how long a producer session without a connection holds its stream against others")
    leases: int = _limit(10_000, "leases that are held at once")
    leases_per_session: int = _limit(1000, "leases that one session holds at once")
    lease_waiters: int = _limit(10_000, "calls that wait for a lease at once")
    lease_grace_seconds: int = _limit(10, "how long a session without a command connection keeps leases and turns")
    lease_start_grace_seconds: int = _limit(60, "the same after a start of the hub, and no less")
    login_attempts_per_minute: int = _limit(5, "login attempts per minute of an address and of a user")
    token_attempts_per_minute: int = _limit(60, "wrong tokens per minute of an address; good ones come in all the same")
    logins_per_minute: int = _limit(300, "logins that succeed, per minute of an address")
    passwords_waiting: int = _limit(32, "passwords that wait to be checked; two are checked at once")
    users: int = _limit(10_000, "users")
    tokens: int = _limit(50_000, "tokens and guest links")
    audit_entries: int = _limit(10_000, "entries of the audit log, and a quarter as many of refusals beside them")

    # Memory
    reader_queue_bytes: int = _limit(4 * MIB, "what one reader's queue may refer to before it is emptied")
    reader_queues_bytes: int = _limit(512 * MIB, "all reader queues and half-received frames")
    reserve_bytes: int = _limit(32 * MIB, "room held on the disk for starts and commands when it is full; 0 holds none")
    not_durable_bytes: int = _limit(64 * MIB, "bytes taken from producers and not yet durable, in all")
    producer_window_bytes: int = _limit(MIB, "bytes that a framed producer may have sent and not acknowledged")
    producer_commands_bytes: int = _limit(
        256 * KIB, "commands sent to a producer that it has not read; past it a call is BUSY"
    )
    tail_stream_bytes: int = _limit(MIB, "recent bytes of one stream kept in memory for its readers")
    tail_bytes: int = _limit(256 * MIB, "recent bytes of all streams kept in memory")
    catch_up_slice_bytes: int = _limit(256 * KIB, "what one reader is given of the past before the next one's turn")
    analyzer_second_bytes: int = _limit(
        4 * MIB,
        "what the analyzer is given to look at a second; one of several streams may have a quarter",
    )
    analyzer_queue_bytes: int = _limit(8 * MIB, "what may wait for the analyzer before more is skipped")
    window_bytes: int = _limit(4 * MIB, "largest window that a WebSocket may ask for")

    # What is kept
    memory_store_bytes: int = _limit(512 * MIB, "history of all streams that the memory store keeps")
    memory_store_stream_bytes: int = _limit(64 * MIB, "history of one stream that the memory store keeps")
    anonymous_bytes: int = _limit(256 * MIB, "history of all anonymous streams that the memory store keeps")
    streams: int = _limit(500_000, "streams that are kept; past it ended ones are retired, anonymous and old first")
    runs_per_stream: int = _limit(1000, "runs of a stream that are remembered one by one")
    gaps_per_stream: int = _limit(1000, "gaps of a stream that are remembered; older ones are looked up in the store")
    marks_per_stream: int = _limit(1000, "marks of a stream")
    meta_bytes: int = _limit(16 * KIB, "meta of a run, as JSON")

    @classmethod
    def documentation(cls) -> dict[str, str]:
        """Return what each field bounds, by name, in the order of the file."""
        return {each.name: each.metadata["doc"] for each in fields(cls)}
