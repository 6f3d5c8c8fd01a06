"""The arithmetic of the report: medians, quantiles, ratios, targets and JSON."""

from __future__ import annotations

import json
import math

import pytest

from bench.idle import IdleReading
from bench.latencies import quantile
from bench.peers import hub, nats
from bench.report import Report, with_figures
from bench.results import Failure, Row, idle_values, load_values, medians, ratio
from bench.rig import Reading
from bench.targets import verdicts
from bench.workloads import Scale


def row(peer: str, workload: str = "1-1", variant: str = "", way: str = "a line", **values: float) -> Row:
    return Row(workload, variant, peer, way, values)


def reading(**changed: float) -> Reading:
    values = {"seconds": 2.0, "cpu": 0.5, "generator_cpu": 1.0, "p50": 1e6, "p99": 3e6} | changed
    return Reading(lines=4000, rss_before=2**20, rss_peak=3 * 2**20, rss_after=2**21, stalled_cut=False, **values)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([7], 0.5, 7), ([1, 2], 0.5, 1), ([1, 2, 3], 0.5, 2), (range(1, 101), 0.99, 99), (range(1, 1001), 0.99, 990)],
)
def test_a_quantile_is_the_least_value_with_that_share_at_or_below(
    values: range | list[int], share: float, expected: float
) -> None:
    assert quantile(list(values), share) == expected


def test_of_nothing_there_is_no_quantile() -> None:
    assert math.isnan(quantile([], 0.5))


def test_a_load_becomes_figures_a_second_and_a_cpu_second() -> None:
    values = load_values(reading())
    assert (values["lines_per_s"], values["lines_per_cpu_s"], values["cpu_us_per_line"]) == (2000, 8000, 125)
    assert (values["server_cores"], values["p50_us"], values["p99_us"]) == (0.25, 1000, 3000)
    assert [values[f"rss_{when}_mib"] for when in ("before", "peak", "after")] == [1, 3, 2]


def test_a_server_that_used_no_tick_has_no_finite_figure() -> None:
    assert math.isinf(load_values(reading(cpu=0.0))["lines_per_cpu_s"])


def test_idle_connections_become_kib_each() -> None:
    values = idle_values(IdleReading(connections=1024, rss_before=2**20, rss_after=3 * 2**20, cpu=0.5, seconds=2.0))
    assert values["kib_each"] == 2
    assert values["cpu_us_per_connection_s"] == pytest.approx(0.5e6 / 2 / 1024)


def test_rounds_become_the_median_of_each_figure() -> None:
    rounds = [row("hub", a=1.0, b=9.0), row("nats", a=5.0, b=5.0), row("hub", a=3.0, b=7.0), row("hub", a=2.0, b=8.0)]
    assert medians(rounds) == [row("hub", a=2.0, b=8.0), row("nats", a=5.0, b=5.0)]


def test_a_ratio_compares_within_one_load() -> None:
    rows = [
        row("hub", a=6.0),
        row("hub", variant="other", a=60.0),
        row("nats", a=2.0),
        row("idle", workload="x", a=1.0),
    ]
    assert [ratio(rows, each, "a") for each in rows] == [1.0, 1.0, 3.0, None]


def test_a_ratio_to_nothing_is_none() -> None:
    assert ratio([row("hub", a=6.0), row("nats", a=0.0)], row("nats", a=0.0), "a") is None


def test_throughput_is_judged_against_a_message_a_line() -> None:
    rows = [
        row("hub", way="bytes", lines_per_cpu_s=5.0),
        row("nats", lines_per_cpu_s=2.0),
        row("nats", way="32 KiB", lines_per_cpu_s=100.0),
        row("jetstream", lines_per_cpu_s=1.0),
    ]
    judged = [(each.target, each.reached, each.met) for each in verdicts(rows)]
    assert judged == [
        ("lines a CPU second ≥ 2.5 x nats", 2.5, True),
        ("lines a CPU second ≥ 6 x jetstream", 5.0, False),
    ]


