"""A process that writes for some of the producers: whole prepared blocks on non-blocking sockets, nothing else."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable

from bench.board import Board, Phase
from bench.lines import Template
from bench.peers.peer import Peer, PeerError
from bench.plan import Plan

_WINDOW_PAUSE = 0.0001
_FULL_PAUSE = 0.001
_PHASE_PAUSE = 0.002


class Outlet:
    """One producer's connection, and what of its block the socket has not taken yet."""

    __slots__ = ("blocks", "rest", "sock", "template")

    def __init__(self, sock: socket.socket, template: Template) -> None:
        self.sock = sock
        self.template = template
        self.blocks = 0
        """Blocks begun."""
        self.rest: memoryview | None = None

    def begin(self) -> None:
        """Take up the next block, stamped now."""
        self.rest = self.template.stamped(self.blocks, time.monotonic_ns())
        self.blocks += 1

    def push(self) -> bool:
        """Write on; return whether the block is out."""
        if self.rest is None:
            return True
        try:
            sent = self.sock.send(self.rest)
        except BlockingIOError:
            return False
        self.rest = self.rest[sent:] if sent < len(self.rest) else None
        return self.rest is None

    def check(self, harmless: Callable[[bytes], bool]) -> None:
        """Raise PeerError where the server has closed, or has said something else than what is harmless."""
        try:
            said = self.sock.recv(4096)
        except BlockingIOError:
            return
        if not said or not harmless(said):
            raise PeerError(f"producer {self.template.producer} was told {said!r}" if said else "a producer was cut")


class Sender:
    """Some producers' connections and the loop that feeds them."""

    def __init__(self, peer: Peer, plan: Plan, board: Board, slot: int) -> None:
        self._plan = plan
        self._board = board
        self._slot = slot
        self._harmless = peer.harmless
        self._outlets = []
        for producer in range(slot, plan.producers, plan.senders):
            sock = peer.connect_producer(producer)
            sock.setblocking(False)
            self._outlets.append(Outlet(sock, peer.template(producer, plan.block, delivered=False)))

    def run(self) -> None:
        """Send from the warm-up on until told to finish; say how many blocks went out."""
        while self._board.phase < Phase.WARM_UP:
            time.sleep(_PHASE_PAUSE)
        if self._plan.rate is None:
            self._flood()
        else:
            self._trickle(self._plan.rate / self._plan.senders)
        for outlet in self._outlets:
            outlet.check(self._harmless)
            self._board.note_final(outlet.template.producer, outlet.blocks)

    def _flood(self) -> None:
        waiting = list(self._outlets)
        full = _FullSockets()
        while self._board.phase != Phase.ABORT:
            running = self._board.phase < Phase.FINISH
            begun = [outlet for outlet in waiting if running and self._begin(outlet)]
            for outlet in begun:
                if not outlet.push():
                    waiting.remove(outlet)
                    full.add(outlet)
            if full:
                waiting += full.push(0 if begun else _FULL_PAUSE)
            elif not running:
                return
            elif not begun:
                time.sleep(_WINDOW_PAUSE)

    def _begin(self, outlet: Outlet) -> bool:
        """Begin an outlet's next block where the window has room for it."""
        size = outlet.template.text
        if self._board.under_way() + size > self._plan.window:
            return False
        outlet.begin()
        self._board.note_sent(self._slot, size)
        return True

    def _trickle(self, rate: float) -> None:
        begin = time.monotonic()
        turn = 0
        while self._board.phase < Phase.FINISH:
            due = begin + turn / rate
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            outlet = self._outlets[turn % len(self._outlets)]
            outlet.begin()
            self._board.note_sent(self._slot, outlet.template.text)
            while not outlet.push():
                select.select([], [outlet.sock], [], 1.0)
                if self._board.phase == Phase.ABORT:
                    return
            turn += 1


class _FullSockets:
    """Outlets whose sockets took only a part of their block."""

    def __init__(self) -> None:
        self._poller = select.epoll()
        self._outlets: dict[int, Outlet] = {}

    def __bool__(self) -> bool:
        return bool(self._outlets)

    def add(self, outlet: Outlet) -> None:
        """Watch for room."""
        self._outlets[outlet.sock.fileno()] = outlet
        self._poller.register(outlet.sock.fileno(), select.EPOLLOUT)

    def push(self, seconds: float) -> list[Outlet]:
        """Wait so long for room, write on, and return the outlets whose blocks are out now."""
        done = []
        for fd, _ in self._poller.poll(seconds):
            if self._outlets[fd].push():
                self._poller.unregister(fd)
                done.append(self._outlets.pop(fd))
        return done
