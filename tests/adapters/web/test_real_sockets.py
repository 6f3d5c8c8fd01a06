"""What a transport in memory cannot prove: backpressure, TLS, connections that really break."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import pytest_twisted
import treq
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.web.client import Agent, HTTPConnectionPool, ResponseFailed

from adapters.web.desk import ADMIN, chunked, request
from adapters.web.shop import Client, Shop, reactor, until
from adapters.web.socket_client import CLOSE, Message, MessageReader, binary, call, handshake
from adapters.web.socket_client import frame as socket_frame
from hub.core.turn_share import TurnShare
from hub.model.limits import KIB, MIB

PIECE = b"".join(b"%07d\n" % n for n in range(8 * KIB))
"""64 KiB of lines."""
MOST_WAITING = 512 * KIB
"""What may wait in a transport: its mark of 64 KiB and a write or two more, whatever is asked for."""

both_ways = pytest.mark.parametrize("tls", [False, True], ids=["tcp", "tls"])


class SocketReader:
    """A WebSocket reader over a real connection."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._reader = MessageReader()
        self.data = bytearray()
        self.other: list[str] = []

    async def open(self, window: int = 4 * MIB) -> None:
        await self.client.send(handshake())
        await self.client.until(b"\r\n\r\n")
        await self.client.send(call(1, "hub.hello", protocol="HUB/1", token="admin-token", window=window))
        answers: list[Message] = []
        await until(lambda: answers.extend(self._messages()) or answers, "the answer to hub.hello")
        assert "result" in answers[0].json(), answers

    async def take(self) -> None:
        """Take what is there, acknowledge it."""
        came = 0
        for message in self._messages():
            frame = message.frame()
            if frame.verb == "DATA":
                assert int(frame.args[1]) == len(self.data), "a hole, or bytes twice"
                self.data += frame.payload or b""
                came += 1
            else:
                self.other.append(frame.verb)
        if came:
            await self.client.send(binary(f"ACK 1 {len(self.data)}"))

    async def take_until(self, count: int) -> None:
        while len(self.data) < count:
            await until(lambda: self._wants(), f"more than {len(self.data)} of {count} bytes")
            await self.take()

    def _wants(self) -> bool:
        self.client.seen += self.client.read()
        assert self.client.seen or not self.client.at_end, f"cut off: {self.other}"
        return bool(self.client.seen)

    def _messages(self) -> list[Message]:
        data, self.client.seen = self.client.seen + self.client.read(), b""
        return self._reader.feed(data)


@both_ways
@pytest_twisted.ensureDeferred
async def test_a_browser_that_never_reads_slows_nobody_and_is_still_heard(tls: bool) -> None:
    pieces = 400
    async with Shop(tls=tls) as shop:
        writer = shop.stream("s")
        stalled, quick = SocketReader(shop.client(receive_buffer=4096)), SocketReader(shop.client())
        for reader in (stalled, quick):
            await reader.open()
            await reader.client.send(binary("SUB 1 s"))
        await until(lambda: writer.stream.watchers == 2, "both subscriptions")
        most_waiting = 0
        for _ in range(pieces):
            writer.append(PIECE, shop.hub.clock.now_ms())
            await quick.take_until(writer.stream.end)
            most_waiting = max(most_waiting, shop.waiting_bytes())
        assert quick.data == PIECE * pieces
        assert most_waiting < MOST_WAITING
        assert shop.hub.queue_memory.bytes <= shop.limits.reader_queue_bytes

        # The hub holds bytes for it that it does not take, and still reads what it says.
        sockets = [talker for _, talker in shop.listener.connections._open.values()]
        assert [socket.flow.open for socket in sockets].count(False) == 1
        delivery = next(
            delivery
            for reader in shop.hub.readers
            for delivery in reader.deliveries
            if delivery.next < writer.stream.end
        )
        await stalled.client.send(binary("ACK 1 1000"))
        await until(lambda: delivery.acked == 1000, "an ACK from a reader that takes nothing")

        # When it reads again it gets every byte, in order.
        await stalled.take_until(writer.stream.end)
        assert stalled.data == PIECE * pieces
        for reader in (stalled, quick):
            reader.client.close()


