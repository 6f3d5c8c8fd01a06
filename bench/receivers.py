"""A process that reads for some of the readers: big reads into one buffer, every byte checked, latencies noted."""

from __future__ import annotations

import select
import socket
import time

from bench.board import Board, Phase
from bench.latencies import Latencies
from bench.lines import Mismatch
from bench.peers.peer import Peer, PeerError, Reader
from bench.plan import Plan

_BUFFER = 512 * 1024
_READ = 256 * 1024
_TURN_SECONDS = 0.02
_SILENCE_SECONDS = 15.0


class Inlet:
    """One reader's connection, its checker, and the bytes that were not complete at the last read."""

    __slots__ = ("held", "number", "reader", "sock")

    def __init__(self, number: int, sock: socket.socket, held: bytes, reader: Reader) -> None:
        self.number = number
        self.sock = sock
        self.held = held
        self.reader = reader

    def pull(self, buffer: bytearray, view: memoryview) -> None:
        """Read once and check what came."""
        fill = len(self.held)
        buffer[:fill] = self.held
        try:
            size = self.sock.recv_into(view[fill : fill + _READ])
        except BlockingIOError:
            return
        if not size:
            raise PeerError(f"the server closed reader {self.number} after {self.reader.received} bytes of lines")
        end = fill + size
        try:
            taken = self.reader.feed(buffer, end)
        except Mismatch as error:
            raise Mismatch(f"reader {self.number}, after {self.reader.received} bytes of lines: {error}") from error
        self.held = bytes(view[taken:end])
        if self.reader.replies:
            self.sock.sendall(self.reader.replies)
            self.reader.replies.clear()


class Receiver:
    """Some readers' connections and the loop that drains them."""

    def __init__(self, peer: Peer, plan: Plan, board: Board, slot: int) -> None:
        self._board = board
        self._slot = slot
        self.latencies = Latencies()
        self._poller = select.epoll()
        self._inlets: dict[int, Inlet] = {}
        self._stalled: list[socket.socket] = []
        templates = [peer.template(producer, plan.block, delivered=True) for producer in range(plan.producers)]
        self._block_bytes = templates[0].text
        for number in range(slot, plan.readers, plan.receivers):
            stalled = number >= plan.readers - plan.stalled
            sock, held = peer.connect_reader(number, plan.producers, stalled=stalled)
            sock.setblocking(False)
            if stalled:
                self._stalled.append(sock)
                continue
            self._inlets[sock.fileno()] = Inlet(number, sock, held, peer.reader(templates, self.latencies))
            self._poller.register(sock.fileno(), select.EPOLLIN)

    def run(self) -> None:
        """Read until every reader has every block that was sent; raise at a wrong, missing or surplus byte."""
        buffer = bytearray(_BUFFER)
        view = memoryview(buffer)
        last = time.monotonic()
        while True:
            events = self._poller.poll(_TURN_SECONDS)
            for fd, _ in events:
                self._inlets[fd].pull(buffer, view)
            phase = self._board.phase
            self.latencies.on = phase == Phase.MEASURE
            self._publish()
            now = time.monotonic()
            if events:
                last = now
            if phase == Phase.ABORT:
                return
            if phase == Phase.FINISH and not events:
                finals = self._board.finals()
                if finals is not None and self._complete(finals):
                    return
                if now - last > _SILENCE_SECONDS:
                    raise Mismatch(f"nothing came for {_SILENCE_SECONDS:.0f} s: {self._missing(finals)}")

    def stalled_cut(self) -> bool:
        """Return whether the server has closed a reader that does not read (what it had sent before is thrown away)."""
        for sock in self._stalled:
            try:
                while sock.recv(_READ):
                    pass
                return True
            except BlockingIOError:
                continue
            except ConnectionError:
                return True
        return False

    def _publish(self) -> None:
        received = [inlet.reader.received for inlet in self._inlets.values()]
        self._board.note_taken(self._slot, min(received), sum(received))

    def _complete(self, finals: list[int]) -> bool:
        whole = sum(finals) * self._block_bytes
        for inlet in self._inlets.values():
            if inlet.reader.received > whole:
                raise Mismatch(f"reader {inlet.number} got {inlet.reader.received} bytes of lines of {whole}")
            if inlet.reader.received < whole:
                return False
            if inlet.held or inlet.reader.blocks() != finals:
                raise Mismatch(f"reader {inlet.number} got all bytes, but not as they were sent")
        return True

    def _missing(self, finals: list[int] | None) -> str:
        if finals is None:
            return "a producer could not send its last block"
        whole = sum(finals) * self._block_bytes
        short = [f"reader {each.number}: {each.reader.received}" for each in self._inlets.values()]
        return f"of {whole} bytes of lines came " + ", ".join(short[:12])
