"""Patterns that match stream names."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.pattern import Pattern
from hub.model.problem import Problem

patterns = st.from_regex(r"[ab.*/]{1,12}", fullmatch=True)
names = st.lists(st.from_regex(r"[ab.]{1,3}", fullmatch=True), min_size=1, max_size=4).map("/".join)


def naive(pattern: str, name: str) -> bool:
    """The same, by trying everything."""
    if not pattern:
        return not name
    if pattern.startswith("**"):
        rest = pattern.lstrip("*")
        return any(naive(rest, name[i:]) for i in range(len(name) + 1))
    if pattern.startswith("*"):
        ends = [i for i in range(len(name) + 1) if "/" not in name[:i]]
        return any(naive(pattern[1:], name[i:]) for i in ends)
    return bool(name) and name[0] == pattern[0] and naive(pattern[1:], name[1:])


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("ci/a", "ci/a", True),
        ("ci/a", "ci/ab", False),
        ("ci.a", "cixa", False),
        ("ci/*", "ci/a", True),
        ("ci/*", "ci/a/b", False),
        ("ci/*", "ci", False),
        ("ci/**", "ci/a/b", True),
        ("ci/**", "ci", False),
        ("**", "a/b/c", True),
        ("*", "a", True),
        ("*", "a/b", False),
        ("**/log", "a/b/log", True),
        ("*/b*/**c", "a/bx/y/zc", True),
        ("***", "a/b", True),
    ],
)
def test_what_matches(pattern: str, name: str, matches: bool) -> None:
    assert Pattern(pattern).matches(name) is matches


@given(pattern=patterns, name=names)
def test_it_matches_as_trying_everything_does(pattern: str, name: str) -> None:
    try:
        compiled = Pattern(pattern)
    except Problem:
        return
    assert compiled.matches(name) is naive(pattern, name)


@pytest.mark.parametrize(
    "text", ["", "a//b", "a b", "a?", "[a]", "(a+)+$", "a" * 201, "é", "a\n", "*" + "a*" * 16, "a\\b"]
)
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(Problem) as refused:
        Pattern(text)
    assert refused.value.word == "PROTO"


def test_a_literal_is_known_as_one() -> None:
    assert Pattern("ci/a").is_literal
    assert not Pattern("ci/*").is_literal
    assert Pattern("a") == Pattern("a") != Pattern("b")
    assert len({Pattern("a"), Pattern("a")}) == 1


@pytest.mark.parametrize("pattern", ["**a" * 16 + "b", "*a" * 16 + "b", "**/" * 16 + "b", "*" * 16 + "b", "a*" * 16])
@pytest.mark.parametrize("name", ["a" * 200, "a/" * 99 + "a", "/".join(["aa"] * 66)])
def test_catastrophic_patterns_are_fast(pattern: str, name: str) -> None:
    try:
        compiled = Pattern(pattern)
    except Problem:
        return
    start = process_time()
    compiled.matches(name)
    assert process_time() - start < 0.05
