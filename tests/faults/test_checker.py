"""The checker itself: a history that kept all promises is green, and each broken promise is named."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.checker import Truth, Writing, check, missing
from faults.frames import Frame, FrameReader, printed
from faults.held import Held
from faults.script import Script, read_lines

SEED = 7
STREAM = "r/p1"


def frames(*said: bytes) -> list[Frame]:
    return FrameReader().feed(b"".join(said))


def script(skip_every: int = 0) -> Script:
    return Script(SEED, "p1", skip_every=skip_every)


def writing(*said: bytes, skip_every: int = 0) -> Writing:
    return Writing(STREAM, script(skip_every)).take(frames(*said))


def opened(own: int = 0, base: int = 0, epoch: int = 10, fence: int = 1) -> bytes:
    return printed("OPENED", own, base, epoch, fence)


def read(who: str, *said: bytes, by: str = "cursor") -> Held:
    return Held(who, frames(printed("CONNECTED", by=by), *said))


def stream(offset: int = 0, alias: int = 1, epoch: int = 10, **keys: object) -> bytes:
    return printed("STREAM", alias, STREAM, epoch=epoch, offset=offset, run=1, state="live", **keys)


def data(start: int, end: int, alias: int = 1, base: int = 0, own: int = 0) -> bytes:
    return printed("DATA", alias, start, 5, payload=script().part(own + start - base, own + end - base))


def gap(start: int, end: int, reason: str = "producer_skip") -> bytes:
    return printed("GAP", 1, start, end, reason=reason)


def kinds(writings: list[Writing], readers: list[Held], reasons: tuple[str, ...] = ()) -> set[str]:
    found = check(writings, readers, whole=[held.who for held in readers], reasons=reasons)
    assert all(STREAM in str(finding) or finding.kind in ("invented", "alias") for finding in found)
    return {finding.kind for finding in found}


def two_runs() -> tuple[Writing, int]:
    """Return a run of 600 bytes that another cut at 500, and where in the script the other began."""
    second = script().line_after(600)
    first = (opened(), printed("SENT", 600), printed("ACKED", 500))
    return writing(*first, opened(second, 500, 11), printed("SENT", second + 100), printed("ACKED", 555)), second


ALL = (opened(), printed("SENT", 1000), printed("ACKED", 300), printed("ACKED", 1000))


def test_what_was_read_as_it_was_sent_is_green() -> None:
    end = printed("END", 1, 1000, run=1, cause="end")
    assert (
        kinds([writing(*ALL, printed("BYE", 1000))], [read("a", stream(), data(0, 400), data(400, 1000), end)]) == set()
    )


def test_bytes_that_were_never_acknowledged_may_be_missing() -> None:
    written = writing(opened(), printed("SENT", 1000), printed("ACKED", 300))
    assert kinds([written], [read("a", stream(), data(0, 300))]) == set()
    assert kinds([written], [read("a", stream(), data(0, 900))]) == set()


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ((), "lost-all"),
        ((stream(),), "lost-all"),
        ((stream(), data(0, 999)), "lost-tail"),
        ((stream(300), data(300, 1000)), "lost-prefix"),
        ((stream(), gap(0, 300, "store_loss"), data(300, 1000)), "lost-prefix"),
        ((stream(), data(0, 300), gap(300, 301, "corrupt"), data(301, 1000)), "lost-middle"),
        ((stream(), data(0, 300), data(301, 1000)), "hole"),
        ((stream(), data(0, 300), data(299, 1000)), "overlap"),
        ((stream(), data(0, 300), data(0, 300), data(300, 1000)), "overlap"),
        ((stream(), data(0, 1000), printed("DATA", 1, 1000, 5, payload=b"x")), "invented"),
        ((stream(), data(0, 500), printed("DATA", 1, 500, 5, payload=b"x" * 500)), "invented"),
        ((stream(), data(0, 1000), gap(1000, 1001, "lag")), "gap"),
        ((stream(), data(0, 1000), gap(1000, 1001)), "gap"),
        ((stream(), data(0, 1000), gap(1000, 1000)), "gap"),
        ((stream(), data(0, 1000), printed("LIVE", 1, 990)), "overlap"),
        ((stream(), data(0, 1000), printed("LIVE", 1, 1010)), "hole"),
        ((stream(), data(0, 1000), printed("LIVE", 9, 1000)), "alias"),
        ((stream(), data(0, 1000), stream(1000, 0)), "alias"),
        ((stream(), data(0, 1000), stream(900)), "cursor"),
    ],
)
def test_each_way_to_break_a_promise_to_a_reader(said: tuple[bytes, ...], kind: str) -> None:
    assert kind in kinds([writing(*ALL)], [read("a", *said)])


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ((opened(), printed("SENT", 9), printed("ACKED", 8), printed("ACKED", 7)), "ack"),
        ((opened(), printed("SENT", 9), printed("ACKED", 10)), "ack"),
        ((opened(), printed("SENT", 9), printed("ACKED", 9), printed("BYE", 8)), "ack"),
        ((opened(), printed("SENT", 9), printed("ACKED", 8), printed("RESUMED", 7, 10, 2)), "lost-tail"),
        ((opened(), printed("SENT", 9), printed("RESUMED", 10, 10, 2)), "invented"),
        ((opened(), printed("SENT", 9), printed("RESUMED", 5, 9, 2)), "epoch"),
        ((opened(), printed("SENT", 9), printed("RESUMED", 5, 10, 1)), "fence"),
        ((opened(), printed("SENT", 9), printed("ACKED", 8), opened(9, 7)), "lost-tail"),
        ((opened(), printed("SENT", 9), opened(9, 10)), "invented"),
        ((opened(), printed("SENT", 9), opened(9, 5, epoch=9)), "epoch"),
    ],
)
def test_each_way_to_break_a_promise_to_a_producer(said: tuple[bytes, ...], kind: str) -> None:
    assert kinds([writing(*said)], []) == {kind}


def test_an_end_that_was_promised_is_read() -> None:
    written = writing(*ALL, printed("BYE", 1000))
    assert kinds([written], [read("a", stream(), data(0, 1000))]) == {"end"}
    early = printed("END", 1, 400, run=1, cause="end")
    assert kinds([written], [read("a", stream(), data(0, 400), early, data(400, 1000))]) == {"end"}


def test_two_readers_with_other_bytes_are_told_of_though_each_may_be_right() -> None:
    # Both runs wrote from 500 on; one reader kept the old run's bytes.
    second = script().line_after(600)
    written = writing(
        opened(), printed("SENT", 600), printed("ACKED", 500), opened(second, 500, 11), printed("SENT", second + 100)
    )
    old = read("old", stream(), data(0, 600))
    new = read("new", stream(epoch=11), data(0, 500), data(500, 600, base=500, own=second))
    assert kinds([written], [new]) == set()
    assert {"unequal", "invented"} <= kinds([written], [old, new])


def test_a_reader_that_is_told_to_drop_bytes_goes_on_with_the_new_ones() -> None:
    second = script().line_after(600)
    written = writing(
        opened(), printed("SENT", 600), printed("ACKED", 500), opened(second, 500, 11), printed("SENT", second + 100)
    )
    before = (stream(), data(0, 600))
    after = data(500, 600, alias=2, base=500, own=second)
    again = printed("CONNECTED", by="cursor")
    assert kinds([written], [read("told", *before, again, stream(500, 2, 11, truncate=600), after)]) == set()
    assert kinds([written], [read("within", *before, stream(500, 2, 11, truncate=600, was=1), after)]) == set()
    assert kinds([written], [read("untold", *before, again, stream(500, 2, 11), after)]) == {"truncate"}
    assert kinds([written], [read("hub", *before, again, stream(500, 2, 10, truncate=600), after)]) == {"truncate"}
    assert "epoch" in kinds([written], [read("back", *before, again, stream(600, 2, 9))])


def test_a_session_may_go_on_earlier_and_never_later() -> None:
    again = printed("CONNECTED", by="session")
    before = (stream(), data(0, 600), again)
    assert kinds([writing(*ALL)], [read("a", *before, stream(500), data(500, 1000))]) == set()
    assert kinds([writing(*ALL)], [read("a", *before, stream(500, epoch=11), data(500, 1000))]) == set()
    assert {"hole", "lost-middle"} <= kinds([writing(*ALL)], [read("a", *before, stream(700), data(700, 1000))])
    other = printed("DATA", 1, 500, 5, payload=b"y" * 500)
    assert "unequal" in kinds([writing(*ALL)], [read("a", *before, stream(500), other)])


def test_declared_gaps_are_the_only_gaps() -> None:
    written = writing(*ALL, skip_every=3)
    written.script.grow(1000)
    (start, end), *_ = skips = written.script.skips
    pieces: list[bytes] = [stream()]
    at = 0
    for first, after in skips:
        if first >= 1000:
            break
        pieces += [data(at, first), gap(first, min(after, 1000))]
        at = min(after, 1000)
    if at < 1000:
        pieces.append(data(at, 1000))
    assert kinds([written], [read("a", *pieces)]) == set()
    assert "invented" in kinds([written], [read("a", stream(), data(0, 1000))])
    more = [stream(), data(0, start - 1), gap(start - 1, end), *pieces[3:]]
    assert kinds([written], [read("a", *more)]) in ({"gap", "lost-middle"}, {"gap", "lost-tail"})


def test_skips_that_touch_may_be_told_as_one_gap() -> None:
    written = writing(*ALL, skip_every=3)
    written.script.grow(1000)
    written.script.skips[:] = [(100, 150), (150, 200)]
    assert kinds([written], [read("a", stream(), data(0, 100), gap(100, 200), data(200, 1000))]) == set()
    assert "gap" in kinds([written], [read("a", stream(), data(0, 100), gap(100, 201), data(201, 1000))])


def test_retention_is_no_loss_where_it_was_asked_for() -> None:
    reader = read("a", stream(), gap(0, 300, "retention"), data(300, 1000))
    assert kinds([writing(*ALL)], [reader]) == {"gap", "lost-prefix"}
    assert kinds([writing(*ALL)], [reader], reasons=("retention",)) == set()


def test_a_line_twice_is_found_even_where_the_offsets_are_right() -> None:
    # After EXPIRED without an offset a client sends again what was not acknowledged; here the hub had stored it.
    written = writing(opened(), printed("SENT", 600), opened(0, 600, 11), printed("SENT", 600))
    reader = read("a", stream(), data(0, 600), data(600, 1200, base=600))
    assert kinds([written], [reader]) == {"twice"}


def test_a_run_that_is_over_is_acknowledged_up_to_where_it_is_said_to_end() -> None:
    told = printed("EXPIRED", cause="superseded", offset=600)
    written = writing(opened(), printed("SENT", 600), printed("ACKED", 300), told)
    assert kinds([written], [read("a", stream(), data(0, 300))]) == {"lost-tail"}
    assert kinds([written], [read("a", stream(), data(0, 600))]) == set()


def test_a_run_that_began_in_memory_alone_is_no_loss_before_it_was_acknowledged() -> None:
    forgot = script().line_after(600)
    began = [opened(), printed("SENT", 600), printed("ACKED", 300), opened(forgot, 600), printed("ACKED", 300)]
    reader = read("a", stream(), data(0, 300))
    assert kinds([writing(*began, opened(forgot, 300, 11))], [reader]) == set()
    assert kinds([writing(*began, opened(forgot, 299, 11))], [reader]) >= {"lost-tail"}


def test_a_hello_that_was_cut_off_is_raw_output() -> None:
    begun = printed("STREAM", 1, "raw/x", epoch=10, offset=0, run=1, state="live")
    for sent, found in ((b"H", set()), (b"HELLO HUB/1 ", set()), (b"x", {"invented"})):
        assert kinds([], [read("a", begun, printed("DATA", 1, 0, 5, payload=sent))]) == found


def test_a_line_out_of_order_is_found() -> None:
    later = script().line_after(300)
    first = script().line_after(later + 200) - later
    written = writing(opened(later), printed("SENT", later + first), opened(0, first, 11), printed("SENT", later))
    reader = read("a", stream(), data(0, first, own=later), data(first, first + later, base=first))
    assert kinds([written], [reader]) == {"order"}


def test_a_stream_that_nobody_wrote_is_invented() -> None:
    assert kinds([], [read("a", stream())]) == {"invented"}


def test_what_is_missing() -> None:
    assert list(missing(0, 10, [])) == [(0, 10)]
    assert list(missing(2, 10, [(0, 3), (5, 7), (8, 20)])) == [(3, 5), (7, 8)]
    assert list(missing(2, 10, [(0, 2), (10, 20)])) == [(2, 10)]


def test_lines_are_told_apart_behind_torn_ones() -> None:
    text = bytes(script().part(0, 3000))
    whole = list(read_lines(text))
    assert [number for _, number in whole] == list(range(len(whole)))
    assert len(whole) > 10
    torn = text[: text.index(b"\n") - 3] + text
    assert list(read_lines(torn)) == whole
    assert list(read_lines(text.replace(b"p1-3-", b"p1-4-"))) != whole
    assert len(list(read_lines(text.replace(b"p1-3-", b"p1-4-")))) == len(whole) - 1


def test_a_script_is_the_same_however_it_is_asked_for() -> None:
    one, other = Script(3, "p9", skip_every=5), Script(3, "p9", skip_every=5)
    other.grow(50_000)
    assert one.part(0, 700) + one.part(700, 50_000) == other.part(0, 50_000)
    assert one.skips == other.skips
    assert Script(4, "p9").part(0, 500) != one.part(0, 500)


Mutation = Callable[[list[bytes], int], list[bytes]]
MUTATIONS: list[Mutation] = [
    lambda said, at: said[:at] + said[at + 1 :],
    lambda said, at: [*said[: at + 1], said[at], *said[at + 1 :]],
    lambda said, at: [*said[:at], *reversed(said[at : at + 2]), *said[at + 2 :]],
    lambda said, at: [*said[:at], said[at][:-2] + bytes([said[at][-2] ^ 1, 0x0A]), *said[at + 1 :]],
]


@settings(deadline=None, max_examples=100)
@given(
    cuts=st.sets(st.integers(1, 999), min_size=2, max_size=10),
    mutation=st.sampled_from(MUTATIONS),
    at=st.integers(0, 9),
)
def test_one_frame_lost_doubled_swapped_or_flipped_is_never_green(cuts: set[int], mutation: Mutation, at: int) -> None:
    places = [0, *sorted(cuts), 1000]
    said = [data(start, end) for start, end in pairwise(places)]
    assert kinds([writing(*ALL)], [read("a", stream(), *said)]) == set()
    at %= len(said) - 1
    assert kinds([writing(*ALL)], [read("a", stream(), *mutation(said, at))])


def test_truth_ends_a_run_where_the_next_begins() -> None:
    written, second = two_runs()
    truth = Truth.of(written)
    assert bytes(truth.data) == script().part(0, 500) + script().part(second, second + 100)
    assert truth.owned == [(0, 500), (500, 555)]


def test_what_a_lost_run_skipped_holds_nobody_who_comes_after_it() -> None:
    # Two runs that were in memory alone; the third one begins where the first of them did.
    written = writing(
        *(opened(), printed("SENT", 300), printed("ACKED", 300), opened(300, 300, 11), printed("SENT", 600)),
        *(
            opened(600, 600, 11),
            printed("SENT", 700),
            opened(600, 300, 12),
            printed("SENT", 900),
            printed("ACKED", 600),
        ),
    )
    written.script.grow(1000)
    written.script.skips[:] = [(100, 150), (400, 450)]
    truth = Truth.of(written)
    assert [(skip.start, skip.end) for skip in truth.skips] == [(100, 150)]
    assert bytes(truth.data) == script().part(0, 300) + script().part(600, 900)
