"""The command port: JSON-RPC 2.0, one object or batch a line (PROTOCOL 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import msgspec

from hub.conversations.calls import Calls
from hub.conversations.event_queue import EventQueue
from hub.conversations.life import Life
from hub.conversations.method import Method
from hub.conversations.slices import Slices
from hub.conversations.under_way import Answer, Batch
from hub.core.events import Event, MayHear
from hub.core.hub import Hub
from hub.core.ports import Cancellable, Sink
from hub.core.sessions import COMMAND, Session
from hub.core.subscription import Subscription
from hub.model.pattern import Pattern
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.wire import json_rpc
from hub.wire.commands import Hello, parse_params
from hub.wire.first_bytes import Mistake, PortFirstBytes
from hub.wire.json_rpc import Call, Id, Malformed
from hub.wire.line_reader import LineReader

STRIKES = 3  # malformed lines in a row after which a connection is closed


class Commander:
    """One command connection. Until `hub.hello` succeeded, an error closes it."""

    def __init__(
        self,
        hub: Hub,
        peer: Peer,
        sink: Sink,
        methods: dict[str, Method],
        principal: Principal | None = None,
        on_hello: Callable[[Session, Hello], bool] | None = None,
    ) -> None:
        """`principal` is whom a cookie speaks for; `on_hello` attaches what shares the socket, and tells `resumed`."""
        self.hub = hub
        self.session: Session | None = None
        self.peer = peer
        self._sink = sink
        self._principal = principal
        self._on_hello = on_hello
        limits = hub.limits
        self._first: PortFirstBytes | None = PortFirstBytes(limits.first_frame_bytes)
        self._lines = LineReader(limits.request_bytes)
        self._slices = Slices(hub.turn.share, sink, self._line)
        self._calls = Calls(self, methods, self._send)
        self._strikes = 0
        self._topics: tuple[str, ...] = ()
        self._pattern: Pattern | None = None
        self._events = EventQueue(limits.events_waiting)
        self._seq = 0
        self._told_to_go = False
        self._over = False
        self._life: Life | None = None
        self._greeting = hub.first_frame_timeout(self._no_hello)
        self._checking: Cancellable | None = None
        self._checks = False
        """Whether a hello's password is being checked."""

    # What the adapter calls.

    def received(self, data: bytes) -> bool:
        """Take bytes from the peer. What is left for another turn goes on by itself: it may wait for the peer, too."""
        if self._first is not None:
            first = self._first.feed(data)
            if first is None:
                return False
            self._first = None
            if isinstance(first, Mistake):
                self._mistake(first)
                return False
            data = first
        try:
            lines = self._lines.feed(data)
        except Problem as problem:
            self.fail(problem)
            return False
        self._slices.add(lines)
        return False

    def message(self, message: bytes) -> None:
        """Take one message of a WebSocket."""
        if self.session is None and not self._checks:
            self._line(message)  # what shares the socket waits for it
        else:
            self._slices.add([message])

    def _line(self, line: bytes) -> None:
        limits = self.hub.limits
        if self._life is not None:
            self._life.heard()
        message = json_rpc.parse(line, depth=limits.request_depth, batch=limits.request_batch)
        batch = Batch(len(message.calls)) if message.batch else None
        for call in message.calls:
            if self._over:
                return
            self._call(call, batch)
        self._count_strikes(all(isinstance(call, Malformed) for call in message.calls))

    def writable(self) -> None:
        """Send the events that had to wait, and read on."""
        if self._over:
            return
        self._slices.go_on()
        while self._events and self._sink.open:
            self._send_event(*self._events.pop())

    def lost(self, cause: str) -> None:
        """Cancel what is under way and leave the session."""
        self._end()

    def displaced(self, problem: Problem) -> None:
        """Give way: another connection took the slot, or the session is over."""
        self.fail(problem)

    def kept(self) -> tuple[Subscription, ...]:
        """Commands follow nothing."""
        return ()

    def notify(self, method: str, params: Mapping[str, object]) -> None:
        """Tell the peer something that concerns its session."""
        self._send(json_rpc.notification(method, dict(params)))

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection, and close it."""
        self.go_away(0, problem.retry_after or 0)
        self._end()
        self._sink.close(problem)

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the peer, once, that the hub is about to end the connection."""
        detail = {"code": "DRAIN", "deadline_s": deadline, "retry_after": retry_after}
        if not self._told_to_go:
            self._send(json_rpc.notification("hub.goaway", detail))
        self._told_to_go = True

    def hold(self) -> None:
        """Commands go on."""

    def fail(self, problem: Problem, call_id: Id = None) -> None:
        """Answer an error and close the connection."""
        if self._over:
            return
        self.hub.counters.problem(problem.word)
        self._send(json_rpc.problem_answer(call_id, problem))
        self._end()
        self._sink.close(problem)

    # What methods call.

    @property
    def principal(self) -> Principal:
        """Who asks."""
        if self.session is None:
            raise Problem("AUTH", "hub.hello comes first")
        return self.session.principal

    @property
    def over(self) -> bool:
        """Whether the connection is gone, or about to be."""
        return self._over

    def listen(self, topics: list[str], pattern: Pattern) -> None:
        """Hear events from now on, instead of what was heard before; no topics is silence."""
        self._topics, self._pattern = tuple(topics), pattern
        self._events.clear()
        if topics:
            self.hub.events.add(self)
        else:
            self.hub.events.remove(self)

    def bye(self) -> None:
        """End the session and, once the answer is out, the connection."""
        self.hub.turn.add(self._leave_for_good)

    def _leave_for_good(self) -> None:
        session = self.session
        # Closed first: a reader on the same socket has nothing to add.
        self._leave()
        if session is not None:
            self.hub.sessions.end(session)

    # Events.

    def hears(self, topic: str, stream: str | None, may_hear: MayHear | None = None) -> bool:
        """Tell whether an event concerns this connection."""
        if not any(topic == each or (each.endswith(".*") and topic.startswith(each[:-1])) for each in self._topics):
            return False
        if may_hear is not None and (self.session is None or not may_hear(self.session.principal)):
            return False
        if stream is None or self._pattern is None or self.session is None:
            return True
        return self._pattern.matches(stream) and self.session.principal.may_see(stream)

    def event(self, topic: str, event: Event) -> None:
        """Send an event, or keep it while the peer takes nothing."""
        if self._sink.open and not self._events:
            self._send_event(topic, event)
            return
        self._events.put(topic, event)

    def _send_event(self, topic: str, event: Event) -> None:
        self._seq += 1
        self._send(json_rpc.notification("event", {"topic": topic, "seq": self._seq, **event}))

    # Calls.

    def _call(self, call: Call | Malformed, batch: Batch | None) -> None:
        if isinstance(call, Malformed):
            self._malformed(call, batch)
            return
        if self.session is None:
            self._hello(call, batch)
        else:
            self._calls.take(call, batch)

    def _malformed(self, call: Malformed, batch: Batch | None) -> None:
        self.hub.counters.problem("PROTO")
        data: dict[str, object] = {"code": "PROTO"}
        self._calls.collect(json_rpc.error(call.id, call.json_rpc, call.text, data), batch)

    def _count_strikes(self, malformed: bool) -> None:
        """Close after some malformed lines in a row; before hub.hello after the first."""
        self._strikes = self._strikes + 1 if malformed else 0
        if not self._over and malformed and (self.session is None or self._strikes >= STRIKES):
            self._end()
            self._sink.close()

    def _hello(self, call: Call, batch: Batch | None) -> None:
        try:
            if call.method != "hub.hello" or batch is not None:
                raise Problem("AUTH", "the first call is hub.hello, alone")
            hello = parse_params(Hello, call.params)
            if hello.protocol != "HUB/1":
                raise Problem("VERSION", "this hub speaks HUB/1", supported=1)
            if hello.user is not None and hello.token is None:
                self._slices.stop()
                self._greeting.cancel()
                self._checks = True
                self._checking = self.hub.tasks.spawn(self._check_password(call, hello, hello.user))
                return
            result = self._welcome(hello, self._who(hello))
        except msgspec.ValidationError as error:
            self.fail(Problem("PROTO", f"hub.hello: {error}"), call.id)
        except Problem as problem:
            self.fail(problem, call.id)
        else:
            self._calls.answer(call, json_rpc.answer(call.id, result), batch)

    async def _check_password(self, call: Call, hello: Hello, user: str) -> None:
        try:
            try:
                principal = await self.hub.credentials.log_in(user, hello.password or "", self.peer)
            finally:
                self._checks = False
            if self._over:
                return
            result = self._welcome(hello, principal)
        except Problem as problem:
            self.fail(problem, call.id)
            return
        self._calls.answer(call, json_rpc.answer(call.id, result), None)
        self._slices.start()
        self.writable()

    def _welcome(self, hello: Hello, principal: Principal) -> dict[str, object]:
        hub = self.hub
        key = None
        if hello.session is not None:
            session = hub.sessions.find(hello.session, principal)
            if replace(session.principal, login=principal.login) == principal:
                # It may have been begun by another login of theirs, or taken up from a former hub.
                session.principal = principal
        hub.admit("commands", self.peer, resumes=hello.session is not None, slot=hello.slot)
        if hello.session is None:
            key, session = hub.sessions.begin(principal)
        hub.sessions.take(session, COMMAND, self)
        self.session = session
        resumed = self._on_hello(session, hello) if self._on_hello is not None else key is None
        self._greeting.cancel()
        self._life = Life(hub, self._sink, self._die, self._ping)
        return {
            "session": key or hello.session,
            "id": session.id,
            "principal": principal.name,
            "role": principal.role.word,
            "patterns": [pattern.text for pattern in principal.patterns],
            "expires_at": principal.expires_at,
            "resumed": resumed,
            "limits": hub.public_limits(),
        }

    def _who(self, hello: Hello) -> Principal:
        if hello.token is not None:
            return self.hub.credentials.admin(hello.token, self.peer)
        if self._principal is not None:
            return self._principal
        raise Problem("AUTH", "hub.hello needs a token, or user and password")

    # Writing and ends.

    def _send(self, message: Answer | list[Answer]) -> None:
        if self._over:
            return
        self._sink.send([(json_rpc.encode(message), b"\n")])
        if not self._sink.open:
            # A peer that asks without taking the answers is not read until it does.
            self._sink.pause_reading()

    def _ping(self) -> int:
        line = json_rpc.encode(json_rpc.notification("hub.ping", {"at": self.hub.clock.now_ms()}))
        self._sink.send([(line, b"\n")])
        return len(line) + 1

    def _die(self, problem: Problem) -> None:
        if problem.word == "SLOW":
            self.hub.counters.problem(problem.word)
            self._end()
            self._sink.abort()
        else:
            self.fail(problem)

    def _no_hello(self) -> None:
        bound = self.hub.limits.first_frame_seconds
        self.fail(Problem("IDLE", f"no hub.hello within limits.first_frame_seconds ({bound})"))

    def _mistake(self, mistake: Mistake) -> None:
        self.hub.counters.mistake(mistake.kind)
        if mistake.kind == "http":
            self._sink.send([(b"ERR PROTO :this is not an HTTP port\n",)])
            self._end()
            self._sink.close()
        elif mistake.problem is not None:
            self.fail(mistake.problem)
        else:
            self._end()
            self._sink.abort()

    def _leave(self) -> None:
        self._end()
        self._sink.close()

    def _end(self) -> None:
        if self._over:
            return
        self._over = True
        self._greeting.cancel()
        if self._checking is not None and self._checks:
            self._checking.cancel()
        if self._life is not None:
            self._life.end()
        self.hub.events.remove(self)
        self._events.clear()
        self._slices.clear()
        self._calls.clear()
        if self.session is not None:
            self.hub.sessions.leave(self.session, COMMAND, self)
