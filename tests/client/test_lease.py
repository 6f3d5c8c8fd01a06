"""A held lease against a scripted hub: how long it is counted on, and what is done while it is waited for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from hub.client import lease_keeper
from hub.client.commander import Commander
from hub.client.connection import HubLost, Unreachable
from hub.client.lease import HeldLease, LeaseLost
from hub.client.lease_keeper import LeaseKeeper
from hub.client.locator import Locator
from hub.model.problem import Problem
from scripted_hub import Peer, ScriptedHub

ROW = {"name": "printer", "stream": None, "session": "0" * 16, "fence": 7, "expires_at": 0}
SOON_SECONDS = 5.0
"""What is bounded comes to its end within this; unbounded it would take ten seconds at least."""


class Clock:
    """Time of a test; who sleeps lets it pass."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def hello(peer: Peer, session: str | None = None, **limits: int) -> None:
    request = peer.request()
    assert request["method"] == "hub.hello"
    assert request["params"].get("session") == session
    peer.answer(request, {"session": session or "key", "limits": limits})


def answer(peer: Peer, method: str, result: object = None, **params: object) -> None:
    request = peer.request()
    assert request["method"] == method
    assert {key: request["params"][key] for key in params} == params
    peer.answer(request, result)


def refuse(peer: Peer, method: str, word: str, **more: object) -> None:
    request = peer.request()
    assert request["method"] == method
    error = {"code": -32000, "message": f"said {word}", "data": {"code": word, **more}}
    peer.say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode() + b"\n")


def held(
    script: ScriptedHub, clock: Clock, ttl_s: int = 30, say: Callable[[str], None] = lambda text: None
) -> HeldLease:
    hub = script.hub
    return HeldLease(lambda within: hub, ttl_s=ttl_s, clock=clock, sleep=clock.sleep, say=say, name="printer")


@pytest.mark.parametrize(("ttl_s", "limits", "sure"), [(30, {"lease_grace_seconds": 4}, 4), (3, {}, 3), (30, {}, 10)])
def test_it_is_counted_on_for_its_ttl_and_no_longer_than_the_hub_waits(
    ttl_s: int, limits: dict[str, int], sure: int
) -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer, **limits)
        answer(peer, "lease.acquire", ROW)

    clock = Clock()
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s)
        lease.acquire()
        assert lease.until == clock.now + sure == clock.now + lease.window_s
        lease.leave()


def test_without_a_connection_it_is_lost_when_the_hub_may_give_it_away_though_its_ttl_goes_on() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer, lease_grace_seconds=4)
        answer(peer, "lease.acquire", ROW)

    clock = Clock()
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s=3600)
        lease.acquire()
    for _ in range(7):
        clock.now += 0.5
        lease.tend()
    clock.now += 0.5
    with pytest.raises(LeaseLost, match="was not reached for the 4 s"):
        lease.tend()


def test_it_is_counted_from_the_last_question_that_was_answered() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        answer(peer, "lease.acquire", ROW)
        answer(peer, "hub.info")
        answer(peer, "lease.renew", ROW, name="printer", fence=7)

    clock = Clock()
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock)
        lease.acquire()
        clock.now += 1.2
        lease.tend()
        assert lease.until == 110, "nothing is asked yet"
        clock.now += 0.3
        lease.tend()
        assert lease.until == 111.5
        clock.now += 8.75
        lease.tend()
        assert lease.until == 120.25
        lease.leave()


def test_a_hub_that_is_slow_to_store_has_its_holder_still() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer, lease_grace_seconds=1)
        answer(peer, "lease.acquire", ROW)
        slow = peer.request()
        assert slow["method"] == "lease.renew"
        answer(peer, "hub.info")
        peer.answer(slow, ROW)
        refuse(peer, "lease.renew", "STORE")
        answer(peer, "lease.renew", ROW)

    clock = Clock()
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s=3)
        lease.acquire()
        clock.now += 1
        lease.tend()
        assert lease.until == 102
        clock.now += 0.5
        lease.tend()
        assert lease.until == 102.5
        clock.now += 0.5
        lease.tend()
        assert lease.until == 103
        lease.leave()


