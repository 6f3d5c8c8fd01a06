"""Leases under anything that may happen, as those see it who ask: never two holders, and nobody jumps the queue.

What each session was told is all that is known here. A lease that was told is its holder's until a moment that the
holder can know of: it gave it back, it was told that it lost it, its ttl ran out, or it was away for too long.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from conversations.command_line import CommandLine, come_back, request
from fakes.world import World
from hub.core.writer import Writer
from hub.model.session_key import public_id

POOL = ("stream:board/0", "stream:board/1")
"""The leases of all live streams: what `board/*` may be."""
NAMES = ("a", "b", *POOL)
WANTS = (("a",), ("b",), ("a", "b"), ("b", "a"), POOL, POOL[:1])
GRACE = 10.0
START_GRACE = 60.0
TICK = 1.0
"""The hub ends once a second what is over."""
SLACK = 0.3
"""What passes between a moment of the hub's and the same one here."""
HOUR_MS = 3_600_000
ALIVE = b'{"jsonrpc":"2.0","method":"hub.info"}\n'


Want = tuple[str, ...]


def said(want: Want) -> dict[str, object]:
    """Return how a call says what it wants."""
    if want == POOL:
        return {"any_of": "board/*"}
    return {"name": want[0]} if len(want) == 1 else {"any_of": list(want)}


def fence_of(message: dict[str, Any]) -> int:
    """Return the fence that an answer or a notification tells, 0 where it tells none."""
    told = message.get("result") or message.get("params") or {}
    return int(told.get("fence", 0))


@dataclass(eq=False)
class Client:
    line: CommandLine
    connected: bool = True
    grace_until: float = 0.0
    calls: dict[int, Want] = field(default_factory=dict)
    """Ids of calls that wait, and the names of which each waits for one, oldest first."""

    def waits_for(self, names: Want) -> bool:
        return any(name in want for want in self.calls.values() for name in names)


@dataclass(eq=False)
class Place:
    """A place in the queue."""

    client: Client
    want: Want
    until: float
    """So long its last call waits; nobody stands there longer."""
    kept: bool = False
    """Its client was away, so its turn may have come without being told."""


@dataclass
class Belief:
    """Who was told last that it holds a name."""

    client: Client
    fence: int
    ttl: int
    until: float
    """It is its holder's at least so long."""
    latest: float
    """And at most so long: a restart may have added some."""
    over: bool = False
    doubtful: bool = False
    """Whether its holder was away for so long that it may have lost it."""


