"""Times that people type."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hub.app.cli.moments import parse_deadline, parse_moment

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 11, 23, 18, 30, 15, 500_000, ZONE)


def ms(*parts: int, zone: timezone = ZONE) -> int:
    return round(datetime(*parts, tzinfo=zone).timestamp() * 1000)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5m", ms(2026, 11, 23, 18, 25, 15, 500_000)),
        ("5 min ago", ms(2026, 11, 23, 18, 25, 15, 500_000)),
        ("1.5h", ms(2026, 11, 23, 17, 0, 15, 500_000)),
        ("250ms", ms(2026, 11, 23, 18, 30, 15, 250_000)),
        ("2d", ms(2026, 11, 21, 18, 30, 15, 500_000)),
        ("now", ms(2026, 11, 23, 18, 30, 15, 500_000)),
        ("today", ms(2026, 11, 23)),
        ("Yesterday", ms(2026, 11, 22)),
        ("14:30", ms(2026, 11, 23, 14, 30)),
        ("14:30:10", ms(2026, 11, 23, 14, 30, 10)),
        ("2026-11-01", ms(2026, 11, 1)),
        ("2026-11-01T10:00", ms(2026, 11, 1, 10)),
        ("2026-11-01 10:00:05", ms(2026, 11, 1, 10, 0, 5)),
        ("2026-11-01T10:00:00Z", ms(2026, 11, 1, 10, zone=UTC)),
        ("2026-11-01t10:00:00+01:00", ms(2026, 11, 1, 10, zone=timezone(timedelta(hours=1)))),
        ("@1793880000", 1_793_880_000_000),
        ("@1793880000.25", 1_793_880_000_250),
    ],
)
def test_moments(text: str, expected: int) -> None:
    assert parse_moment(text, NOW) == expected


def test_a_clock_time_to_come_is_yesterdays_start_but_todays_end() -> None:
    assert parse_moment("23:00", NOW) == ms(2026, 11, 22, 23)
    assert parse_deadline("23:00", NOW) == ms(2026, 11, 23, 23)


@pytest.mark.parametrize("text", ["", "soon", "5", "5y", "25:00", "2026-13-01", "-5m", "@", "99999999999d", "@1e99"])
def test_what_is_no_time_lists_the_forms(text: str) -> None:
    with pytest.raises(ValueError, match="yesterday"):
        parse_moment(text, NOW)
