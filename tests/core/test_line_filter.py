"""`match=`: only the lines that match, and no silent hole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from conversations.data_line import DataLine
from fakes.world import World

PIECES = st.lists(st.sampled_from([b"err", b"a", b"\n", b"err\n", b"a\n", b"a\nerr\na\n", b"\nerr"]), max_size=25)


def told(frames: list[str]) -> list[str]:
    return [frame for frame in frames if not frame.startswith(("STREAM", "LIVE"))]


def test_lines_that_match_come_and_the_others_are_gaps() -> None:
    world = World()
    writer = world.stream_of("a", b"one\nerr two\nthree\n")
    line = DataLine(world)
    assert line.ask("SUB 1 a from=start match=err") == [
        "STREAM 1 a offset=0 run=1 state=live",
        "GAP 1 0 4 reason=filter",
        "DATA 1 4 'err two\\n'",
        "GAP 1 12 18 reason=filter",
        "LIVE 1 18",
    ]
    world.write(writer, b"x\n", b"er")
    assert line.heard() == ["GAP 1 18 20 reason=filter"]
    world.write(writer, b"r\nno\n")
    assert line.heard() == ["DATA 1 20 'er'", "DATA 1 22 'r\\n'", "GAP 1 24 27 reason=filter"]
    world.write(writer, b"last err")
    assert line.heard() == []
    writer.end("eof")
    assert line.heard() == ["DATA 1 27 'last err'", "END 1 35 run=1 cause=eof"]


def test_no_cursor_passes_a_line_that_waits_for_its_end() -> None:
    world = World()
    world.stream_of("a", b"err one\nunfin")
    line = DataLine(world)
    assert line.ask("SUB 1 a from=start match=err")[-1] == "LIVE 1 8"
    assert line.ask("SUB 2 a match=x") == ["STREAM 1 a offset=8 run=1 state=live"]


def test_another_subscription_without_match_widens_it() -> None:
    world = World()
    writer = world.writer("a")
    line = DataLine(world)
    line.ask("SUB 1 a match=err")
    world.write(writer, b"held")
    assert told(line.heard()) == []
    line.ask("SUB 2 a")
    world.write(writer, b" back\n")
    assert told(line.heard()) == ["DATA 1 0 'held'", "DATA 1 4 ' back\\n'"]


def test_what_is_no_re2_concerns_the_subscription_alone() -> None:
    line = DataLine(World())
    (frame,) = line.ask("SUB 1 a match=(")
    assert frame.startswith("ERR PROTO id=1")
    assert not line.sink.closed


def test_the_window_counts_what_is_sent() -> None:
    world = World()
    line = DataLine(world, "HELLO HUB/1 token=admin-token window=20")
    writer = world.writer("a")
    line.ask("SUB 1 a match=err")
    for _ in range(20):
        world.write(writer, b"nothing here\n")
    frames = told(line.heard())
    assert frames[-1] == "GAP 1 247 260 reason=filter"
    world.write(writer, b"err 1\n", b"err 2\n", b"err 3\n", b"err 4\n")
    assert len(told(line.heard())) == 3, "18 of 20 bytes"
    assert told(line.ask("ACK 1 266")) == ["DATA 1 278 'err 4\\n'"]


@given(PIECES, st.booleans())
def test_data_and_gaps_follow_each_other(pieces: list[bytes], live: bool) -> None:
    world = World()
    writer = world.writer("a")
    line = DataLine(world)
    if live:
        line.ask("SUB 1 a from=start match=err")
    world.write(writer, *pieces)
    writer.end("eof")
    if not live:
        line.say("SUB 1 a from=start match=err")
    world.settle()
    position, seen = 0, b""
    for frame in line.sink.frames():
        if frame.verb == "DATA":
            assert int(frame.args[1]) == position
            assert frame.payload is not None
            seen += frame.payload
            position += len(frame.payload)
        elif frame.verb == "GAP":
            assert int(frame.args[1]) == position
            position = int(frame.args[2])
    whole = b"".join(pieces)
    assert position == len(whole)
    wanted = [each for each in whole.splitlines(keepends=True) if b"err" in each]
    assert seen == b"".join(wanted)
