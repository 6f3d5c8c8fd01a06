"""What goes over a WebSocket (PROTOCOL 7): a commander and a reader on one, or a framed producer."""

from __future__ import annotations

from dataclasses import replace

from hub.conversations.commander import Commander
from hub.conversations.framed_producer import FramedProducer
from hub.conversations.method import Method
from hub.conversations.reader import ReaderConversation
from hub.core.hub import Hub
from hub.core.ports import Sink
from hub.core.sessions import Session
from hub.model.peer import Peer
from hub.model.principal import Principal
from hub.model.problem import Problem
from hub.wire.commands import Hello
from hub.wire.frame import decode


class WebSocketConversation:
    """Both languages of `hub.v1`. `hub.hello` is the only hello, and it says the window."""

    def __init__(
        self,
        hub: Hub,
        peer: Peer,
        text: Sink,
        binary: Sink,
        methods: dict[str, Method],
        principal: Principal | None,
    ) -> None:
        """`text` and `binary` are the two lanes of one socket; `principal` is whom a cookie speaks for, if one came."""
        self._hub = hub
        self._principal = principal
        if principal is not None:
            hub.standing.enter(principal, self)
        peer = replace(peer, via="websocket")
        self._reader = ReaderConversation(hub, peer, binary, greets=False)
        self._commander = Commander(hub, peer, text, methods, principal, self._attach)
        self._attached = False

    def text(self, data: bytes) -> None:
        """Take a text message."""
        self._commander.message(data)

    def binary(self, data: bytes) -> None:
        """Take a binary message."""
        try:
            frame = decode(data, self._hub.limits.header_bytes, self._hub.limits.payload_bytes)
            if not self._attached:
                raise Problem("AUTH", "hub.hello comes first")
            if frame.verb == "HELLO":
                raise Problem("PROTO", "on a WebSocket hub.hello is the only hello")
        except Problem as problem:
            self._reader.fail(problem)
            return
        self._reader.message(frame)

    def writable(self) -> None:
        """Go on: answers first, then data."""
        self._commander.writable()
        self._reader.writable()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell the peer, in both languages, that the hub is about to close."""
        self._commander.go_away(deadline, retry_after)
        self._reader.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Nothing that comes here is kept."""

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection."""
        self._commander.go_away(0, problem.retry_after or 0)
        self._reader.dismiss(problem)
        self._commander.dismiss(problem)

    def revoked(self, problem: Problem) -> None:
        """Give way; where a session had begun, its end has done so already."""
        self._commander.fail(problem)
        self._reader.fail(problem)

    def lost(self, cause: str) -> None:
        """Leave both slots."""
        if self._principal is not None:
            self._hub.standing.leave(self._principal, self)
        self._reader.lost(cause)
        self._commander.lost(cause)

    def _attach(self, session: Session, hello: Hello) -> bool:
        bound = self._hub.limits.window_bytes
        if hello.window is None or not 0 < hello.window <= bound:
            raise Problem("PROTO", f"a WebSocket needs a window of 1 to limits.window_bytes ({bound})")
        resumed = self._reader.attach(session, hello.window)
        self._attached = True
        return resumed


class ProducerSocket:
    """A framed producer on a socket of its own (`hub.v1.producer`): binary is exactly one frame, text is a mistake."""

    def __init__(self, hub: Hub, peer: Peer, binary: Sink, principal: Principal | None) -> None:
        """`principal` is whom the request's credentials speak for, if it brought any."""
        self._limits = hub.limits
        self._producer = FramedProducer(hub, replace(peer, via="websocket"), binary, principal)

    def text(self, data: bytes) -> None:
        """Refuse a text message."""
        self._producer.fail(Problem("PROTO", "a producer's message is one binary frame"))

    def binary(self, data: bytes) -> None:
        """Take a binary message."""
        try:
            frame = decode(data, self._limits.header_bytes, self._limits.payload_bytes)
        except Problem as problem:
            self._producer.fail(problem)
            return
        self._producer.message(frame)

    def writable(self) -> None:
        """Go on."""
        self._producer.writable()

    def go_away(self, deadline: int, retry_after: int) -> None:
        """Tell that the hub is about to close."""
        self._producer.go_away(deadline, retry_after)

    def hold(self) -> None:
        """Take nothing more."""
        self._producer.hold()

    def dismiss(self, problem: Problem) -> None:
        """Tell the peer why the hub ends the connection."""
        self._producer.dismiss(problem)

    def lost(self, cause: str) -> None:
        """Leave the session detached."""
        self._producer.lost(cause)
