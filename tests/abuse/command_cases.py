"""What is done on the command port, and what comes of it."""

from __future__ import annotations

import json
import threading
import time

from abuse.cases import SOON, Case
from abuse.target import Target, problem_of

PIPELINED = 100_000

NOT_JSON = {
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 40_000,
    "nan": b'{"jsonrpc": "2.0", "id": 1, "method": "hub.info", "params": {"x": NaN}}',
    "infinity": b'{"jsonrpc": "2.0", "id": 1, "method": "hub.info", "params": {"x": -Infinity}}',
    "half": b'{"jsonrpc": "2.0", "id": 1',
    "surrogate": b'{"jsonrpc": "2.0", "id": 1, "method": "\\ud800"}',
    "bytes": b"\xff\xfe\x00",
    "control": b'{"jsonrpc": "2.0", "id": 1, "method": "a\x01b"}',
    "comment": b'{"jsonrpc": "2.0"} // and more',
    "two": b"{} {}",
}
NO_REQUEST = {
    "list": b"[]",
    "number": b"5",
    "text": b'"x"',
    "null": b"null",
    "no method": b'{"jsonrpc": "2.0", "id": 1}',
    "id is an object": b'{"jsonrpc": "2.0", "id": {"a": 1}, "method": "hub.info"}',
    "version": b'{"jsonrpc": "1.0", "id": 1, "method": "hub.info"}',
    "batch": b"[" + b",".join([b"1"] * 100) + b"]",
}


def malformed_lines(target: Target) -> None:
    """What is no JSON, or no request, is told so; three in a row end the connection."""
    for name, text in {**NOT_JSON, **NO_REQUEST}.items():
        with target.commander() as line:
            line.send(text + b"\n")
            answer = json.loads(line.lines(1)[0])
            code = (answer[0] if isinstance(answer, list) else answer)["error"]["code"]
            assert code in (-32700, -32600), (name, answer)
            assert "result" in line.call("hub.info"), "one mistake does not end it"
            line.send((text + b"\n") * 3)
            line.until_closed(SOON)


def numbers_that_are_too_long(target: Target) -> None:
    """An integer of five thousand digits costs nothing, and is no parameter."""
    with target.commander() as line:
        for digits in (20, 5_000, 100_000):
            text = '{"jsonrpc": "2.0", "id": 7, "method": "stream.list", "params": {"limit": %s}}' % ("9" * digits)
            begin = time.monotonic()
            line.send(text.encode() + b"\n")
            answer = json.loads(line.lines(1)[0])
            assert answer["error"]["code"] in (-32700, -32600, -32602), answer
            assert time.monotonic() - begin < 5
            line.call("hub.info")


def keys_that_come_twice(target: Target) -> None:
    """The last one counts, as with JSON everywhere; no right is checked with the first."""
    with target.commander() as line:
        text = b'{"jsonrpc":"2.0","id":7,"method":"hub.info","method":"stream.runs","params":{"stream":"none"}}'
        line.send(text + b"\n")
        assert problem_of(json.loads(line.lines(1)[0])) == "NOTFOUND"


def a_hundred_thousand_calls_at_once(target: Target) -> None:
    """They are answered or told BUSY, in time that grows with their number alone; others wait for nothing."""
    with target.commander() as line:
        text = b'{"jsonrpc":"2.0","id":7,"method":"hub.bye_not"}\n'
        came = line.pour(text * PIPELINED, 60, lines=PIPELINED).count(b"\n")
        assert came >= PIPELINED, f"{came} of {PIPELINED} calls were answered in a minute"


def calls_whose_answers_nobody_takes(target: Target) -> None:
    """A peer that asks without taking the answers is not read until it does: nothing piles up."""
    line = target.commander()
    line.socket.settimeout(3)
    text = b'{"jsonrpc":"2.0","id":7,"method":"stream.list"}\n' * 1000
    before = target.rss
    for _ in range(300):
        if not line.send(text):
            break
    assert target.rss - before < 64 << 20
    line.close()


def parameters_that_are_none(target: Target) -> None:
    """Each is refused with the path of what is wrong; none reaches the method."""
    wrong: tuple[dict[str, object], ...] = (
        {"stream": 5},
        {"stream": ["honest"]},
        {"stream": "honest", "offset": -1, "max": 10},
        {"stream": "honest", "offset": 0, "max": 10, "more": 1},
        {"stream": "honest", "offset": 1.5, "max": 10},
        {"stream": "honest", "offset": 0, "max": 1 << 60},
        {"stream": "honest", "offset": "0", "max": 10},
    )
    with target.commander() as line:
        for params in wrong:
            answer = line.call("stream.read", **params)
            assert answer["error"]["code"] == -32602, (params, answer)
        for name in ("../x", "%2e%2e", "x" * 5000, "\u202e", "a\nb"):
            assert problem_of(line.call("stream.runs", stream=name)) in ("NOTFOUND", "PROTO")


def two_hundred_passwords_at_once(target: Target) -> None:
    """They are limited by address and by user, checked two at a time, and the reactor goes on."""
    with target.commander() as line:
        assert "result" in line.call("user.set", user="alice", role="viewer", password="correct horse")
    said: list[str] = []

    def guess(number: int) -> None:
        user = "alice" if number % 2 else f"user{number}"
        for _ in range(5):
            try:
                with target.attacker("commands") as line:
                    answer = line.call("hub.hello", protocol="HUB/1", user=user, password=f"guess {number}")
                    said.append(problem_of(answer))
                return
            except (AssertionError, OSError):
                continue  # cut: so many handshakes at once may take longer than they have
        said.append("cut")

    guesses = [threading.Thread(target=guess, args=(number,), daemon=True) for number in range(200)]
    for each in guesses:
        each.start()
    for each in guesses:
        each.join(30)
    assert len(said) == 200
    assert set(said) <= {"AUTH", "LIMIT", "BUSY", "cut"}
    assert said.count("cut") < 150
    assert said.count("AUTH") <= 5, "five a minute from one address"


COMMAND_CASES: tuple[Case, ...] = (
    malformed_lines,
    numbers_that_are_too_long,
    keys_that_come_twice,
    a_hundred_thousand_calls_at_once,
    calls_whose_answers_nobody_takes,
    parameters_that_are_none,
    two_hundred_passwords_at_once,
)