@both_ways
@pytest_twisted.ensureDeferred
async def test_a_download_that_is_not_taken_costs_little_and_comes_whole_in_the_end(tls: bool) -> None:
    pieces = 500
    async with Shop(tls=tls) as shop:
        shop.stream("s", *[PIECE] * pieces).end("eof")
        for path in ("/streams/s", "/streams/s?follow=1"):
            slow = shop.client(receive_buffer=4096)
            await slow.send(request("GET", path, ADMIN))
            await until(lambda: shop.waiting_bytes() > 0, "a full transport")
            assert shop.waiting_bytes() < MOST_WAITING
            other = shop.client()
            await other.send(request("GET", "/streams/s", {**ADMIN, "Range": "bytes=0-7"}))
            await other.until(b"0000000\n")
            assert shop.waiting_bytes() < MOST_WAITING
            head = await slow.until(b"\r\n\r\n")
            if b"chunked" in head:
                body = b""
                while size := int((await slow.until(b"\r\n"))[:-2], 16):
                    body += (await slow.until_bytes(size + 2))[:-2]
            else:
                body = await slow.until_bytes(len(PIECE) * pieces)
            assert body == PIECE * pieces
            slow.close()
            other.close()
            await until(lambda: shop.hub.admission.connections == 0, "both connections' end")


@both_ways
@pytest_twisted.ensureDeferred
async def test_answers_asked_for_in_a_row_do_not_pile_up(tls: bool) -> None:
    async with Shop(tls=tls) as shop:
        shop.stream("s", *[PIECE] * 200).end("eof")
        slow = shop.client(receive_buffer=4096)
        await slow.send(request("GET", "/streams/s", {**ADMIN, "Range": f"bytes=0-{MIB}"}) * 60)
        await slow.send(request("GET", "/streams/s", ADMIN))
        await until(lambda: shop.waiting_bytes() > 0, "a full transport")
        for _ in range(100):
            await until(lambda: True, "a turn of the reactor")
            assert shop.waiting_bytes() < MOST_WAITING
        slow.close()


@pytest_twisted.ensureDeferred
async def test_a_download_whose_reader_vanishes_is_forgotten() -> None:
    async with Shop() as shop:
        writer = shop.stream("s", *[PIECE] * 100)
        for path in ("/streams/s", "/streams/s?follow=1"):
            client = shop.client(receive_buffer=4096)
            await client.send(request("GET", path, ADMIN))
            await until(lambda: shop.waiting_bytes() > 0, "a full transport")
            client.reset()
            await until(lambda: shop.hub.admission.connections == 0, "the connection's end")
        assert writer.stream.watchers == 0


