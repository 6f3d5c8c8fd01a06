"""The settings of what the store on disk keeps, and the policy that they make."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from hub.app.config_values import parse_duration, parse_size
from hub.model.pattern import Pattern
from hub.model.problem import Problem
from hub.model.retention import Policy, Rule

GIB = 1 << 30
_Bound = Annotated[int, Meta(ge=0)]


class Retention(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The table `[retention]`. Bytes are those on the disk, which are fewer than were sent; 0 is no bound."""

    age_seconds: Annotated[_Bound, Meta(description="age after which output is dropped")] = 0
    total_bytes: Annotated[_Bound, Meta(description="output of all streams; the oldest is dropped first")] = 20 * GIB
    stream_bytes: Annotated[_Bound, Meta(description="output of one stream")] = 4 * GIB
    anonymous_bytes: Annotated[_Bound, Meta(description="output of all anonymous streams")] = 2 * GIB
    rules: Annotated[
        tuple[str, ...], Meta(description="bounds of some streams: PATTERN age=7d bytes=1GiB; the first that matches")
    ] = ()
    pinned: Annotated[tuple[str, ...], Meta(description="patterns of streams of which nothing is dropped")] = ()


def retention_policy(retention: Retention) -> Policy:
    """Return the settings as the store takes them; raise ValueError with every rule that cannot be read."""
    problems: list[str] = []
    rules: list[Rule] = []
    pinned: list[Pattern] = []
    for text in retention.rules:
        try:
            rules.append(_rule(text))
        except (ValueError, Problem) as error:
            problems.append(f"retention.rules: {text!r}: {getattr(error, 'text', error)}")
    for text in retention.pinned:
        try:
            pinned.append(Pattern(text))
        except Problem as problem:
            problems.append(f"retention.pinned: {text!r}: {problem.text}")
    if problems:
        raise ValueError("\n".join(problems))
    return Policy(
        retention.age_seconds,
        retention.total_bytes,
        retention.stream_bytes,
        retention.anonymous_bytes,
        tuple(rules),
        tuple(pinned),
    )


def _rule(text: str) -> Rule:
    pattern, *bounds = text.split()
    values: dict[str, int] = {}
    for bound in bounds:
        key, equals, value = bound.partition("=")
        if key not in ("age", "bytes") or not equals:
            raise ValueError(f"{bound!r} is neither age=7d nor bytes=1GiB")
        values[key] = parse_duration(value) if key == "age" else parse_size(value)
    if not values:
        raise ValueError("a rule is written as PATTERN age=7d bytes=1GiB, with one bound at least")
    return Rule(Pattern(pattern), values.get("age"), values.get("bytes"))
