"""A process that writes for some of the producers: whole prepared blocks on non-blocking sockets, nothing else."""

from __future__ import annotations

import select
import socket
import time

from bench.board import Board, Phase
from bench.lines import Template
from bench.peers.peer import Peer, PeerError
from bench.plan import Plan

_WINDOW_PAUSE = 0.0001
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

    def check(self) -> None:
        """Raise PeerError where the server has said something to this producer, or closed."""
        try:
            said = self.sock.recv(4096)
        except BlockingIOError:
            return
        if said != b"PING\r\n":
            raise PeerError(f"producer {self.template.producer} was told {said!r}" if said else "a producer was cut")


class Sender:
    """Some producers' connections and the loop that feeds them."""

    def __init__(self, peer: Peer, plan: Plan, board: Board, slot: int) -> None:
        self._plan = plan
        self._board = board
        self._slot = slot
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
            outlet.check()
            self._board.note_final(outlet.template.producer, outlet.blocks)

    def _flood(self) -> None:
        poller = select.epoll()
        full: dict[int, Outlet] = {}
        ready = list(self._outlets)
        while True:
            running = self._board.phase < Phase.FINISH
            still: list[Outlet] = []
            waits = False
            for outlet in ready:
                if outlet.rest is None:
                    if not running:
                        continue
                    if self._board.under_way() + outlet.template.text > self._plan.window:
                        waits = True
                        still.append(outlet)
                        continue
                    outlet.begin()
                    self._board.note_sent(self._slot, outlet.template.text)
                if outlet.push():
                    still.append(outlet)
                else:
                    full[outlet.sock.fileno()] = outlet
                    _watch(poller, outlet.sock.fileno())
            ready = still
            if not running and not full:
                return
            if self._board.phase == Phase.ABORT:
                return
            if waits and not full:
                time.sleep(_WINDOW_PAUSE)
            elif full:
                for fd, _ in poller.poll(0 if ready and not waits else 0.001):
                    ready.append(full.pop(fd))

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


def _watch(poller: select.epoll, fd: int) -> None:
    events = select.EPOLLOUT | select.EPOLLONESHOT
    try:
        poller.modify(fd, events)
    except FileNotFoundError:
        poller.register(fd, events)
