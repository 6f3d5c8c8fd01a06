"""A peer of the command port, as tests speak."""

from __future__ import annotations

import json
from typing import Any

from fakes.world import LOOPBACK, World
from hub.app.methods import METHODS
from hub.conversations.commander import Commander

Json = Any


class CommandLine:
    """One connection: say something, look at the answers."""

    def __init__(self, world: World, hello: str | None = "admin-token") -> None:
        self.world = world
        self.sink = world.sink()
        self.commander = Commander(world.hub, LOOPBACK, self.sink, METHODS)
        self.sink.conversation = self.commander
        self.key = ""
        if hello is not None:
            self.key = self.call("hub.hello", protocol="HUB/1", token=hello)["session"]

    def say(self, *messages: Json) -> None:
        """Send messages, each as one line."""
        self.commander.received(b"".join(json.dumps(each).encode() + b"\n" for each in messages))
        self.world.settle()

    def answers(self) -> list[Json]:
        """Return all messages since the last look."""
        return [json.loads(line) for line in self.sink.lines()]

    def ask(self, method: str, **params: Json) -> Json:
        """Call, and return the one answer, whole."""
        self.say({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        (answer,) = self.answers()
        assert answer["id"] == 1
        return answer

    def call(self, method: str, **params: Json) -> Json:
        """Call, and return the result."""
        answer = self.ask(method, **params)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def error(self, method: str, **params: Json) -> Json:
        """Call, and return the error."""
        return self.ask(method, **params)["error"]


def request(number: object, method: str, **params: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def come_back(line: CommandLine, token: str = "operator-token") -> tuple[CommandLine, Json, list[Json]]:
    """Attach a line's session again; return the new line, what its hello was answered, and what it was told then."""
    again = CommandLine(line.world, hello=None)
    again.say(request(1, "hub.hello", protocol="HUB/1", token=token, session=line.key))
    again.key = line.key
    answer, *told = again.answers()
    assert answer["id"] == 1
    return again, answer, told