@both_ways
@pytest_twisted.ensureDeferred
async def test_an_upload_is_seen_while_it_comes_and_kept_when_it_breaks(tls: bool) -> None:
    async with Shop(tls=tls) as shop:
        client = shop.client()
        head = b"PUT /streams/ci/a HTTP/1.1\r\nHost: localhost\r\n"
        await client.send(head + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n")
        assert await client.until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(chunked(b"first\n", end=False))
        stream = shop.hub.streams.get("ci/a")
        await until(lambda: stream.end == 6, "the first line")
        await client.send(chunked(b"second\n", end=False) + b"5\r\nthi")
        await until(lambda: stream.end == 16, "the second line and what follows")
        client.reset()
        await until(lambda: stream.state == "ended", "the end of the run")
        assert stream.run.cause == "reset"
        assert b"".join(piece.data for piece in stream.tail) == b"first\nsecond\nthi"


@both_ways
@pytest_twisted.ensureDeferred
async def test_an_upload_whose_sender_leaves_before_its_turn_is_kept(
    tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Shop(tls=tls) as shop:
        client = shop.client()
        monkeypatch.setattr(TurnShare, "used_up", True)
        await client.send(request("PUT", "/streams/ci/a", ADMIN, PIECE))
        client.leave()
        await until(lambda: shop.hub.streams.get("ci/a") is not None, "the upload")
        stream = shop.hub.streams.get("ci/a")
        await until(lambda: stream.state == "ended", "the end of the run")
        assert (stream.end, stream.run.cause) == (len(PIECE), "eof")
        await until(lambda: shop.hub.admission.connections == 0, "the connection's end")


@pytest_twisted.ensureDeferred
async def test_an_upload_that_has_its_turn_after_its_connection_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shop(tls=True) as shop:
        waiting: list[Callable[[], None]] = []
        monkeypatch.setattr(TurnShare, "used_up", True)
        monkeypatch.setattr(shop.hub.turn.share, "wait", lambda work, again: waiting.append(work))
        client = shop.client()
        await client.send(request("PUT", "/streams/ci/a", ADMIN, b"text"))
        client.leave()
        (channel,) = [talker for _, talker in shop.listener.connections._open.values()]
        await until(lambda: channel.lost, "the connection's end")
        assert shop.hub.admission.connections == 1
        while waiting:
            waiting.pop()()
        stream = shop.hub.streams.get("ci/a")
        assert (stream.end, stream.run.cause) == (4, "eof")
        assert shop.hub.admission.connections == 0


@both_ways
@pytest_twisted.ensureDeferred
async def test_a_socket_that_says_all_and_leaves_has_said_all(tls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Shop(tls=tls) as shop:
        client = shop.client()
        await client.send(handshake({"Sec-WebSocket-Protocol": "hub.v1.producer", **ADMIN}))
        await client.send(binary(f"HELLO HUB/1 stream=ci/a session={'k' * 22}"))
        await client.until(b"OK ")
        monkeypatch.setattr(TurnShare, "used_up", True)
        frames = [binary(f"DATA {offset} {{1}}\nx\n") for offset in range(2000)]
        await client.send(b"".join(frames) + binary("END 2000 status=0") + socket_frame(CLOSE, b"\x03\xe8"))
        client.leave()
        stream = shop.hub.streams.get("ci/a")
        await until(lambda: stream.state == "ended", "the end of the run")
        assert stream.end == 2000
        await until(lambda: shop.hub.admission.connections == 0, "the connection's end")


@both_ways
@pytest_twisted.ensureDeferred
async def test_a_refused_upload_learns_why_though_it_goes_on_sending(tls: bool) -> None:
    async with Shop(tls=tls) as shop:
        shop.stream("s", b"x")
        client = shop.client()
        await client.send(request("PUT", "/streams/s", {"Content-Length": str(50 * MIB)}))
        for _ in range(20):
            await client.send(b"y" * MIB)
        answer = await client.until(b"}\n")
        assert answer.startswith(b"HTTP/1.1 409 Conflict\r\n")
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == "CONFLICT"
        await client.until_end()
        client.close()


@pytest_twisted.ensureDeferred
async def test_reading_an_upload_waits_for_the_store() -> None:
    async with Shop(not_durable_bytes=MIB) as shop:
        gate = shop.hub.log.committer
        shop.hub.store.append = _Gated(shop.hub.store.append)
        client = shop.client()
        await client.send(request("PUT", "/streams/s", {"Content-Length": str(len(PIECE) * 500)}))
        sending = client.send(PIECE * 500)
        finished = []
        shop.hub.tasks.spawn(sending).addCallback(finished.append)
        await until(lambda: gate.full, "a full store")
        for _ in range(50):
            await until(lambda: True, "a turn of the reactor")
        assert gate.waiting_bytes < 3 * MIB
        assert not finished
        shop.hub.store.append.gate.callback(None)
        await client.until(b"}\n")
        assert shop.hub.streams.get("s").end == len(PIECE) * 500
        client.close()


class _Gated:
    """An append of the store that waits until its gate opens."""

    def __init__(self, append) -> None:
        self._append = append
        self.gate: Deferred[None] = Deferred()
        self._open = False

    async def __call__(self, batch) -> None:
        if not self._open:
            await self.gate
            self._open = True
        await self._append(batch)


@pytest_twisted.ensureDeferred
async def test_an_ordinary_http_client_uploads_and_reads() -> None:
    async with Shop() as shop:
        pool = HTTPConnectionPool(reactor, persistent=False)
        agent = Agent(reactor, pool=pool)
        url = f"{shop.origin}/streams/ci/build"
        answer = await treq.put(url, data=PIECE, agent=agent)
        assert (await answer.json())["to"] == len(PIECE)
        answer = await treq.get(url, headers={**ADMIN, "Range": "bytes=8-15"}, agent=agent)
        assert (answer.code, await answer.content()) == (206, b"0000001\n")
        answer = await treq.get(f"{url}?follow=1", headers=ADMIN, agent=agent)
        assert await answer.content() == PIECE


@pytest_twisted.ensureDeferred
async def test_a_client_notices_a_body_that_breaks_off() -> None:
    async with Shop() as shop:
        writer = shop.stream("s", b"before")
        agent = Agent(reactor, pool=HTTPConnectionPool(reactor, persistent=False))
        answer = await treq.get(f"{shop.origin}/streams/s?follow=1", headers=ADMIN, agent=agent, unbuffered=True)
        pieces: list[bytes] = []
        body = treq.collect(answer, pieces.append)
        await until(lambda: pieces, "the first bytes")
        writer.stream.append_gap(100, "producer_skip")
        with pytest.raises((ResponseFailed, ConnectionLost)):
            await body
        assert b"".join(pieces) == b"before"


@pytest_twisted.ensureDeferred
async def test_a_tls_handshake_has_a_deadline() -> None:
    async with Shop(tls=True, first_frame_seconds=1) as shop:
        plain = shop.client()
        raw = plain.raw.detach()
        silent = Client(socket.socket(fileno=raw))
        silent.raw.setblocking(False)
        await until(lambda: shop.hub.admission.connections == 1, "the connection")
        await silent.until_end()
        silent.close()


@pytest_twisted.ensureDeferred
async def test_over_tls_the_cookie_is_secure_and_the_origin_too() -> None:
    async with Shop(tls=True) as shop:
        client = shop.client()
        here = {"Host": f"127.0.0.1:{shop.port}"}
        log_in = b'{"token": "admin-token"}'
        await client.send(request("POST", "/login", {**here, "Origin": shop.origin}, log_in))
        assert b"secure" in (await client.until(b"}\n")).lower().partition(b"set-cookie")[2].partition(b"\r\n")[0]
        plain = shop.origin.replace("https", "http")
        await client.send(request("POST", "/login", {**here, "Origin": plain}, log_in))
        assert (await client.until(b"}\n")).startswith(b"HTTP/1.1 403")
        client.close()


@pytest_twisted.ensureDeferred
async def test_a_unix_socket_is_local(tmp_path: Path) -> None:
    async with Shop(unix=tmp_path / "web") as shop:
        client = shop.client()
        await client.send(request("PUT", "/streams/s", {"Host": "localhost"}, b"x"))
        assert (await client.until(b"}\n")).startswith(b"HTTP/1.1 200")
        await client.send(request("GET", "/streams/s", {**ADMIN, "Host": "localhost"}))
        assert (await client.until(b"\r\n\r\nx")).startswith(b"HTTP/1.1 200")
        client.close()


@both_ways
@pytest_twisted.ensureDeferred
async def test_a_hub_that_stops_waits_for_nobody_who_takes_nothing(tls: bool) -> None:
    async with Shop(tls=tls, close_seconds=1) as shop:
        shop.stream("s", *[PIECE] * 200)
        stalled = SocketReader(shop.client(receive_buffer=4096))
        await stalled.open()
        await stalled.client.send(binary("SUB 1 s from=start"))
        slow = shop.client(receive_buffer=4096)
        await slow.send(request("GET", "/streams/s", ADMIN))
        idle = shop.client()
        if tls:
            await idle.send(b"G")
        await until(lambda: shop.hub.admission.connections == 3, "three connections")
        await until(lambda: shop.waiting_bytes() > 128 * KIB, "two full transports")
        await shop.listener.stop()
        assert shop.hub.admission.connections == 0
        for client in (stalled.client, slow, idle):
            client.close()


@pytest_twisted.ensureDeferred
async def test_tls_that_never_comes_up_is_cut_and_others_are_served() -> None:
    async with Shop(tls=True, first_frame_seconds=1, close_seconds=60) as shop:
        with socket.create_connection(("127.0.0.1", shop.port)) as silent:
            await until(lambda: shop.hub.admission.handshakes == 1, "the connection")
            other = shop.client()
            await other.send(request("GET", "/livez", ADMIN))
            await other.until(b"ok\n")
            assert shop.hub.admission.handshakes == 1, "one that is done counts no more"
            await until(lambda: shop.hub.admission.handshakes == 0, "the deadline")
            silent.settimeout(5)
            with pytest.raises(ConnectionResetError):
                silent.recv(1)
        other.close()
