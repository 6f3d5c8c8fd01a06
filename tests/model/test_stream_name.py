"""Names of streams."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.model.problem import Problem
from hub.model.stream_name import check_stream_name, is_stream_name, name_for_raw_peer, sibling_name, split_run

names = st.lists(st.from_regex(r"[A-Za-z0-9._~-]{1,20}", fullmatch=True), min_size=1, max_size=8).map("/".join)


@pytest.mark.parametrize(
    "name", ["a", "ci/build-42", "A/b.c_d~e-f/0", "...", "a/.b", "a/b.", "~", "-", "a" * 200, "CON", "a/..b"]
)
def test_a_name(name: str) -> None:
    assert is_stream_name(name)
    assert check_stream_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", "/", "a/", "/a", "a//b", ".", "..", "a/..", "../a", "a/./b", "a b", "a\n", "a\x00", "é", "a#1", "a*",
        "%2e%2e", "a" * 201, "a:b", "a\u202eb", "٣", "a\\b",
    ],
)  # fmt: skip
def test_no_name(name: str) -> None:
    assert not is_stream_name(name)
    with pytest.raises(Problem) as refused:
        check_stream_name(name)
    assert refused.value.word == "PROTO"


@given(name=names, number=st.integers(2, 10**6))
def test_a_sibling_is_a_name(name: str, number: int) -> None:
    if is_stream_name(name):
        sibling = sibling_name(name, number)
        assert is_stream_name(sibling)
        assert sibling.endswith(f"~{number}")


@example(host=".", now=0)
@example(host="..", now=0)
@given(host=st.none() | st.text(max_size=150), now=st.integers(0, 4_000_000_000_000))
def test_a_raw_peers_name_is_a_name(host: str | None, now: int) -> None:
    assert is_stream_name(name_for_raw_peer(host, now) + "1")


def test_raw_peers_names_as_they_stand_in_the_protocol() -> None:
    assert name_for_raw_peer("127.0.0.1", 1_793_880_000_123) == "raw/127.0.0.1/20261105T120000Z-"
    assert name_for_raw_peer("::1", 0) == "raw/--1/19700101T000000Z-"
    assert name_for_raw_peer(None, 0) == "raw/local/19700101T000000Z-"


def test_a_run_is_split_off() -> None:
    assert split_run("ci/a#7") == ("ci/a", 7)
    assert split_run("ci/a") == ("ci/a", None)
    for text in ("a#", "a#x", "a#-1", "a#1#2", "#1", "a#٣", "a#" + "1" * 16):
        with pytest.raises(Problem):
            split_run(text)
