"""What is done to a hub, its peers, its disk and the network between them, one thing at a time and by chance."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from random import Random

from faults.disk import Disk
from faults.hub_process import HubProcess
from faults.peer_process import Peer
from faults.proxy import Link, Proxy

OUTAGE_SECONDS = 0.5
FREEZE_SECONDS = 1.0
HANG_SECONDS = 3.0
MEANWHILE = ("reset", "cut all", "half close", "drop", "kill producer", "forget producer", "kill reader")
"""What may happen while a disk is bad, to whoever waits for what it does not take."""
LAST = ("kill hub", "kill power", "nothing")
"""How a disk gets well again: under a hub that was killed meanwhile, or under one that goes on."""


class Strikes:
    """All that may be done to one hub and its peers. What is done, and to whom, is `luck`'s choice."""

    def __init__(
        self,
        hub: HubProcess,
        producers: Sequence[Peer],
        readers: Sequence[Peer],
        proxies: Sequence[Proxy],
        luck: Random,
        disk: Disk | None = None,
    ) -> None:
        """Without a `disk` that can fail, none does."""
        self._meanwhile: list[str] = []
        """What was done while the disk was bad, of the last strike."""
        self._hub, self._producers, self._readers, self._proxies = hub, producers, readers, proxies
        self._luck = luck
        self.kinds: dict[str, tuple[int, Callable[[], object]]] = {
            "kill hub": (26, hub.kill),
            "kill producer": (8, lambda: luck.choice(producers).kill()),
            "forget producer": (4, lambda: luck.choice(producers).kill("--forget")),
            "kill reader": (8, lambda: luck.choice(readers).kill()),
            "drain hub": (3, hub.drain),
            "freeze hub": (2, lambda: hub.freeze(FREEZE_SECONDS)),
            "cut all": (3, self._cut_all),
            "reset": (3, lambda: self._on_a_link(lambda _, link: link.reset())),
            "half close": (3, lambda: self._on_a_link(lambda _, link: link.half_close())),
            "dead link": (3, lambda: self._on_a_link(lambda _, link: link.die())),
            "drop": (4, lambda: self._on_a_link(lambda _, link: self._drop(link))),
            "slices": (3, lambda: self._on_a_link(lambda _, link: self._slice(link))),
            "delay": (3, lambda: self._on_a_link(lambda _, link: self._delay(link))),
            "duplicate": (3, lambda: self._on_a_link(self._duplicate)),
        }
        """What each is called, how often it is chosen, and what it does."""
        if disk is not None:
            self.kinds |= self._of_disk(disk)

    def strike(self) -> str:
        """Do one of them; return which."""
        names = list(self.kinds)
        (name,) = self._luck.choices(names, [weight for weight, _ in self.kinds.values()])
        self._meanwhile.clear()
        self.kinds[name][1]()
        return f"{name} ({', '.join(self._meanwhile)})" if self._meanwhile else name

    def _of_disk(self, disk: Disk) -> dict[str, tuple[int, Callable[[], object]]]:
        # Reads do not fail here: what cannot be read is told as a gap, and nothing could be judged any more.
        luck = self._luck

        def bad(begin: Callable[[], object]) -> Callable[[], object]:
            return lambda: self._for_a_while(disk, begin)

        return {
            "kill power": (14, lambda: self._hub.lose_power(disk)),
            "disk full": (3, bad(lambda: disk.full(luck.choice((0, 5000, 100_000))))),
            "writes fail": (3, bad(disk.fail_writes)),
            "syncs fail": (3, bad(disk.fail_syncs)),
            "a sync fails": (3, bad(lambda: disk.fail_syncs(luck.randint(1, 4)))),
            "syncs hang": (3, bad(lambda: disk.slow_syncs(HANG_SECONDS))),
            "slow syncs": (2, bad(lambda: disk.slow_syncs(luck.uniform(0.1, 1.0)))),
            "clock jumps": (2, lambda: disk.set_clock(luck.choice((-86_400, -60, 0, 60, 86_400)))),
        }

    def _for_a_while(self, disk: Disk, begin: Callable[[], object]) -> None:
        """Let the disk be bad for a while, in which links break and processes die as at any other time."""
        begin()
        for name in self._luck.sample(MEANWHILE, self._luck.randrange(3)):
            threading.Event().wait(self._luck.uniform(0.1, 0.7))
            self._meanwhile.append(name)
            self.kinds[name][1]()
        threading.Event().wait(self._luck.uniform(0.2, 1.5))
        last = self._luck.choice(LAST)
        if last == "kill hub":
            # A hub that cannot write does not start; so its disk is well again when the next one does.
            self._hub.kill(disk.heal)
        elif last == "kill power":
            self._hub.lose_power(disk)
        if last != "nothing":
            self._meanwhile.append(last)
        disk.heal()

    def _on_a_link(self, do: Callable[[Proxy, Link], None]) -> None:
        links = [(proxy, link) for proxy in self._proxies for link in proxy.links()]
        if links:  # else all are on their way back
            do(*self._luck.choice(links))

    def _cut_all(self) -> None:
        for proxy in self._proxies:
            proxy.cut_all()
        threading.Event().wait(OUTAGE_SECONDS)
        for proxy in self._proxies:
            proxy.restore()

    def _drop(self, link: Link) -> None:
        way = self._luck.choice((link.up, link.down))
        way.left = self._luck.choice((1, 30, 3000, 100_000))

    def _slice(self, link: Link) -> None:
        for way in (link.up, link.down):
            way.sliced = 20_000

    def _delay(self, link: Link) -> None:
        for way in (link.up, link.down):
            way.delay = self._luck.uniform(0.005, 0.1)

    def _duplicate(self, proxy: Proxy, link: Link) -> None:
        threading.Thread(target=proxy.duplicate, args=(link,), daemon=True).start()


def is_kill(name: str) -> bool:
    """Say whether a strike ended a process."""
    return any(word in name for word in ("kill", "forget", "drain"))