def test_the_better_of_two_peers_counts_and_both_must_be_there() -> None:
    rows = [row("hub", "10-10", way="bytes", lines_per_cpu_s=9.0), row("nats", "10-10", lines_per_cpu_s=2.0)]
    assert verdicts(rows) == []
    (verdict,) = verdicts([*rows, row("redis", "10-10", lines_per_cpu_s=4.0)])
    assert (verdict.reached, verdict.met) == (2.25, False)


def test_trickle_idle_and_stall_are_judged() -> None:
    rows = [
        row("hub", "trickle", way="bytes", cpu_us_per_line=40.0, p99_us=900.0),
        row("nats", "trickle", cpu_us_per_line=50.0, p99_us=600.0),
        row("hub", "idle", "plain", way="bytes", kib_each=2.0),
        row("hub", "idle", "detached", way="bytes", kib_each=2.0),
        row("hub", "stall", "paced, all read", way="bytes", lines_per_s=100.0, p99_us=10.0),
        row("hub", "stall", "paced, 1 stalled", way="bytes", lines_per_s=89.0, p99_us=10.5),
    ]
    assert {each.target: each.met for each in verdicts(rows)} == {
        "CPU a line ≤ 1 x nats": True,
        "p99 ≤ 1 x nats": False,
        "KiB a plain one ≤ 3": True,
        "KiB a detached one ≤ 1.5": False,
        "paced lines a second of the others ≥ 0.9 x without a stalled one": False,
        "paced p99 of the others ≤ 1.1 x without a stalled one": True,
    }


def test_the_json_is_plain_and_carries_ratios() -> None:
    rows = [
        Row("1-1", "", "hub", "bytes", load_values(reading())),
        Row("1-1", "", "nats", "a line", load_values(reading(cpu=1.0, p50=math.nan))),
    ]
    report = Report(
        Scale(), [*hub.WAYS, *nats.WAYS], rows, [Failure("1-10", "nats", "lost")], ["left out: redis"], {"a": "1"}
    )
    plain = json.loads(json.dumps(report.as_json(), allow_nan=False))
    assert plain["rows"][1]["hub_to_this"]["lines_per_cpu_s"] == 2.0
    assert plain["rows"][1]["p50_us"] is None
    assert plain["failures"] == [{"workload": "1-10", "peer": "nats", "reason": "lost"}]
    assert "left out: redis" in plain["notes"]


def test_tables_say_the_same_for_people_and_as_markdown() -> None:
    rows = [
        Row("stall", "paced, 1 stalled", "hub", "bytes", load_values(reading())),
        Row("stall", "paced, 1 stalled", "nats", "a line", load_values(reading(cpu=1.0)) | {"stalled_cut": 1.0}),
        Row("idle", "plain", "hub", "bytes", idle_values(IdleReading(1024, 0, 2**21, 0.5, 2.0))),
    ]
    sheets = Report(Scale(), hub.WAYS, rows, [], [], {}).sheets()
    text = "\n".join(sheet.markdown() for sheet in sheets)
    assert [len(sheet.lines) for sheet in sheets] == [1, 2, 1]
    assert "| nats, a line | paced, 1 stalled (cut) | 2.0 |" in text
    assert "| **hub** | **plain** | **1,024** | **2.00** |" in text
    assert "| idle | KiB a plain one ≤ 3 | yes | 2.00 |" in text
    for sheet in sheets:
        assert {len(line) for line in sheet.lines} == {len(sheet.columns)}
        assert sheet.rich().row_count == len(sheet.lines)


def test_figures_replace_only_what_stands_between_their_marks() -> None:
    page = with_figures("", "| 1 |")
    assert page == "<!-- figures -->\n\n| 1 |\n<!-- end of figures -->\n"
    longer = f"# Before\n{page}after\n"
    assert with_figures(longer, "| 2 |") == longer.replace("| 1 |", "| 2 |")
