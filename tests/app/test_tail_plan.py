"""What `hub tail` subscribes to."""

from __future__ import annotations

from hub.app.cli.stream_names import near
from hub.app.cli.tail_plan import Asked, plan_tail
from hub.client.follower import Wanted

ROWS = [
    {"stream": "ci/c", "state": "live"},
    {"stream": "ci/b", "state": "ended"},
    {"stream": "ci/a", "state": "detached"},
]


def test_a_pattern_begins_with_the_last_lines_of_what_goes_on() -> None:
    plan = plan_tail(Asked(("ci/*",)), ROWS)
    assert plan.wanted == [Wanted("ci/a", "-10"), Wanted("ci/c", "-10"), Wanted("ci/*", "end")]
    assert plan.expected == {"ci/a", "ci/c"}
    assert plan.remark is None


def test_a_name_shows_its_last_lines_in_any_case() -> None:
    plan = plan_tail(Asked(("ci/b",)), ROWS[1:2])
    assert plan.wanted == [Wanted("ci/b", "-10")]
    assert plan_tail(Asked(("nothing/yet",)), []).wanted == [Wanted("nothing/yet", "-10")]


def test_a_wish_for_lines_or_times_takes_the_ended_too() -> None:
    assert plan_tail(Asked(("ci/*",), lines=3), ROWS).wanted == [Wanted("ci/*", "-3")]
    assert plan_tail(Asked(("ci/*",), lines=-1), ROWS).wanted == [Wanted("ci/*", "start")]
    assert plan_tail(Asked(("ci/*",), since=5), ROWS).wanted == [Wanted("ci/*", "@5")]
    assert plan_tail(Asked(("ci/*",), since=5), ROWS).expected == {"ci/a", "ci/b", "ci/c"}


def test_no_lines_is_what_comes_from_now_on() -> None:
    plan = plan_tail(Asked(("ci/*",), lines=0), ROWS)
    assert (plan.wanted, plan.expected) == ([Wanted("ci/*", "end")], {"ci/a", "ci/c"})


def test_without_following_everything_that_matches_is_read() -> None:
    plan = plan_tail(Asked(("ci/*",), follow=False), ROWS)
    assert (plan.wanted, plan.expected) == ([Wanted("ci/*", "-10")], {"ci/a", "ci/b", "ci/c"})


def test_only_ended_ones_are_remarked_on() -> None:
    plan = plan_tail(Asked(("ci/*",)), ROWS[1:2])
    assert plan.wanted == [Wanted("ci/*", "end")]
    assert plan.remark is not None
    assert "ci/b" in plan.remark


def test_very_many_live_streams_show_new_lines_only() -> None:
    rows = [{"stream": f"s/{number}", "state": "live"} for number in range(300)]
    plan = plan_tail(Asked(("**",)), rows)
    assert plan.wanted == [Wanted("**", "end")]
    assert plan.remark is not None


def test_near_names() -> None:
    names = ["ci/build-41", "ci/build-42", "web/server", "db"]
    assert near(["ci/biuld-42"], names)[0] == "ci/build-42"
    assert near(["server"], names) == ["web/server"]
    assert near(["build-4*"], names) == ["ci/build-41", "ci/build-42"]
    assert near(["sevrer"], names) == ["web/server"]
    assert near(["**"], names) == []
    assert near(["zzz"], names) == []


def test_all_lines_of_a_stream_that_lost_some_are_remarked_on() -> None:
    rows = [{"stream": "a", "state": "live", "start": 2048}, {"stream": "b", "state": "live", "start": 0}]
    assert plan_tail(Asked(("*",), lines=-1), rows).remark == "a: its first 2.0 KiB are no longer kept"
    assert plan_tail(Asked(("*",), lines=5), rows).remark is None
