"""A whole load on a real server, short: what is right is measured, and what is wrong fails."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.lines import Template
from bench.peers.relay import TwistedRelay
from bench.plan import Plan
from bench.rig import LoadFailed, load

FLAT_OUT = Plan(2, 3, 16, warm_up=0.05, seconds=0.5)
PACED = Plan(20, 1, 1, rate=1000.0, warm_up=0.05, seconds=0.2)


class Lossy(TwistedRelay):
    """A producer that leaves out the last line of each block, as a server which loses one would."""

    def template(self, producer: int, per_block: int, *, delivered: bool) -> Template:
        whole = super().template(producer, per_block, delivered=delivered)
        if not delivered:
            whole.framed = whole.framed[: -whole.record]
        return whole


@pytest.mark.parametrize("plan", [FLAT_OUT, PACED])
def test_a_load_is_measured(plan: Plan, tmp_path: Path) -> None:
    peer = TwistedRelay()
    with peer.start(tmp_path) as server:
        reading = load(peer, server, plan)
    assert reading.lines > 0
    assert reading.cpu > 0
    assert 0 < reading.p50 <= reading.p99 < math.inf
    assert 0 < reading.rss_before <= reading.rss_peak


def test_a_lost_line_fails_the_load(tmp_path: Path) -> None:
    peer = Lossy()
    with peer.start(tmp_path) as server, pytest.raises(LoadFailed, match="in place of"):
        load(peer, server, FLAT_OUT)


def test_a_server_that_does_not_start_is_tried_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(TwistedRelay, "command", lambda relay, directory: ["false"])
    assert (
        main(["--quick", "--seconds", "0.1", "--rounds", "3", "--only", "1-1", "1-10", "--peers", "relay-twisted"]) == 1
    )
    assert capsys.readouterr().err.count("relay-twisted ended with status 1") == 1


def test_the_command_writes_json_and_says_it_is_done(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    wanted = ["--quick", "--seconds", "0.1", "--only", "1-1", "--peers", "relay-twisted", "--json", str(file)]
    assert main(wanted) == 0
    assert '"peer": "relay-twisted"' in file.read_text()
