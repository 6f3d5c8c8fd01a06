"""`stream.*` on the command port: lists, bytes and lines."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from conversations.command_line import CommandLine, request
from fakes.world import EPOCH, World
from hub.core.stream import Stream
from hub.model.principal import Principal, Role
from hub.wire import json_rpc

OWN = Principal("own", Role.NONE)


@pytest.fixture
def world() -> World:
    return World()


def texts(answer: dict[str, Any]) -> list[str]:
    return [line["text"] for line in answer["lines"]]


def test_a_stream_in_a_list(world: World) -> None:
    world.stream_of("ci/a", b"one\n", b"tw")
    (row,) = CommandLine(world).call("stream.list")["streams"]
    at = row.pop("first_at")
    assert row.pop("last_at") >= at
    assert row == {
        "stream": "ci/a", "state": "live", "epoch": EPOCH, "start": 0, "end": 6, "run": 1, "lines": 1, "bytes": 6,
        "lines_per_s": 1.0, "status": None, "meta": {}, "watchers": 0, "errors": None,
    }  # fmt: skip


def test_lists_are_filtered_and_sorted_and_come_in_pages(world: World) -> None:
    for number in range(7):
        writer = world.writer(f"ci/{number}", meta={"parity": number % 2})
        world.write(writer, b"x\n" * (10 - number))
        if number < 3:
            writer.end("eof")
    line = CommandLine(world)

    def names(**params: Any) -> list[str]:
        return [row["stream"][3:] for row in line.call("stream.list", **params)["streams"]]

    assert names() == list("6543210")
    assert names(sort="name") == names(sort="lines") == names(sort="bytes") == list("0123456")
    assert names(state="ended") == list("210")
    assert names(meta={"parity": 1}) == list("531")
    assert names(pattern="ci/2") == ["2"]
    assert names(pattern="*") == []
    for sort in ("newest", "name", "lines", "bytes"):
        pages, after = [], None
        while True:
            page = line.call("stream.list", sort=sort, limit=3, after=after)
            pages.append([row["stream"] for row in page["streams"]])
            after = page["next"]
            if after is None:
                break
        assert [len(each) for each in pages] == [3, 3, 1]
        assert len({name for each in pages for name in each}) == 7
    assert line.error("stream.list", after="nonsense")["data"]["code"] == "PROTO"


def test_a_list_is_cut_to_fit_and_goes_on(world: World) -> None:
    small = World(answer_bytes=10_000)
    for number in range(20):
        small.writer(f"s{number}")
    line = CommandLine(small)
    page = line.call("stream.list")
    assert page["truncated"] is True
    assert 0 < len(page["streams"]) < 20
    names = [row["stream"] for row in page["streams"]]
    while page["next"]:
        page = line.call("stream.list", after=page["next"])
        names.extend(row["stream"] for row in page["streams"])
    assert names == [f"s{number}" for number in reversed(range(20))]


def test_runs_and_stats(world: World) -> None:
    world.stream_of("a", b"one\n").end("eof")
    world.stream_of("a", b"two\nthree\n").end("reset", "exit:1")
    line = CommandLine(world)
    runs = line.call("stream.runs", stream="a")["runs"]
    assert [(run["run"], run["start"], run["end"], run["cause"], run["status"], run["lines"]) for run in runs] == [
        (1, 0, 4, "eof", None, 1),
        (2, 4, 14, "reset", "exit:1", 2),
    ]
    stats = line.call("stream.stats", stream="a")
    assert (stats["lines"], stats["bytes"], stats["state"], stats["runs"]) == (3, 14, "ended", 2)
    assert set(stats["lines_per_s"]) == {"1", "10", "60", "300"}
    assert line.call("stream.stats", stream="a", run=2)["bytes"] == 10
    assert line.error("stream.stats", stream="a", run=3)["data"]["code"] == "NOTFOUND"


def test_bytes_are_read(world: World) -> None:
    writer = world.stream_of("a", b"\x00\xff", b"two")
    writer.stream.append_gap(8, "producer_skip")
    world.write(writer, b"three")
    line = CommandLine(world)
    answer = line.call("stream.read", stream="a", offset=1, max=1000)
    parts = [each["gap"] if "gap" in each else base64.b64decode(each["data"]) for each in answer["chunks"]]
    assert parts == [b"\xff", b"two", [5, 8], b"three"]
    assert answer["next"] == [EPOCH, 13]
    assert line.call("stream.read", stream="a", offset=2, max=2)["next"] == [EPOCH, 4]
    ahead = line.call("stream.read", stream="a", epoch=EPOCH - 1, offset=9, max=2)
    assert (ahead["truncate"], ahead["next"]) == (9, [EPOCH, 2])
    assert line.call("stream.read", stream="a", offset=99, max=2)["truncate"] == 99


def test_an_answer_of_bytes_fits_its_bound(world: World) -> None:
    world.stream_of("a", *[b"x" * 100_000] * 30)
    line = CommandLine(world)
    offset, total = 0, 0
    while offset < 3_000_000:
        line.say(request(1, "stream.read", stream="a", offset=offset, max=1 << 40))
        (raw,) = line.sink.lines()
        assert len(raw) < 1 << 20
        (_, offset), total = json.loads(raw)["result"]["next"], total + 1
    assert total < 10


@pytest.mark.parametrize("tail", [600, 1 << 20])
def test_lines_from_everywhere_across_the_border_of_tail_and_store(tail: int) -> None:
    world = World(tail_stream_bytes=tail)
    start = world.clock.now_ms()
    writer = world.writer("a")
    for number in range(100):
        # Chunks that end in the middle of lines.
        text = b"%02d\n" % number
        world.write(writer, text[:1], text[1:])
        world.clock.advance(1)
    world.write(writer, b"half")
    line = CommandLine(world)

    def lines(position: object, count: int = 3, **more: Any) -> list[str]:
        return texts(line.call("stream.lines", stream="a", **{"from": position}, count=count, **more))

    for number in (0, 1, 50, 90, 97):
        assert lines({"line": number}) == [f"{each:02d}" for each in range(number, number + 3)], number
        assert lines(3 * number) == [f"{each:02d}" for each in range(number, number + 3)]
        before = [f"{each:02d}" for each in range(max(number - 3, 0), number)]
        assert lines({"line": number}, before=True) == before
    assert lines("start", 2) == ["00", "01"]
    assert lines("end", 2) == []
    assert lines("end", 2, before=True) == ["99", "half"]
    assert lines({"line": 100}) == ["half"]
    assert lines({"line": 101}) == []
    after = lines({"at": start + 50_000}, 2)
    assert after[-1] in ("50", "51")
    assert lines({"at": start + 999_000_000}) == []
    world.assert_no_failures()


def test_what_a_line_says_of_itself(world: World) -> None:
    world.stream_of("a", b"one\nbro\xffken\r\n" + b"x" * 20_000 + b"\nhalf")
    answer = CommandLine(world).call("stream.lines", stream="a", **{"from": "start"})
    one, broken, long, half = answer["lines"]
    assert (one["line"], one["offset"], one["bytes"], one["text"]) == (0, 0, 3, "one")
    assert broken["text"] == "bro\ufffdken\r"
    assert (long["cut"], long["bytes"], len(long["text"])) == (True, 20_000, 16 * 1024)
    assert (half["partial"], half["text"], half["line"]) == (True, "half", 3)
    assert answer["next"] == [EPOCH, world.hub.streams.get("a").end]  # type: ignore[union-attr]


def test_gaps_between_lines(world: World) -> None:
    writer = world.stream_of("a", b"one\ntw")
    writer.stream.append_gap(10, "producer_skip")
    world.write(writer, b"o\nthree\n")
    answer = CommandLine(world).call("stream.lines", stream="a", **{"from": "start"})
    assert [(each["text"], each.get("partial", False), each["line"]) for each in answer["lines"]] == [
        ("one", False, 0),
        ("tw", True, 1),
        ("o", False, 1),
        ("three", False, 2),
    ]
    assert answer["gaps"] == [{"gap": [6, 10], "reason": "producer_skip"}]


def with_gaps(world: World, count: int) -> Stream:
    """A byte and a lost one in turn."""
    stream = world.writer("a").stream
    for _ in range(count):
        stream.append(b"x", 0)
        stream.append_gap(stream.end + 1, "producer_skip")
    world.settle()
    return stream


def test_gaps_fill_an_answer_of_lines_as_lines_do_and_it_goes_on(world: World) -> None:
    stream = with_gaps(world, 20_000)
    line = CommandLine(world)
    offset, gaps = 0, 0
    while offset < stream.end:
        answer = line.call("stream.lines", stream="a", **{"from": offset}, count=10_000)
        assert len(json_rpc.encode(answer)) < world.limits.answer_bytes
        gaps += len(answer["gaps"])
        _, offset = answer["next"]
        assert answer.get("truncated", False) == (offset < stream.end)
    assert gaps == 20_000


def test_gaps_fill_an_answer_of_bytes_too(world: World) -> None:
    stream = with_gaps(world, 5000)
    line = CommandLine(world)
    few = line.call("stream.read", stream="a", offset=0, max=1000)
    assert 5 <= len(few["chunks"]) <= 1000 // 80 + 1
    offset, found = 0, 0
    while offset < stream.end:
        answer = line.call("stream.read", stream="a", offset=offset, max=1 << 20)
        assert len(answer["chunks"]) <= 1000
        found += len(answer["chunks"])
        _, offset = answer["next"]
    assert found == 10_000


def test_a_line_is_numbered_however_many_gaps_come_before_it(world: World) -> None:
    stream = world.stream_of("a", b"one\n").stream
    stream.append_gap(stream.end + 1, "producer_skip")
    stream.append_gap(stream.end + 1, "store_loss")
    world.write(stream.writer, b"two\nthree\n")  # type: ignore[arg-type]
    answer = CommandLine(world).call("stream.lines", stream="a", **{"from": 4}, before=True, count=1)
    assert texts(answer) == ["one"]


def test_lines_before_do_not_pass_where_they_were_asked_though_history_is_cut() -> None:
    world = World(tail_stream_bytes=600, memory_store_stream_bytes=4 * 356)
    world.stream_of("a", *[b"%02d" % number + b"x" * 97 + b"\n" for number in range(20)])
    line = CommandLine(world)
    answer = line.call("stream.lines", stream="a", **{"from": {"line": 18}}, before=True, count=10)
    assert [text[:2] for text in texts(answer)] == ["16", "17"]
    older = line.call("stream.lines", stream="a", **{"from": {"line": 5}}, before=True, count=3)
    assert texts(older) == []


def test_an_answer_of_lines_fits_its_bound_and_goes_on(world: World) -> None:
    world.stream_of("a", *[b"\x01" * 16_000 + b"\n"] * 100)
    line = CommandLine(world)
    offset, found = 0, 0
    while offset < 1_600_100:
        answer = line.call("stream.lines", stream="a", **{"from": offset}, count=1000)
        assert answer["lines"]
        assert all(len(each["text"]) == 16_000 for each in answer["lines"])
        found += len(answer["lines"])
        offset = answer["next"][1]
    assert found == 100


def test_info_and_stats(world: World) -> None:
    world.stream_of("a", b"one\n", principal=OWN)
    line = CommandLine(world)
    info = line.call("hub.info")
    assert (info["version"], info["node"], info["durability"], info["protocol"]) == ("1.2.3", "here", "memory", "HUB/1")
    stats = line.call("hub.stats")
    promised = (
        "uptime_s streams live producers readers lines bytes lines_per_s bytes_per_s delivered_bytes gap_bytes "
        "queued_bytes busy slots_honoured refused unknown_verbs http_on_plain tls_on_plain truncations takeovers "
        "catchup store"
    )
    assert set(promised.split()) <= set(stats)
    assert (stats["streams"], stats["live"], stats["lines"], stats["bytes"]) == (1, 1, 1, 4)


def test_the_rest_of_a_line_is_told_as_one(world: World) -> None:
    line = CommandLine(world)
    world.stream_of("a", b"one\ntwo\n")
    rows = line.call("stream.lines", stream="a", **{"from": 5})["lines"]
    assert [(row["text"], row.get("rest")) for row in rows] == [("wo", True)]
    rows = line.call("stream.lines", stream="a", **{"from": 4})["lines"]
    assert [(row["text"], row.get("rest")) for row in rows] == [("two", None)]


def test_a_call_that_cannot_be_understood_says_so_in_code(world: World) -> None:
    line = CommandLine(world)
    assert line.error("stream.read", stream="a", offset=-1, max=5)["data"] == {"code": "PROTO"}
    assert line.error("no.such")["data"] == {"code": "PROTO"}
