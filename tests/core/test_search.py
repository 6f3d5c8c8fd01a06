"""Search, against a naive reading line by line."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.command_line import CommandLine
from fakes.world import World
from hub.adapters.store.sqlite import scanning
from hub.core import search as search_module
from hub.core import slabs as slabs_module
from hub.core.matcher import Matcher
from hub.model.problem import Problem

TEXTS = st.lists(st.sampled_from([b"a", b"b", b"err", b"\n", b"\n\n", b"x" * 9, b"\xff", b"\r"]), max_size=40)


@given(TEXTS.map(b"".join), st.sampled_from(["err", "a+", "^a", "b$", "", "x.*a", "[^a]"]), st.booleans())
def test_a_matcher_finds_the_lines_that_a_naive_one_finds(text: bytes, query: str, invert: bool) -> None:
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    plain = re.compile(query.encode(), re.MULTILINE)
    # What is no UTF-8 is matched by no dot and no class.
    wanted = [line for line in lines if b"\xff" not in line and (plain.search(line) is not None) != invert]
    found = [text[start:end] for start, end in Matcher(query, invert=invert).spans(text)]
    assert [line for line in found if b"\xff" not in line] == wanted


@pytest.mark.parametrize("query", ["(", "a{1001}{1001}", "(?=a)", "x" * 5000])
def test_what_is_no_re2_is_refused_with_a_reason(query: str) -> None:
    with pytest.raises(Problem, match="query") as refused:
        Matcher(query)
    assert refused.value.word == "PROTO"


def test_a_literal_query_is_literal() -> None:
    text = b"a.c\nabc\n"
    assert list(Matcher("a.c", regex=False).spans(text)) == [(0, 3)]
    assert len(list(Matcher("A.C", regex=False, case=False).spans(text))) == 1


def hits(line: CommandLine, **params: Any) -> list[dict[str, Any]]:
    """Return all hits, page by page."""
    found: list[dict[str, Any]] = []
    after = None
    while True:
        answer = line.call("stream.search", **params, **({} if after is None else {"after": after}))
        found.extend(answer["hits"])
        after = answer["next"]
        if after is None:
            return found


def fall_asleep(world: World, *names: str) -> None:
    """Let ended streams sleep, as those do that have been quiet for minutes."""
    world.settle()
    world.hub.log.active.clear()
    for name in names:
        stream = world.hub.streams.get(name)
        assert stream is not None
        world.hub.log.tails.drop(stream)
        world.hub.streams.let_sleep(name)
        assert not world.hub.streams.is_awake(name)


@given(
    pieces=st.lists(TEXTS.map(b"".join).filter(bool), min_size=1, max_size=8),
    gaps=st.sets(st.integers(0, 7)),
    newest=st.booleans(),
    slab=st.sampled_from([1, 7, 64, 1 << 20]),
    limit=st.sampled_from([1, 3, 1000]),
    tail=st.sampled_from([0, 1 << 20]),
    store=st.sampled_from([None, (0.0, 500), (0.1, 1), (0.1, 500)]),
    asleep=st.booleans(),
    query=st.sampled_from(["a", "^a", "a$", "^$"]),
)
def test_every_line_is_found_once_whatever_the_slabs_and_pages_are_and_whoever_searches(
    pieces: list[bytes],
    gaps: set[int],
    newest: bool,
    slab: int,
    limit: int,
    tail: int,
    store: tuple[float, int] | None,
    asleep: bool,
    query: str,
) -> None:
    world = World(tail_stream_bytes=tail, searching_store=store is not None)
    world.stream_of("0", b"b\nba\n\nxa").end("eof")
    writer = world.writer("a")
    expected: list[tuple[int, bytes]] = []
    line_start, unfinished = 0, b""
    for index, piece in enumerate(pieces):
        for position, byte in enumerate(piece, writer.stream.end):
            if byte == 0x0A:
                expected.append((line_start, unfinished))
                line_start, unfinished = position + 1, b""
            else:
                unfinished += bytes([byte])
        world.write(writer, piece)
        if index in gaps:
            if unfinished:
                expected.append((line_start, unfinished))
            writer.lose(writer.stream.end + 3, "producer_skip")
            line_start, unfinished = writer.stream.end, b""
    if unfinished:
        expected.append((line_start, unfinished))
    world.stream_of("z", b"a\nb\n").end("eof")
    if asleep:
        writer.end("eof")
        fall_asleep(world, "0", "a", "z")
    with pytest.MonkeyPatch.context() as patch:
        for module in (slabs_module, search_module):
            patch.setattr(module, "SLAB_BYTES", slab)
        if store is not None:
            patch.setattr(scanning, "SECONDS", store[0])
            patch.setattr(scanning, "HITS", store[1])
        found = hits(CommandLine(world), query=query, newest=newest, limit=limit)
    world.assert_no_failures()
    lines = [("0", 0, b"b"), ("0", 2, b"ba"), ("0", 5, b""), ("0", 6, b"xa")]
    lines += [("a", offset, text) for offset, text in expected] + [("z", 0, b"a"), ("z", 2, b"b")]
    wanted = [
        (name, offset, text.decode("utf-8", "replace"))
        for name, offset, text in lines
        if re.search(query.encode(), text)
    ]
    assert [(hit["stream"], hit["offset"], hit["text"]) for hit in found] == (wanted[::-1] if newest else wanted)
    if asleep and store is not None:
        assert not any(world.hub.streams.is_awake(name) for name in "0az"), "searched, and not woken"


def test_hits_say_where_and_when_they_are() -> None:
    world = World()
    writer = world.writer("ci/a")
    for data in (b"one\ntwo err\n", b"three\nerr four"):
        world.write(writer, data)
        world.pass_seconds(1)
    at = [piece.at for piece in writer.stream.tail]  # type: ignore[union-attr]
    found = hits(CommandLine(world), query="err", pattern="ci/**")
    assert [(hit["stream"], hit["offset"], hit["line"], hit["at"], hit["text"]) for hit in found] == [
        ("ci/a", 4, 1, at[0], "two err"),
        ("ci/a", 18, 3, at[1], "err four"),
    ]
    since = hits(CommandLine(world), query="err", **{"from": at[1]})
    assert [hit["offset"] for hit in since] == [18]
    until = hits(CommandLine(world), query="err", to=at[1])
    assert [hit["offset"] for hit in until] == [4]


def test_a_search_begins_at_any_line_of_a_stream() -> None:
    world = World()
    world.stream_of("a", b"err 1\nerr 2\nerr 3\n")
    line = CommandLine(world)
    onwards = line.call("stream.search", query="err", pattern="a", after="6 a")
    assert [hit["text"] for hit in onwards["hits"]] == ["err 2", "err 3"]
    back = line.call("stream.search", query="err", pattern="a", after="6 a", newest=True)
    assert [hit["text"] for hit in back["hits"]] == ["err 1"]


def test_streams_come_in_the_order_of_their_runs() -> None:
    world = World()
    for name in ("a", "b", "c"):
        world.stream_of(name, b"err\n").end("eof")
        world.settle()
    line = CommandLine(world)
    assert [hit["stream"] for hit in hits(line, query="err")] == ["a", "b", "c"]
    assert [hit["stream"] for hit in hits(line, query="err", newest=True, limit=1)] == ["c", "b", "a"]


def test_an_answer_fits_its_bound() -> None:
    world = World(answer_bytes=20_000)
    world.stream_of("a", b"".join(b"%d %s\n" % (number, b"x" * 500) for number in range(200)))
    line = CommandLine(world)
    answer = line.call("stream.search", query="x")
    assert answer["truncated"]
    assert len(answer["hits"]) < 30
    assert len(hits(line, query="x")) == 200


def test_a_line_without_end_is_searched_in_parts() -> None:
    world = World()
    world.stream_of("a", b"x" * 3_000_000 + b"err" + b"y" * 10)
    (hit,) = hits(CommandLine(world), query="err")
    assert hit["cut"]


@pytest.mark.parametrize("newest", [False, True])
def test_what_ended_just_now_is_searched_by_the_store_many_at_a_time(newest: bool) -> None:
    world = World(searching_store=True)
    names = [f"s{number:03}" for number in range(300)]
    for name in names:
        world.stream_of(name, b"err of %s\nfine\n" % name.encode()).end("eof")
    busy = world.stream_of("busy", b"err\n")
    world.settle()
    world.store.calls.clear()
    found = hits(CommandLine(world), query="err", newest=newest)
    expected = [*names, "busy"]
    assert [hit["stream"] for hit in found] == (expected[::-1] if newest else expected)
    assert {hit["epoch"] for hit in found} == {busy.stream.epoch}
    assert 3 <= world.store.calls.count("scan") <= 6, "in memory they would be looked at one by one"
    assert "read" not in world.store.calls


@pytest.mark.parametrize("asleep", [False, True])
@pytest.mark.parametrize("newest", [False, True])
def test_a_run_that_begins_between_two_pages_repeats_and_omits_nothing(newest: bool, asleep: bool) -> None:
    world = World(searching_store=True)
    names = ["a", "b", "c", "d"]
    for name in names:
        world.stream_of(name, b"err\n").end("eof")
    if asleep:
        fall_asleep(world, *names)
    line = CommandLine(world)
    found, after = [], None
    for again in names if newest else names[::-1]:
        answer = line.call("stream.search", query="err", newest=newest, limit=1, **({"after": after} if after else {}))
        found += [hit["stream"] for hit in answer["hits"]]
        after = answer["next"]
        # Those that were passed, and those that are to come, are written again; and there are new ones.
        for name in ("a", "d", again):
            world.writer(name).end("eof")
        world.stream_of(f"new-{again}", b"err\n").end("eof")
        world.settle()
    assert found == (names[::-1] if newest else names)
    assert after is None or line.call("stream.search", query="err", newest=newest, after=after)["hits"] == []