def test_back_from_a_lost_connection_it_is_renewed_at_once() -> None:
    def first(peer: Peer) -> None:
        hello(peer)
        answer(peer, "lease.acquire", ROW)

    def second(peer: Peer) -> None:
        hello(peer, session="key")
        answer(peer, "lease.renew", ROW)

    def third(peer: Peer) -> None:
        hello(peer, session="key")
        refuse(peer, "lease.renew", "FENCED")

    clock = Clock()
    with ScriptedHub(first, second, third) as script:
        lease = held(script, clock)
        lease.acquire()
        deadline = time.monotonic() + SOON_SECONDS
        with pytest.raises(LeaseLost, match="said FENCED"):
            while time.monotonic() < deadline:
                clock.now += 0.5
                lease.tend()
        lease.leave()


@pytest.mark.parametrize("how", ["silent", "busy"])
def test_nothing_waits_for_a_hub_longer_than_it_may(how: str) -> None:
    def dialogue(peer: Peer) -> None:
        request = peer.request()
        if how == "busy":
            error = {"code": -32000, "message": "full", "data": {"code": "BUSY", "slot": "s", "retry_after": 3_600_000}}
            peer.say(json.dumps({"jsonrpc": "2.0", "id": request["id"], "error": error}).encode() + b"\n")
        assert peer.rest() == b"", "it leaves"

    with ScriptedHub(dialogue) as script:
        begun = time.monotonic()
        with pytest.raises((HubLost, Problem)):
            Commander.connect(script.hub, within=0.2)
        assert time.monotonic() - begun < SOON_SECONDS


def test_no_url_is_waited_for_longer_than_its_share() -> None:
    def silent(peer: Peer) -> None:
        peer.rest()

    with ScriptedHub(silent, silent) as script:
        url = f"http://127.0.0.1:{script.port}"
        begun = time.monotonic()
        with pytest.raises(Unreachable):
            Locator(urls=[url, url + "/other"], token="t").locate(0.4)
        assert time.monotonic() - begun < SOON_SECONDS


def test_who_looks_at_the_end_sees_it_though_the_hub_is_waited_for() -> None:
    """The thread that tends it is stuck, as in the look-up of a name; the time goes on."""

    def dialogue(peer: Peer) -> None:
        hello(peer, lease_grace_seconds=4)
        answer(peer, "lease.acquire", ROW)
        answer(peer, "hub.info")
        stuck = peer.request()
        assert stuck["method"] == "hub.info"
        seen.append(keeper().over())
        clock.now += 4
        seen.append(keeper().over())
        peer.answer(stuck, {})
        answer(peer, "lease.release")
        answer(peer, "hub.bye")

    clock = Clock()
    keepers: list[LeaseKeeper] = []
    seen: list[Any] = []

    def keeper() -> LeaseKeeper:
        return keepers[0]

    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s=3600)
        lease.acquire()
        keepers.append(LeaseKeeper(lease, reserve_s=1))
        clock.now += 1
        deadline = time.monotonic() + SOON_SECONDS
        while lease.until == 104 and time.monotonic() < deadline:
            time.sleep(0.001)
        clock.now += 1
        while len(seen) < 2 and time.monotonic() < deadline:
            time.sleep(0.001)
        keepers[0].close()
    assert seen[0] is None
    assert seen[1].left_s == 0


def test_a_hub_that_does_not_answer_while_it_is_tended_is_waited_for_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    closed = threading.Event()

    def dialogue(peer: Peer) -> None:
        hello(peer)
        answer(peer, "lease.acquire", ROW)
        stuck = peer.request()
        asked.set()
        assert stuck["method"] == "hub.info"
        assert closed.wait(SOON_SECONDS)

    clock, asked = Clock(), threading.Event()
    monkeypatch.setattr(lease_keeper, "CLOSE_SECONDS", 0.05)
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s=3600)
        lease.acquire()
        clock.now += 2
        keeper = LeaseKeeper(lease)
        assert asked.wait(SOON_SECONDS)
        said = keeper.close()
        closed.set()
    assert said is not None
    assert "could not be given back: the hub has not answered for 0.05 s; it ends by itself 10 s after" in said
    assert "at the latest when its ttl of 3600 s is over" in said


def _hangs_up(peer: Peer) -> None:
    assert peer.request()["method"] == "lease.release"


