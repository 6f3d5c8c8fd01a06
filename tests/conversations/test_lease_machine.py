"""Leases under anything that may happen, as those see it who ask: never two holders, and nobody jumps the queue.

What each session was told is all that is known here. A lease that was told is its holder's until a moment that the
holder can know of: it gave it back, it was told that it lost it, its ttl ran out, or it was away for too long.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from conversations.command_line import CommandLine, request
from fakes.world import World
from hub.model.session_key import public_id

NAMES = ("a", "b")
GRACE = 10.0
START_GRACE = 60.0
SLACK = 0.3
"""What passes between a moment of the hub's and the same one here."""
ALIVE = b'{"jsonrpc":"2.0","method":"hub.info"}\n'


@dataclass(eq=False)
class Client:
    line: CommandLine
    connected: bool = True
    grace_until: float = 0.0
    calls: dict[int, str] = field(default_factory=dict)
    """Ids of calls that wait, and the name that each waits for, oldest first."""


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
    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.offset = 0.0
        self.clients = [Client(CommandLine(self.world, hello="operator-token")) for _ in range(4)]
        self.beliefs: dict[str, Belief] = {}
        self.queue: list[tuple[Client, str, int]] = []
        self.fences: dict[int, str] = {}
        self.away_while_waiting: set[tuple[int, str]] = set()
        """Clients and names whose turn may have come while the client was away: it is told of later."""
        self.last_id = 100

    # What clients do.

    @rule(who=st.integers(0, 3), name=st.sampled_from(NAMES), ttl=st.sampled_from([4, 25]))
    def acquire(self, who: int, name: str, ttl: int) -> None:
        client = self.clients[who]
        if not client.connected or any(waits == name for waits in client.calls.values()):
            return
        answer = self.ask(client, "lease.acquire", name=name, ttl_s=ttl)
        if "result" in answer:
            self.told(client, name, answer["result"]["fence"], ttl)
        else:
            assert answer["error"]["data"]["code"] == "CONFLICT"
            belief = self.beliefs.get(name)
            assert belief is None or belief.client is not client or self.may_be_over(belief)

    @rule(who=st.integers(0, 3), name=st.sampled_from(NAMES))
    def wait(self, who: int, name: str) -> None:
        client = self.clients[who]
        if not client.connected or any(waits == name for waits in client.calls.values()):
            return
        self.last_id += 1
        client.calls[self.last_id] = name
        if not any(each is client and waits == name for each, waits, _ in self.queue):
            self.queue.append((client, name, self.last_id))
        client.line.say(request(self.last_id, "lease.acquire", name=name, ttl_s=25, wait_s=100_000 // 2))
        self.hear()

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
        if thief.connected and not any(waits == name for waits in thief.calls.values()):
            self.taken(name, thief)
            answer = self.ask(thief, "lease.steal", name=name, reason="r", ttl_s=4)
            self.told(thief, name, answer["result"]["fence"], 4)

    @rule(name=st.sampled_from(NAMES), who=st.integers(0, 3))
    def hand_over(self, name: str, who: int) -> None:
        belief, heir = self.beliefs.get(name), self.clients[who]
        if belief is None or not belief.client.connected or not heir.connected or heir is belief.client:
            return
        session = public_id(heir.line.key)
        answer = self.ask(belief.client, "lease.hand_over", name=name, fence=belief.fence, session=session)
        if "result" in answer:
            belief.over = True
            self.queue = [each for each in self.queue if each[:2] != (heir, name)]
            client_calls = [number for number, waits in heir.calls.items() if waits == name]
            self.told(heir, name, answer["result"]["fence"], belief.ttl)
            for number in client_calls:
                del heir.calls[number]
        else:
            assert self.may_be_over(belief)
        self.hear()

    @rule(who=st.integers(0, 3))
    def cancel(self, who: int) -> None:
        client = self.clients[who]
        if client.connected and client.calls:
            number, name = next(iter(client.calls.items()))
            del client.calls[number]
            self.queue = [each for each in self.queue if each[:2] != (client, name)]
            client.line.say(request(1, "$/cancel", id=number))
            self.hear()

    @rule(who=st.integers(0, 3))
    def lose_connection(self, who: int) -> None:
        client = self.clients[who]
        if client.connected:
            client.connected, client.grace_until = False, self.now + GRACE
            client.line.commander.lost("reset")
            client.calls.clear()
            self.away_while_waiting |= {(who, waits) for each, waits, _ in self.queue if each is client}
            self.hear()

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
        line = CommandLine(self.world, hello=None)
        params = {"protocol": "HUB/1", "token": "operator-token"}
        answer = line.ask("hub.hello", **params, session=client.line.key)
        if "result" in answer:
            line.key = client.line.key
            client.line, client.connected = line, True
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

    @rule()
    def the_hub_is_killed(self) -> None:
        before = self.now
        for belief in self.beliefs.values():
            belief.doubtful = belief.doubtful or self.may_be_over(belief)
        self.world.restart()
        self.offset = before - self.world.clock.monotonic()
        for client in self.clients:
            client.connected, client.grace_until = False, self.now + START_GRACE
            client.calls.clear()
        self.queue.clear()
        for belief in self.beliefs.values():
            belief.latest = self.now + belief.ttl

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
        for client, message in sorted(granted, key=lambda each: (each[1].get("result") or {}).get("fence", 0)):
            self.take(client, message)

    def take(self, client: Client, message: dict[str, Any]) -> None:
        if message.get("method") == "lease.lost":
            params = message["params"]
            belief = self.beliefs.get(params["name"])
            if belief is not None and belief.fence == params["fence"]:
                belief.over = True
        elif message.get("id") in client.calls and "result" in message:
            name = client.calls.pop(message["id"])
            mine = next((each for each in self.queue if each[:2] == (client, name)), None)
            belief = self.beliefs.get(name)
            its_own = belief is not None and belief.fence == message["result"]["fence"]
            if mine is not None and not its_own:
                for other, waits, _ in self.queue[: self.queue.index(mine)]:
                    assert waits != name or not other.connected, "somebody who waited longer was passed over"
            self.told(client, name, message["result"]["fence"], 25)

    def told(self, client: Client, name: str, fence: int, ttl: int) -> None:
        belief = self.beliefs.get(name)
        if belief is not None and belief.fence == fence:
            assert belief.client is client, "two sessions under one fence"
            belief.ttl, belief.until, belief.latest = ttl, self.now + ttl, self.now + ttl
            belief.over = belief.doubtful = False
            self.queue = [each for each in self.queue if each[:2] != (client, name)]
            return
        # A turn that was kept for somebody who was away is told later than younger ones of other names.
        kept = (self.clients.index(client), name)
        before = [each for each, other in self.fences.items() if other == name or kept not in self.away_while_waiting]
        assert all(fence > each for each in before), "fences grow"
        self.away_while_waiting.discard(kept)
        assert fence not in self.fences, "no two grants have one fence"
        self.fences[fence] = name
        self.queue = [each for each in self.queue if each[:2] != (client, name)]
        if belief is not None and belief.client is not client:
            assert self.may_be_over(belief), "two holders"
        self.beliefs[name] = Belief(client, fence, ttl, self.now + ttl, self.now + ttl)

    def taken(self, name: str, by: Client) -> None:
        belief = self.beliefs.get(name)
        if belief is not None and belief.client is not by:
            belief.over = True

    def forget(self, client: Client) -> None:
        client.connected = False
        self.queue = [each for each in self.queue if each[0] is not client]
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
        waiting = {name for client in self.clients for name in client.calls.values()}
        assert not waiting.intersection(free), "free, though somebody waits for it"

    def teardown(self) -> None:
        if hasattr(self, "world"):
            self.world.assert_no_failures()


TestLeases = LeaseMachine.TestCase
TestLeases.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