class LeaseMachine(RuleBasedStateMachine):
    limits: ClassVar[dict[str, int]] = {}
    """Of the hub, where they are to be met."""

    @initialize()
    def begin(self) -> None:
        self.world = World(**self.limits)
        self.jumped = False
        """Whether the clock on the wall ever was put forward or back."""
        self.offset = 0.0
        self.clients = [Client(CommandLine(self.world, hello="operator-token")) for _ in range(4)]
        self.beliefs: dict[str, Belief] = {}
        self.queue: list[Place] = []
        self.fences: dict[int, str] = {}
        self.away_while_waiting: set[tuple[int, str]] = set()
        """Clients and names whose turn may have come while the client was away: it is told of later."""
        self.untold: set[tuple[int, str]] = set()
        """Of these the ones that a hub knew which was killed: they are told of when they are asked for again alone."""
        self.last_id = 100
        self.writers: dict[str, Writer] = {}
        self.streams_come()

    def streams_come(self) -> None:
        for name in POOL:
            self.writers[name] = self.world.stream_of(name.removeprefix("stream:"), b"x")

    @rule(name=st.sampled_from(POOL))
    def a_stream_ends_or_comes_again(self, name: str) -> None:
        if (writer := self.writers.pop(name, None)) is not None:
            writer.end("eof")
        else:
            self.writers[name] = self.world.stream_of(name.removeprefix("stream:"), b"x")
        self.hear()

    def takes(self, want: Want, name: str) -> bool:
        """Tell whether a name that is free would be given to whoever waits for that."""
        return name in want and (want != POOL or name in self.writers)

    # What clients do.

    @rule(who=st.integers(0, 3), want=st.sampled_from(WANTS), ttl=st.sampled_from([4, 25]))
    def acquire(self, who: int, want: Want, ttl: int) -> None:
        client = self.clients[who]
        if not client.connected or client.waits_for(want):
            return
        answer = self.ask(client, "lease.acquire", ttl_s=ttl, **said(want))
        if "result" in answer:
            assert answer["result"]["name"] in want
            self.told(client, answer["result"]["name"], answer["result"]["fence"], ttl)
        else:
            assert self.is_no(answer)
            for name in want:
                belief = self.beliefs.get(name)
                if not self.takes(want, name):
                    continue  # its stream has ended: it is nothing for who wants one of the pool
                assert belief is None or belief.client is not client or self.may_be_over(belief)

    @rule(who=st.integers(0, 3), want=st.sampled_from(WANTS), wait_s=st.sampled_from([2, 50_000]))
    def wait(self, who: int, want: Want, wait_s: int) -> None:
        client = self.clients[who]
        if client.connected and not client.waits_for(want):
            self.stand(client, want, wait_s)
            self.hear()

    @rule(who=st.integers(0, 3), name=st.sampled_from(NAMES), want=st.sampled_from(WANTS))
    def a_release_in_the_last_moment_of_a_wait(self, who: int, name: str, want: Want) -> None:
        client, belief = self.clients[who], self.beliefs.get(name)
        if not client.connected or client.waits_for(want) or belief is None or not belief.client.connected:
            return
        holder, fence = belief.client, belief.fence
        if holder is client:
            return
        release = json.dumps(request(2, "lease.release", name=name, fence=fence)).encode() + b"\n"
        # First of all that happens at that time, and the end of the wait next.
        self.world.clock.call_later(2.0, lambda: holder.line.commander.received(release))
        self.stand(client, want, 2)
        belief.doubtful = True
        self.world.clock.advance(2.0)
        self.hear()

    def stand(self, client: Client, want: Want, wait_s: int) -> None:
        """Wait for one of some names, at the place that is kept for it if there is one."""
        self.last_id += 1
        client.calls[self.last_id] = want
        place = next((each for each in self.queue if each.client is client and each.want == want), None)
        if place is not None and place.kept and not self.still_stands(place):
            self.queue.remove(place)  # its turn came, and what it got is lost again: it begins anew
            place = None
        if place is None:
            place = Place(client, want, 0.0)
            self.queue.append(place)
        place.kept, place.until = False, self.now + wait_s
        client.line.say(request(self.last_id, "lease.acquire", ttl_s=25, wait_s=wait_s, **said(want)))

    def is_no(self, answer: dict[str, Any]) -> bool:
        """Tell whether that is how one is told that there is nothing, or no room, for one."""
        code = answer["error"]["data"]["code"]
        return code == "CONFLICT" or (bool(self.limits) and code == "LIMIT")

    def still_stands(self, place: Place) -> bool:
        session = public_id(place.client.line.key)
        wants = [each.want for each in self.world.hub.leases._waiters if each.session.id == session]
        # Streams of the pool may all have ended meanwhile: who waits for one stands there all the same.
        return any(place.want == (POOL if want.pattern is not None else want.names) for want in wants)

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from(["renew", "release"]))
    def hold(self, name: str, what: str) -> None:
        belief = self.beliefs.get(name)
        if belief is None or not belief.client.connected:
            return
        answer = self.ask(belief.client, f"lease.{what}", name=name, fence=belief.fence)
        if "error" in answer:
            assert answer["error"]["data"]["code"] == "FENCED"
            assert self.may_be_over(belief), "its holder was told nothing, and lost it"
            return
        assert not belief.over
        assert self.now <= belief.latest + SLACK
        if what == "renew":
            self.told(belief.client, name, belief.fence, belief.ttl)
        else:
            belief.over = True
        self.hear()

    @rule(name=st.sampled_from(NAMES), who=st.integers(0, 3))
    def steal(self, name: str, who: int) -> None:
        thief = self.clients[who]
        if thief.connected and not thief.waits_for((name,)):
            before = self.beliefs[name].over if name in self.beliefs else False
            self.taken(name, thief)
            answer = self.ask(thief, "lease.steal", name=name, reason="r", ttl_s=4)
            if "result" in answer:
                self.told(thief, name, answer["result"]["fence"], 4)
            else:
                assert self.is_no(answer)
                if name in self.beliefs:
                    self.beliefs[name].over = before

    @rule(name=st.sampled_from(NAMES), who=st.integers(0, 3))
    def hand_over(self, name: str, who: int) -> None:
        belief, heir = self.beliefs.get(name), self.clients[who]
        if belief is None or not belief.client.connected or not heir.connected or heir is belief.client:
            return
        session = public_id(heir.line.key)
        answer = self.ask(belief.client, "lease.hand_over", name=name, fence=belief.fence, session=session)
        if "result" in answer:
            belief.over = True
            client_calls = [number for number, want in heir.calls.items() if self.takes(want, name)]
            self.told(heir, name, answer["result"]["fence"], belief.ttl)
            for number in client_calls:
                del heir.calls[number]
        elif answer["error"]["data"]["code"] == "LIMIT":
            assert self.limits
        else:
            assert self.may_be_over(belief)
        self.hear()

    @rule(who=st.integers(0, 3))
    def cancel(self, who: int) -> None:
        client = self.clients[who]
        if client.connected and client.calls:
            number, want = next(iter(client.calls.items()))
            del client.calls[number]
            self.gives_up(client, want)
            client.line.say(request(1, "$/cancel", id=number))
            self.hear()

    @rule(who=st.integers(0, 3))
    def lose_connection(self, who: int) -> None:
        client = self.clients[who]
        if client.connected:
            client.connected, client.grace_until = False, self.now + GRACE
            client.line.commander.lost("reset")
            client.calls.clear()
            for place in self.queue:
                if place.client is client:
                    place.kept = True
                    self.away_while_waiting |= {(who, name) for name in place.want}
            self.hear()

    @rule(who=st.integers(0, 3), want=st.sampled_from(WANTS), comes_back=st.booleans())
    def a_short_wait_loses_its_connection(self, who: int, want: Want, comes_back: bool) -> None:
        client = self.clients[who]
        if client.connected and not client.waits_for(want):
            self.stand(client, want, 2)
            self.hear()
            self.lose_connection(who)
            if comes_back:
                self.come_back(who)

    @rule(who=st.integers(0, 3))
    def comes_back(self, who: int) -> None:
        self.come_back(who)

    def come_back(self, who: int) -> None:
        client = self.clients[who]
        if client.connected:
            return
        for belief in self.beliefs.values():
            if belief.client is client and self.now >= client.grace_until - SLACK:
                belief.doubtful = True
        line, answer, told = come_back(client.line)
        if "result" in answer:
            client.line, client.connected = line, True
            for message in told:
                self.take(client, message)
            return
        assert answer["error"]["data"]["code"] == "EXPIRED"
        # It had nothing, or was away for too long: it is somebody new now.
        for name, belief in self.beliefs.items():
            assert belief.client is not client or self.may_be_over(belief), name
        self.forget(client)
        self.clients[who] = Client(CommandLine(self.world, hello="operator-token"))

    @rule()
    def all_come_back(self) -> None:
        for who in range(len(self.clients)):
            self.come_back(who)

    @rule(who=st.integers(0, 3))
    def leave_for_good(self, who: int) -> None:
        client = self.clients[who]
        if client.connected:
            self.hear()
            self.forget(client)
            client.line.say(request(1, "hub.bye"))
            self.clients[who] = Client(CommandLine(self.world, hello="operator-token"))
            self.hear()

    # What happens to all.

    @rule(seconds=st.sampled_from([1, 3, 6, 12]))
    def time_passes(self, seconds: int) -> None:
        for _ in range(seconds):
            for client in self.clients:
                if client.connected:
                    client.line.commander.received(ALIVE)
            self.world.pass_seconds(1)
            self.hear()

    @rule(hours=st.sampled_from([-2, 2]))
    def the_clock_jumps(self, hours: int) -> None:
        self.world.clock.wall_shift_ms += hours * HOUR_MS
        self.jumped = True

    @rule(hours=st.sampled_from([0, 0, -2, 2]))
    def the_hub_is_killed(self, hours: int) -> None:
        before = self.now
        for belief in self.beliefs.values():
            belief.doubtful = belief.doubtful or self.may_be_over(belief)
        self.jumped = self.jumped or hours != 0
        self.world.restart(wall_shift_ms=self.world.clock.wall_shift_ms + hours * HOUR_MS)
        self.offset = before - self.world.clock.monotonic()
        for client in self.clients:
            client.connected, client.grace_until = False, self.now + START_GRACE
            client.calls.clear()
        self.queue.clear()
        self.untold |= self.away_while_waiting
        self.streams_come()
        for belief in self.beliefs.values():
            belief.latest = self.now + belief.ttl
            if self.jumped:  # how much of a ttl is left is not known then: it is kept as its holder counts on it
                belief.until = min(belief.until, self.now + GRACE)

    # What is known.

    @property
    def now(self) -> float:
        return self.world.clock.monotonic() + self.offset

    def ask(self, client: Client, method: str, **params: object) -> Any:
        self.hear()
        client.line.say(request(1, method, **params))
        answers = client.line.answers()
        (answer,) = [each for each in answers if each.get("id") == 1]
        for each in answers:
            if each is not answer:
                self.take(client, each)
        return answer

    def hear(self) -> None:
        self.world.settle()
        heard = [(client, message) for client in self.clients if client.connected for message in client.line.answers()]
        for client, message in heard:
            if message.get("method") == "lease.lost":
                self.take(client, message)
        granted = [each for each in heard if each[1].get("method") != "lease.lost"]
        for client, message in sorted(granted, key=lambda each: fence_of(each[1])):
            self.take(client, message)

    def take(self, client: Client, message: dict[str, Any]) -> None:
        if message.get("method") == "lease.lost":
            params = message["params"]
            belief = self.beliefs.get(params["name"])
            if belief is not None and belief.fence == params["fence"]:
                belief.over = True
        elif message.get("method") == "lease.granted":
            params = message["params"]
            belief = self.beliefs.get(params["name"])
            if belief is None or belief.fence < params["fence"]:
                self.told(client, params["name"], params["fence"], params["ttl_s"])
        elif message.get("id") in client.calls and "result" in message:
            want = client.calls.pop(message["id"])
            name = message["result"]["name"]
            assert name in want
            mine = next((each for each in self.queue if each.client is client and each.want == want), None)
            belief = self.beliefs.get(name)
            its_own = belief is not None and belief.fence == message["result"]["fence"]
            if mine is not None and not its_own:
                for place in self.queue[: self.queue.index(mine)]:
                    assert (
                        not self.takes(place.want, name)
                        or place.kept
                        or place.client is client
                        or not place.client.connected
                    ), "somebody who waited longer was passed over"
            self.told(client, name, message["result"]["fence"], 25)
        elif message.get("id") in client.calls:
            assert self.is_no(message), "its wait was over, or never began"
            self.gives_up(client, client.calls.pop(message["id"]))

    def gives_up(self, client: Client, want: Want) -> None:
        self.queue = [each for each in self.queue if each.client is not client or each.want != want]

    def served(self, client: Client, name: str) -> None:
        self.queue = [each for each in self.queue if each.client is not client or not self.takes(each.want, name)]

    def told(self, client: Client, name: str, fence: int, ttl: int) -> None:
        belief = self.beliefs.get(name)
        if belief is not None and belief.fence == fence:
            assert belief.client is client, "two sessions under one fence"
            belief.ttl, belief.until, belief.latest = ttl, self.now + ttl, self.now + ttl
            belief.over = belief.doubtful = False
            self.served(client, name)
            return
        # A turn that was kept for somebody who was away is told later than younger ones of other names.
        kept = (self.clients.index(client), name)
        before = [each for each, other in self.fences.items() if other == name or kept not in self.away_while_waiting]
        assert all(fence > each for each in before), "fences grow"
        self.away_while_waiting.discard(kept)
        self.untold.discard(kept)
        assert fence not in self.fences, "no two grants have one fence"
        self.fences[fence] = name
        self.served(client, name)
        if belief is not None and belief.client is not client:
            assert self.may_be_over(belief), "two holders"
        self.beliefs[name] = Belief(client, fence, ttl, self.now + ttl, self.now + ttl)

    def taken(self, name: str, by: Client) -> None:
        belief = self.beliefs.get(name)
        if belief is not None and belief.client is not by:
            belief.over = True

    def forget(self, client: Client) -> None:
        client.connected = False
        self.queue = [each for each in self.queue if each.client is not client]
        for belief in self.beliefs.values():
            if belief.client is client:
                belief.over = True

    def may_be_over(self, belief: Belief) -> bool:
        """Tell whether a holder may have lost what it was told."""
        away = not belief.client.connected and self.now >= belief.client.grace_until - SLACK
        return belief.over or belief.doubtful or away or self.now >= belief.until - SLACK

    @invariant()
    def one_holder_of_each_in_the_list(self) -> None:
        if not hasattr(self, "world"):
            return
        leases = list(self.world.hub.leases)
        assert len({lease.name for lease in leases}) == len(leases)
        for lease in leases:
            assert lease.fence <= self.world.hub.leases.fence
        free = [name for name in NAMES if self.world.hub.leases.get(name) is None]
        calls = [want for client in self.clients for want in client.calls.values()]
        waiting = {name for want in calls for name in want if self.takes(want, name)}
        assert not waiting.intersection(free), "free, though somebody waits for it"

    @invariant()
    def no_bound_is_passed(self) -> None:
        if not hasattr(self, "world"):
            return
        leases, limits = self.world.hub.leases, self.world.limits
        assert len(list(leases)) <= limits.leases
        assert all(len(leases.of(lease.session)) <= limits.leases_per_session for lease in leases)

    @invariant()
    def nobody_waits_past_its_time(self) -> None:
        if not hasattr(self, "world"):
            return
        for waiter in self.world.hub.leases._waiters:
            names = POOL if waiter.want.pattern is not None else waiter.want.names
            until = [
                place.until
                for place in self.queue
                if public_id(place.client.line.key) == waiter.session.id and place.want == names
            ]
            assert until, "somebody waits who does not know"
            assert self.now <= max(until) + TICK + SLACK, "somebody waits past its time"

    @invariant()
    def nobody_holds_what_it_was_not_told_of(self) -> None:
        if not hasattr(self, "world"):
            return
        self.hear()
        for lease in self.world.hub.leases:
            for who, client in enumerate(self.clients):
                if client.connected and lease.session.id == public_id(client.line.key):
                    told = self.beliefs.get(lease.name)
                    known = told is not None and told.client is client and told.fence == lease.fence
                    assert known or (who, lease.name) in self.untold, "held by somebody who does not know"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.assert_no_failures()


TestLeases = LeaseMachine.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


class CrowdedLeaseMachine(LeaseMachine):
    """A hub with less room than there are names, and whose streams come later than those who wait for them."""

    limits: ClassVar[dict[str, int]] = {"leases": 2, "leases_per_session": 1}

    def streams_come(self) -> None:
        self.writers.clear()

    @rule(order=st.permutations(range(4)), stream=st.sampled_from(POOL), held=st.integers(0, 2))
    def a_stream_comes_for_those_who_wait(self, order: list[int], stream: str, held: int) -> None:
        for name in list(self.writers):
            self.a_stream_ends_or_comes_again(name)
        for who, name in list(zip(order, ("a", "b"), strict=False))[:held]:
            self.acquire(who, (name,), 25)
        for who in reversed(order):
            self.wait(who, POOL, 50_000)
        self.a_stream_ends_or_comes_again(stream)


TestLeasesOfACrowd = CrowdedLeaseMachine.TestCase
TestLeasesOfACrowd.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
