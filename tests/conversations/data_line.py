"""A peer of the data port, as tests speak."""

from __future__ import annotations

from fakes.world import LOOPBACK, World
from hub.conversations.reader import ReaderConversation
from hub.wire.frame import Frame


class DataLine:
    """One connection: say something, look at the frames."""

    def __init__(self, world: World, hello: str | None = "HELLO HUB/1 token=admin-token") -> None:
        self.world = world
        self.sink = world.sink()
        self.conversation = ReaderConversation(world.hub, LOOPBACK, self.sink)
        self.sink.conversation = self.conversation
        self.key = ""
        if hello is not None:
            self.say(hello)
            welcome = self.sink.frames()[0]
            assert welcome.verb == "OK", welcome
            self.key = welcome.keys["session"]

    def say(self, *lines: str, payload: str | None = None) -> None:
        """Send lines; the last one with a payload, where there is one."""
        data = "\n".join(lines)
        if payload is not None:
            data += f" {{{len(payload)}}}\n{payload}"
        self.conversation.received(data.encode() + b"\n")
        self.world.settle()

    def heard(self) -> list[str]:
        """Return the frames since the last look, in short: times are left out."""
        self.world.settle()
        return [short(frame) for frame in self.sink.frames()]

    def ask(self, *lines: str, payload: str | None = None) -> list[str]:
        """Say something, and return what comes of it."""
        self.say(*lines, payload=payload)
        return self.heard()


def short(frame: Frame) -> str:
    args = frame.args[:2] if frame.verb == "DATA" else frame.args
    keys = [f"{key}={value}" for key, value in frame.keys.items() if key not in ("epoch", "at")]
    payload = [] if frame.payload is None else [repr(frame.payload.decode())]
    return " ".join([frame.verb, *args, *keys, *payload])
