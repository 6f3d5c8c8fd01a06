"""Whatever a peer sends: told, counted, survived. Nothing raises, nothing is left over, the next peer is served."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.command_line import CommandLine, request
from conversations.data_line import DataLine
from fakes.sink import RecordingSink
from fakes.world import EPOCH, LOOPBACK, World
from hub.conversations.producer import ProducerConversation
from hub.conversations.reader import ReaderConversation
from hub.core.ports import Conversation

HELLO = b"HELLO HUB/1 token=admin-token\n"
words = st.sampled_from(
    [b"1", b"2", b"a", b"**", b"*", b"b/*", b"-1", b"{3}", b"{0}", b"{9999999}", b"%", b"%20", b"=", b"x=y", b"0",
     b"from=start", b"from=end", b"from=-5", b"from=@0", b"from=#1", b"from=%d:2" % EPOCH, b"on_lag=skip", b"3",
     b"match=(a+)+$", b"9007199254740992", b"\xff", b"", b":text", b"window=1", b"session=" + b"k" * 22]
)  # fmt: skip
verbs = st.sampled_from([b"SUB", b"UNSUB", b"ACK", b"PING", b"PONG", b"BYE", b"HELLO", b"DATA", b"NEW", b"sub", b"GET"])
lines = st.builds(lambda verb, rest: b" ".join([verb, *rest]) + b"\n", verbs, st.lists(words, max_size=4))
said = st.lists(lines | st.binary(max_size=30) | st.just(b"abc\n"), max_size=12)
slices = st.integers(1, 60)


def feed(world: World, conversation: Conversation, sink: RecordingSink, data: bytes, size: int) -> None:
    for at in range(0, len(data), size):
        conversation.received(data[at : at + size])
        world.clock.advance(0.001)
    world.pass_seconds(7)
    conversation.lost("reset")
    world.settle()


def nothing_is_left(world: World) -> None:
    world.assert_no_failures()
    hub = world.hub
    assert not hub.readers
    assert hub.queue_memory.bytes == 0
    assert all(stream.watchers == 0 and not stream.live for stream in hub.streams.awake)
    assert hub.log.committer.idle


@settings(deadline=None, max_examples=150)
@given(parts=said, size=slices, hello=st.booleans())
def test_the_data_port(parts: list[bytes], size: int, hello: bool) -> None:
    world = World(tail_stream_bytes=300)
    for name in ("a", "b/c"):
        world.stream_of(name, b"one\n", b"two\n" * 20, b"three")
    sink = RecordingSink()
    conversation = ReaderConversation(world.hub, LOOPBACK, sink)
    feed(world, conversation, sink, (HELLO if hello else b"") + b"".join(parts), size)
    nothing_is_left(world)
    assert DataLine(world).ask("SUB 1 a from=start")[1] == "DATA 1 0 'one\\n'"


@settings(deadline=None, max_examples=150)
@given(
    parts=st.lists(
        st.binary(max_size=20)
        | st.sampled_from(
            [b"HELLO HUB/", b"HUB/1 RAW ", b"stream=a", b" meta={}", b"\n", b"GET / HTTP/1.1", b"\x16\x03"]
        ),
        max_size=8,
    ),
    size=slices,
)
def test_the_producer_port(parts: list[bytes], size: int) -> None:
    world = World()
    sink = RecordingSink()
    conversation = ProducerConversation(world.hub, LOOPBACK, sink)
    feed(world, conversation, sink, b"".join(parts), size)
    nothing_is_left(world)
    assert world.hub.streams.live == 0
    assert all(stream.state == "ended" and stream.end > 0 for stream in world.hub.streams.awake)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 1 << 60)
    | st.floats()
    | st.sampled_from(["a", "start", "end", "", "**"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["line", "at", "x"]), inner, max_size=2)
    ),
    max_leaves=4,
)
params = st.dictionaries(
    st.sampled_from(
        ["stream", "from", "count", "before", "epoch", "offset", "max", "pattern", "after", "topics", "id"]
    ),
    json_values | st.just("a"),
    max_size=4,
)
methods = st.sampled_from(
    ["hub.hello", "hub.info", "hub.stats", "hub.subscribe", "stream.list", "stream.runs", "stream.stats", "stream.read",
     "stream.lines", "$/cancel", "no.such", "hub.bye"]
)  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(calls=st.lists(st.tuples(methods, params), max_size=6), batch=st.booleans(), garbage=st.binary(max_size=20))
def test_the_command_port(calls: list[tuple[str, dict[str, object]]], batch: bool, garbage: bytes) -> None:
    world = World(tail_stream_bytes=300)
    world.stream_of("a", b"one\n", b"two\n" * 20, b"three")
    line = CommandLine(world)
    messages = [request(number, method, **given) for number, (method, given) in enumerate(calls)]
    line.say(*([messages] if batch else messages))
    line.commander.received(garbage + b"\n")
    world.pass_seconds(2)
    answers = line.answers()
    internal = [each for each in answers if isinstance(each, dict) and each.get("error", {}).get("code") == -32603]
    assert not internal
    line.commander.lost("reset")
    nothing_is_left(world)
    assert len(world.hub.sessions) == 0
    assert CommandLine(world).call("stream.list")["streams"]


def test_a_pattern_that_would_take_years_is_answered_at_once() -> None:
    world = World()
    world.stream_of("a" * 200, b"x")
    line = DataLine(world)
    assert line.ask("SUB 1 " + "**a" * 8 + "b from=start", "PING 1") == ["PONG 1"]
    assert CommandLine(world).call("stream.list", pattern="*a" * 16 + "b")["streams"] == []