@pytest.mark.parametrize(
    ("ttl_s", "ends", "said"),
    [
        (3, lambda peer: refuse(peer, "lease.release", "STORE"), "said STORE; it ends by itself when its ttl of 3 s"),
        (3, _hangs_up, "closed the connection; it ends by itself when its ttl of 3 s"),
        (3, lambda peer: refuse(peer, "lease.release", "FENCED"), None),
        (99, _hangs_up, "4 s after the hub has noticed that its holder is gone, or, where the hub is started again, "),
        (99, _hangs_up, "at most 90 s after that, and at the latest when its ttl of 99 s is over"),
        (30, _hangs_up, "at most 30 s after that, and at the latest when its ttl of 30 s is over"),
    ],
    ids=["store", "hung up", "not held any more", "grace", "grace of a start", "ttl within it"],
)
def test_a_lease_that_could_not_be_given_back_is_told(
    ttl_s: int, ends: Callable[[Peer], None], said: str | None
) -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer, lease_grace_seconds=4, lease_start_grace_seconds=90)
        answer(peer, "lease.acquire", ROW)
        ends(peer)

    with ScriptedHub(dialogue) as script:
        lease = held(script, Clock(), ttl_s=ttl_s)
        lease.acquire()
        told = LeaseKeeper(lease).close()
    assert (told is None) == (said is None)
    assert said is None or said in str(told)


def test_a_lease_that_is_lost_is_not_said_to_end_by_itself() -> None:
    def dialogue(peer: Peer) -> None:
        hello(peer)
        answer(peer, "lease.acquire", ROW)
        _hangs_up(peer)

    clock = Clock()
    with ScriptedHub(dialogue) as script:
        lease = held(script, clock, ttl_s=3)
        lease.acquire()
        keeper = LeaseKeeper(lease)
        clock.now += 3
        assert keeper.over() is not None
        assert keeper.close() is None


def test_who_waits_asks_again_over_whatever_passes() -> None:
    def lost(peer: Peer) -> None:
        hello(peer)
        assert peer.request()["method"] == "lease.acquire"

    def draining(peer: Peer) -> None:
        assert peer.request()["method"] == "hub.hello"
        peer.say(b"ERR DRAIN retry_after=3000 :the hub is stopping\n")

    def forgot(peer: Peer) -> None:
        refuse(peer, "hub.hello", "EXPIRED", cause="unknown")

    def there(peer: Peer) -> None:
        hello(peer)
        refuse(peer, "lease.acquire", "STORE")
        answer(peer, "lease.acquire", ROW)
        answer(peer, "lease.renew", ROW)

    clock, said = Clock(), []
    with ScriptedHub(lost, draining, forgot, there) as script:
        lease = held(script, clock, say=said.append)
        assert lease.acquire(60)["fence"] == 7
        lease.leave()
    assert clock.slept == [0.5, 3, 0, 4], "it does not hurry"
    assert "closed the connection" in said[0]
    assert "the hub is stopping" in said[1]
    assert "at its end" in said[2]
    assert "STORE" in said[3]


def test_who_waits_in_vain_for_a_hub_is_told_so_at_the_end() -> None:
    with ScriptedHub() as script:
        nobody = script.hub
    clock = Clock()
    lease = HeldLease(lambda within: nobody, ttl_s=30, clock=clock, sleep=clock.sleep, name="printer")
    with pytest.raises(Unreachable):
        lease.acquire(20)
    assert clock.now == 120
    with pytest.raises(Unreachable):
        lease.acquire()
    assert clock.now == 120, "who does not wait is told at once"


def test_a_grant_that_came_too_late_is_asked_for_anew() -> None:
    """The answer of a wait took so long that the lease was lost before it came."""

    def dialogue(peer: Peer) -> None:
        hello(peer)
        answer(peer, "lease.acquire", ROW)
        refuse(peer, "lease.renew", "FENCED")

    def again(peer: Peer) -> None:
        hello(peer, session="key")
        answer(peer, "lease.acquire", {**ROW, "fence": 9})
        answer(peer, "lease.renew", ROW, fence=9)

    clock = Clock()
    with ScriptedHub(dialogue, again) as script:
        lease = held(script, clock)
        assert lease.acquire(60)["fence"] == 9
        lease.leave()
