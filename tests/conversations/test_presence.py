"""Who watches what, and how far behind (PROTOCOL 6: presence.list)."""

from __future__ import annotations

from typing import Any

import pytest

from conversations.command_line import CommandLine
from conversations.data_line import DataLine
from fakes.world import World


def watchers(line: CommandLine, **params: object) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = line.call("presence.list", **params)["watchers"]
    return rows


def test_a_reader_that_takes_all_is_not_behind() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    reader = DataLine(world)
    reader.say("SUB 1 a", "SUB 2 b/*")
    world.clock.advance(5)
    world.write(writer, b"two\n")
    (row,) = watchers(CommandLine(world), stream="a")
    assert len(row.pop("session")) == 16
    assert 5000 <= world.clock.now_ms() - row.pop("since") < 5100
    assert row == {
        "principal": "admin",
        "via": "tcp",
        "attached": True,
        "watches": ["a", "b/*"],
        "streams": 1,
        "catching_up": 0,
        "behind_bytes": 0,
        "behind_lines": 0,
    }


def test_what_a_stalled_reader_was_not_handed_is_counted_in_bytes_and_lines() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    stalled, quick = DataLine(world), DataLine(world)
    for each in (stalled, quick):
        each.say("SUB 1 a")
    stalled.sink.stall()
    world.write(writer, b"two\nthr", b"ee\nfour\n")
    rows = watchers(CommandLine(world), stream="a")
    assert [(row["behind_bytes"], row["behind_lines"]) for row in rows] == [(15, 3), (0, 0)], "farthest behind first"
    assert rows[0]["session"] == world.hub.sessions.find(stalled.key).id


def test_lines_that_are_not_in_memory_are_not_known() -> None:
    world = World(tail_stream_bytes=600, reader_queue_bytes=500)
    writer = world.stream_of("a", b"one\n")
    stalled = DataLine(world)
    stalled.say("SUB 1 a")
    stalled.sink.stall()
    world.write(writer, *[b"x" * 99 + b"\n"] * 20)
    (row,) = watchers(CommandLine(world), stream="a")
    assert (row["behind_bytes"], row["behind_lines"], row["catching_up"]) == (2000, None, 1)


def test_a_detached_reader_is_behind_from_its_cursor_on() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    reader = DataLine(world)
    reader.say("SUB 1 * from=start")
    reader.say("ACK 1 4")
    reader.conversation.lost("reset")
    world.write(writer, b"two\n")
    world.stream_of("later", b"x\n")
    line = CommandLine(world)
    (row,) = watchers(line)
    assert (row["attached"], row["via"], row["streams"], row["behind_bytes"], row["behind_lines"]) == (
        False,
        None,
        1,
        4,
        None,
    )
    assert [row["behind_bytes"] for row in watchers(line, stream="a")] == [4]
    assert [row["behind_bytes"] for row in watchers(line, stream="later")] == [None], "it will be told of it"
    world.stream_of("not/its", b"x")
    assert watchers(line, stream="not/its") == []


def test_a_stream_that_sleeps_is_not_woken_for_it() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    reader = DataLine(world)
    reader.say("SUB 1 a from=start")
    reader.say("ACK 1 4")
    reader.conversation.lost("reset")
    world.write(writer, b"two\n")
    writer.end("eof")
    world.pass_seconds(330)
    assert not world.hub.streams.is_awake("a")
    (row,) = watchers(CommandLine(world))
    assert row["behind_bytes"] == 4
    assert not world.hub.streams.is_awake("a")


def test_who_is_bound_to_patterns_sees_only_what_is_within() -> None:
    world = World()
    world.stream_of("ci/a", b"x")
    world.stream_of("secret", b"x")
    DataLine(world).say("SUB 1 ** from=start", "SUB 2 secret-things/**")
    DataLine(world).say("SUB 1 secret")
    gone = DataLine(world)
    gone.say("SUB 1 secret")
    gone.conversation.lost("eof")
    line = CommandLine(world, hello="ci-token")
    (row,) = watchers(line)
    assert (row["watches"], row["streams"]) == (["ci/a"], 1)
    assert line.error("presence.list", stream="secret")["data"]["code"] == "NOTFOUND"
    assert len(watchers(CommandLine(world))) == 3


def test_an_answer_is_cut_to_its_limit_and_says_so() -> None:
    world = World()
    for _ in range(3):
        DataLine(world).say("SUB 1 a")
    answer = CommandLine(world).call("presence.list", limit=2)
    assert (len(answer["watchers"]), answer["total"], answer["truncated"]) == (2, 3, True)


def pages(line: CommandLine, method: str, key: str, limit: int) -> list[list[Any]]:
    found, after = [], None
    while True:
        answer = line.call(method, limit=limit, **({} if after is None else {"after": after}))
        assert answer.get("truncated", False) == (answer["next"] is not None)
        found.append(answer[key])
        after = answer["next"]
        if after is None:
            return found


def test_watchers_come_page_by_page() -> None:
    world = World()
    writer = world.stream_of("a", b"one\n")
    for number in range(7):
        line = DataLine(world)
        line.say("SUB 1 a from=start")
        if number % 2:
            line.conversation.lost("reset")
        world.settle()
    world.write(writer, b"two\n")
    line = CommandLine(world)
    whole = line.call("presence.list")
    assert whole["next"] is None
    # Who is away does not watch now: counted apart, over all pages.
    assert (whole["total"], whole["away"]) == (7, 3)
    assert line.call("presence.list", limit=1)["away"] == 3

    found = pages(line, "presence.list", "watchers", 2)
    assert [len(page) for page in found] == [2, 2, 2, 1]
    assert [row["session"] for page in found for row in page] == [row["session"] for row in whole["watchers"]]
    assert found[0][0]["attached"]
    assert not found[-1][0]["attached"]


def test_who_is_here_and_has_no_stream_is_not_counted_as_watching() -> None:
    world = World()
    world.stream_of("a", b"one\n")
    DataLine(world).say("SUB 1 a")
    DataLine(world).say("SUB 1 b")
    DataLine(world)
    DataLine(world).say("SUB 1 a")
    gone = DataLine(world)
    gone.say("SUB 1 a")
    gone.conversation.lost("eof")
    world.settle()
    line = CommandLine(world)
    answer = line.call("presence.list", limit=1)
    assert (answer["total"], answer["watching"], answer["away"]) == (5, 2, 1)
    stats = line.call("hub.stats")
    assert (stats["readers"], stats["watching"]) == (4, 2)


def test_sessions_come_page_by_page_even_if_some_come_and_go_between() -> None:
    world = World()
    lines = []
    for _ in range(5):
        lines.append(DataLine(world))
        world.settle()
    line = CommandLine(world)
    found = pages(line, "session.list", "sessions", 4)
    assert [len(page) for page in found] == [4, 2]
    assert len({row["session"] for page in found for row in page}) == 6
    first = line.call("session.list", limit=2)
    last = first["sessions"][-1]["session"]
    line.call("session.kick", session=last)
    DataLine(world)
    rest = line.call("session.list", after=first["next"])["sessions"]
    assert [row["session"] for row in rest] == [row["session"] for page in found for row in page][2:]


@pytest.mark.parametrize("method", ["presence.list", "session.list"])
@pytest.mark.parametrize("after", ["", "x", "1 x y", "1 2 3 4 5 6"])
def test_what_is_no_next_is_refused(method: str, after: str) -> None:
    error = CommandLine(World()).error(method, after=after)
    assert error["data"]["code"] == "PROTO"
    assert "next of an earlier answer" in error["message"]
