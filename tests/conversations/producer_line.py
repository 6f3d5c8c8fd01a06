"""A framed producer as tests speak it: what it says as text, what it is told as lines."""

from __future__ import annotations

from fakes.sink import RecordingSink
from fakes.world import LOOPBACK, World
from hub.conversations.producer import ProducerConversation
from hub.model.peer import Peer

KEY = "k" * 22
OTHER_KEY = "o" * 22


class ProducerLine:
    """One framed connection. `say` takes header lines; `data` sends a payload."""

    def __init__(self, world: World, hello: str | None = None, peer: Peer = LOOPBACK) -> None:
        self.world = world
        self.sink = RecordingSink()
        self.conversation = ProducerConversation(world.hub, peer, self.sink)
        if hello is not None:
            self.say(f"HELLO HUB/1 {hello}")

    def say(self, *lines: str) -> list[str]:
        """Say header lines; return what was told since the last time."""
        for line in lines:
            self.conversation.received(line.encode() + b"\n")
            self.world.settle()
        return self.told()

    def data(self, offset: int, payload: bytes, keys: str = "") -> list[str]:
        """Send DATA; return what was told since the last time."""
        header = f"DATA {offset} {keys} {{{len(payload)}}}".replace("  ", " ")
        self.conversation.received(header.encode() + b"\n" + payload + b"\n")
        self.world.settle()
        return self.told()

    def told(self) -> list[str]:
        """Return what was told since the last time, without texts for people."""
        return [line.decode().partition(" :")[0] for line in self.sink.lines()]

    def lose(self, cause: str = "reset") -> None:
        """Lose the connection."""
        self.conversation.lost(cause)
        self.world.settle()


def hello(stream: str = "a", key: str = KEY, more: str = "") -> str:
    """Return the words of a HELLO."""
    return f"stream={stream} session={key} {more}".strip()
