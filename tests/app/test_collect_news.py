"""What `hub collect` tells people: progress, and apart from it what goes wrong."""

from __future__ import annotations

from hub.app.collect.news import StreamNews, WayNews
from hub.client.framed.machine import Event, GoingAway, Lost, Opened, Refused
from hub.model.problem import Problem


class Told:
    """Streams of one process, and what was said of them: what is wrong begins with `!`."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.passed_on: list[Event] = []
        self._way = WayNews(self._say)

    def _say(self, text: str, *, wrong: bool = False) -> None:
        self.said.append(f"! {text}" if wrong else text)

    def stream(self, name: str) -> StreamNews:
        return StreamNews(name, self._say, self.passed_on.append, self._way, 65_536)

    def take(self) -> list[str]:
        said, self.said = self.said, []
        return said


def opened(*, resumed: bool = False) -> Opened:
    return Opened("a", 1, resumed, "fsync")


def test_progress_is_not_wrong() -> None:
    told = Told()
    news = told.stream("a")
    for event in (opened(), GoingAway(10), opened(resumed=True)):
        news(event)
    assert told.take() == [
        "a: begins at the hub, run 1",
        "a: the hub goes away; what comes is kept",
        "a: goes on at the hub, run 1",
    ]
    assert len(told.passed_on) == 3


def test_what_the_hub_refuses_for_now_is_wrong_and_said_once() -> None:
    told = Told()
    news = told.stream("a")
    conflict = Refused(Problem("CONFLICT", "another writes it"), False)
    news(conflict)
    news(conflict)
    assert told.take() == ["! a: CONFLICT: another writes it; it is tried again"]
    news(Refused(Problem("STORE", "the disk is full"), False))
    news(opened())
    news(conflict)
    assert told.take()[-1] == "! a: CONFLICT: another writes it; it is tried again", "after it went well it is news"
    news(Refused(Problem("DENIED", "no"), True))
    assert told.take() == [], "whoever is refused for good is told so by the collector, with the end"


def test_a_hub_that_is_not_reached_is_said_once_for_all_streams() -> None:
    told = Told()
    one, two = told.stream("a"), told.stream("b")
    one("cannot connect to 127.0.0.1:7411")
    two("cannot connect to 127.0.0.1:7411")
    one("timed out")
    assert told.take() == ["! cannot connect to 127.0.0.1:7411; what comes is kept, and the hub is tried again"]
    two(opened())
    told.take()
    one("timed out")
    assert len(told.take()) == 1
    assert told.passed_on == [opened()], "a source is told what its stream's hub said, and no more"


def test_what_is_lost_is_wrong_and_counted() -> None:
    told = Told()
    news = told.stream("a")
    for dropped in (0, 100, 200, 200, 200, 300):
        news.look(dropped)
    said = told.take()
    assert said == ["! a: all of memory_bytes (65536) wait for the hub; the oldest is lost"] * 2
    news(Lost(40))
    assert told.take() == ["! a: the hub came back without 40 bytes that it held"]
    assert news.lost_bytes == 40
