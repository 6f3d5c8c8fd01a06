"""The hub's end of the analyzer, with a process that is a test's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessTerminated
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher
from twisted.python.failure import Failure

from hub.adapters.analyzer import (
    ANSWER_SECONDS,
    ERRORS_KNOWN,
    FOUND_AT_ONCE,
    IN_FLIGHT_BYTES,
    RESTART_SECONDS,
    STOP_SECONDS,
    AnalyzerProcess,
)
from hub.core.counters import Counters
from hub.model.chunk import Chunk
from hub.model.limits import Limits
from hub.model.problem import Problem
from hub.wire.frame import Frame, encode
from hub.wire.frame_reader import FrameReader


class Child:
    """A process that does what the test says."""

    def __init__(self, protocol: Any) -> None:
        self.protocol = protocol
        self.pid: int | None = 4711
        self.signals: list[str] = []
        self.is_finished = False
        self._heard = b""
        protocol.transport = self

    def writeSequence(self, pieces: tuple[bytes, ...]) -> None:
        self._heard += b"".join(pieces)

    def closeStdin(self) -> None:
        self.is_finished = True

    def signalProcess(self, name: str) -> None:
        self.signals.append(name)

    def heard(self) -> list[Frame]:
        heard, self._heard = self._heard, b""
        return list(FrameReader(4096, 1 << 24).feed(heard))

    def say(self, verb: str, *args: object, payload: bytes | None = None) -> None:
        self.protocol.outReceived(b"".join(encode(verb, *args, payload=payload)))

    def die(self) -> None:
        self.pid = None
        self.protocol.processEnded(Failure(ProcessTerminated(signal=9)))


@pytest.fixture
def capture_logs() -> Iterator[list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    globalLogPublisher.addObserver(events.append)
    yield events
    globalLogPublisher.removeObserver(events.append)


class Desk(Clock):
    """A clock that can start processes."""

    def __init__(self, *, has_kept: bool = False, **limits: int) -> None:
        super().__init__()
        self.children: list[Child] = []
        self.refusal: OSError | None = None
        self.counters = Counters()
        self.analyzer = AnalyzerProcess(self, Limits(**limits), None, self.counters, has_kept=has_kept)

    def spawnProcess(self, protocol: Any, *args: Any, **more: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.children.append(Child(protocol))

    def offer(self, data: bytes, stream: str = "a#1") -> None:
        self.analyzer.offer(stream, Chunk(0, data, 1000, 1, 0, 0))

    def ask(self, stream: str = "a#1") -> list[Any]:
        answers: list[Any] = []
        Deferred.fromCoroutine(self.analyzer.ask("stats", stream, {})).addBoth(answers.append)
        return answers


def problem(answers: list[Any]) -> str:
    (failure,) = answers
    assert failure.check(Problem)
    return str(failure.value.word)


def test_there_is_no_process_until_there_is_something_to_do() -> None:
    desk = Desk()
    desk.analyzer.tick()
    desk.analyzer.forget("old#3")
    assert desk.children == []
    desk.offer(b"text\n")
    desk.analyzer.tick()
    (child,) = desk.children
    forget, data = child.heard()
    assert forget.args == ("old#3",)
    assert (data.verb, data.args, data.payload) == ("DATA", ("a#1", "1000"), b"text\n")


def test_it_is_given_so_much_at_once() -> None:
    desk = Desk(analyzer_second_bytes=1 << 30)
    for _ in range(40):
        desk.offer(b"x" * 100_000)
    (child,) = desk.children
    given = child.heard()
    assert len(given) == IN_FLIGHT_BYTES // 100_000 + 1
    child.say("DONE", 100_000, 0)
    child.say("DONE", 100_000, 0)
    assert len(child.heard()) == 2


def test_it_tells_how_many_errors_a_stream_has_and_which_ones_changed() -> None:
    desk = Desk()
    assert desk.analyzer.errors("a#1") is None
    for errors in (0, 2, 2):
        desk.offer(b"text\n")
        desk.analyzer.tick()
        desk.children[0].say("DONE", 5, errors)
        assert desk.analyzer.errors("a#1") == errors
    assert (desk.analyzer.take_found(), desk.analyzer.take_found()) == (["a#1"], [])
    desk.offer(b"text\n")
    desk.analyzer.tick()
    desk.children[0].say("DONE", 5, 2)
    assert desk.analyzer.take_found() == [], "as many as before"
    desk.analyzer.forget("a#1")
    assert desk.analyzer.errors("a#1") is None


def test_one_that_has_kept_something_is_started_to_tell_it_so_much_at_once() -> None:
    desk = Desk(has_kept=True)
    desk.analyzer.tick()
    desk.analyzer.tick()
    (child,) = desk.children
    kept = {f"s#{number}": number for number in range(FOUND_AT_ONCE + 1)}
    child.say("ERRORS", payload=json.dumps(kept).encode())
    assert (desk.analyzer.errors("s#0"), desk.analyzer.errors("s#7")) == (0, 7)
    assert [len(desk.analyzer.take_found()) for _ in range(3)] == [FOUND_AT_ONCE, 1, 0]
    child.say("ERRORS", payload=json.dumps({f"t#{number}": 1 for number in range(ERRORS_KNOWN)}).encode())
    assert (desk.analyzer.errors("s#7"), desk.analyzer.errors("t#0")) == (None, 1)


def test_a_question_comes_after_what_it_is_about_and_is_answered() -> None:
    desk = Desk()
    desk.offer(b"text\n")
    answers = desk.ask()
    (child,) = desk.children
    data, question = child.heard()
    assert (data.verb, question.verb, question.args[1]) == ("DATA", "ASK", "stats")
    child.say("ANSWER", question.args[0], payload=b'{"seen": 5}')
    child.say("ANSWER", question.args[0], payload=b'{"seen": 6}')
    assert answers == [{"seen": 5}]


def test_one_that_does_not_answer_is_busy() -> None:
    desk = Desk()
    answers = desk.ask()
    desk.advance(ANSWER_SECONDS)
    assert problem(answers) == "BUSY"


def test_one_that_dies_is_started_again_ever_later_and_goes_on_with_what_waits() -> None:
    desk = Desk()
    desk.offer(b"lost\n")
    answers = desk.ask()
    for wait in (*RESTART_SECONDS, RESTART_SECONDS[-1]):
        desk.children[-1].die()
        assert problem(desk.ask()) == "BUSY"
        count = len(desk.children)
        desk.advance(wait - 0.1)
        assert len(desk.children) == count
        desk.advance(0.1)
        assert len(desk.children) == count + 1
    assert problem(answers) == "BUSY"
    desk.offer(b"kept\n")
    desk.analyzer.tick()
    (data,) = desk.children[-1].heard()
    assert (data.payload, data.keys) == (b"kept\n", {"cut": "1"})


def test_one_that_works_again_has_a_clean_slate() -> None:
    desk = Desk()
    for _ in range(4):
        desk.offer(b"text\n")
        desk.analyzer.tick()
        desk.children[-1].say("DONE", 5, 0)
        desk.offer(b"text\n")
        desk.analyzer.tick()
        count = len(desk.children)
        desk.children[-1].die()
        desk.advance(RESTART_SECONDS[0])
        assert len(desk.children) == count + 1


def test_it_is_stopped_by_the_end_of_its_input_or_killed() -> None:
    desk = Desk()
    desk.offer(b"last words\n")
    desk.ask()
    (child,) = desk.children
    gone: list[Any] = []
    desk.analyzer.stop().addBoth(gone.append)
    assert child.is_finished
    assert gone == []
    desk.advance(STOP_SECONDS)
    assert child.signals == ["KILL"]
    child.die()
    assert gone == [None]
    assert desk.getDelayedCalls() == []


@pytest.mark.parametrize("dead", [False, True])
def test_nothing_is_left_to_stop_where_none_runs(dead: bool) -> None:
    desk = Desk()
    if dead:
        desk.ask()
        desk.children[-1].die()
    gone: list[Any] = []
    desk.analyzer.stop().addBoth(gone.append)
    assert gone == [None]
    desk.offer(b"late\n")
    desk.analyzer.tick()
    assert desk.getDelayedCalls() == []
    assert problem(desk.ask()) == "BUSY"


def test_one_that_cannot_be_started_is_told_of_once_and_tried_again_ever_later(
    capture_logs: list[dict[str, Any]],
) -> None:
    desk = Desk()
    desk.refusal = OSError(24, "Too many open files")
    desk.analyzer.forget("old#3")
    desk.offer(b"first\n")
    desk.analyzer.tick()
    assert desk.analyzer.pid is None
    assert problem(desk.ask()) == "BUSY"
    for wait in RESTART_SECONDS:
        desk.offer(b"more\n")
        desk.analyzer.tick()
        desk.advance(wait)
    assert desk.counters.analyzer_ends == 1 + len(RESTART_SECONDS)
    said = [event for event in capture_logs if "cannot be started" in event["log_format"]]
    assert len(said) == 1
    desk.refusal = None
    desk.advance(RESTART_SECONDS[-1])
    (child,) = desk.children
    forget, *_ = child.heard()
    assert forget.args == ("old#3",)
    desk.analyzer.tick()
    assert b"first\nmore\n" in b"".join(frame.payload or b"" for frame in child.heard())


@pytest.mark.parametrize("by_question", [False, True])
def test_one_that_cannot_be_started_can_be_stopped(by_question: bool) -> None:
    desk = Desk()
    desk.refusal = OSError(11, "Resource temporarily unavailable")
    if by_question:
        assert problem(desk.ask()) == "BUSY"
    else:
        desk.offer(b"text\n")
        desk.analyzer.tick()
    gone: list[Any] = []
    desk.analyzer.stop().addBoth(gone.append)
    assert gone == [None]
    assert desk.getDelayedCalls() == []
