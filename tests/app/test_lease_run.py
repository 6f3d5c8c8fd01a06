"""`hub lease run` and `acquire` between signals, the command and the lease, which is given back whatever comes."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hub.app.cli import lease as lease_commands
from hub.app.cli.group import run

Event = Callable[[], None]


def nothing() -> None: ...


def told(number: int) -> Event:
    return lambda: signal.raise_signal(number)


class FakeLease:
    """A lease that is never lost; what happens at one moment of it is the test's."""

    window_s = 10.0
    until = 1e9
    silence = ""

    def __init__(self, *, waiting: Event = nothing, held: Event = nothing, ending: Event = nothing) -> None:
        self._waiting, self._held, self._ending = waiting, held, ending
        self.kept: str | None = None
        self.said: list[str] = []

    def now(self) -> float:
        return 0.0

    def acquire(self, wait_s: float) -> None:
        self._waiting()
        self.said.append("acquire")

    @property
    def row(self) -> dict[str, Any]:
        held, self._held = self._held, nothing
        held()
        return {"name": "a", "fence": 7, "stream": None}

    def tend(self) -> None: ...

    def release(self) -> str | None:
        self._ending()
        self.said.append("release")
        return self.kept

    def give_up(self) -> None:
        self._ending()
        self.said.append("give up")


@pytest.fixture(autouse=True)
def unheard() -> Iterator[None]:
    """A signal that nobody takes would end the tests."""
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, lambda number, _: came.append(number)) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    assert came == []


@pytest.fixture
def hold(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    def hold(lease: FakeLease, *args: str) -> int:
        monkeypatch.setattr(lease_commands, "HeldLease", lambda locate, **want: lease)
        monkeypatch.setattr("sys.stdin", open("/dev/null"))  # noqa: SIM115
        try:
            return run(["lease", *args])
        except SystemExit as end:
            return int(end.code or 0)

    return hold


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_end_while_it_waits_leaves_the_queue(number: int, hold: Callable[..., int]) -> None:
    lease = FakeLease(waiting=told(number), ending=told(number))
    assert hold(lease, "run", "a", "--", "true") == 128 + number
    assert lease.said == ["give up"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_between_the_lease_and_the_command_is_the_commands(number: int, hold: Callable[..., int]) -> None:
    lease = FakeLease(held=told(number))
    assert hold(lease, "run", "a", "--", "sh", "-c", "exec sleep 60") == 128 + number
    assert lease.said == ["acquire", "release"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("command", "code"), [("exit 3", 3), ("no-such", 127)])
def test_no_signal_ends_it_while_the_lease_is_given_back(
    number: int, command: str, code: int, hold: Callable[..., int]
) -> None:
    lease = FakeLease(ending=told(number))
    words = [command] if command == "no-such" else ["sh", "-c", command]
    assert hold(lease, "run", "a", "--", *words) == code
    assert lease.said == ["acquire", "release"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_whoever_ends_a_lease_in_the_foreground_has_it_given_back(number: int, hold: Callable[..., int]) -> None:
    lease = FakeLease(held=told(number), ending=told(number))
    assert hold(lease, "acquire", "a") == 128 + number
    assert lease.said == ["acquire", "release"]


@pytest.mark.parametrize("args", [("run", "a", "--", "true"), ("run", "a", "--", "no-such"), ("acquire", "a")])
def test_a_lease_that_could_not_be_given_back_is_told(
    args: tuple[str, ...], hold: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    lease = FakeLease(held=told(signal.SIGTERM) if args[0] == "acquire" else nothing)
    lease.kept = "the lease could not be given back"
    hold(lease, *args)
    assert f"hub lease {args[0]}: the lease could not be given back\n" in capsys.readouterr().err


def test_what_is_ignored_here_the_command_ignores(hold: Callable[..., int], capfd: pytest.CaptureFixture[str]) -> None:
    """As after nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert hold(FakeLease(held=told(signal.SIGHUP)), "run", "a", "--", "sh", "-c", "kill -HUP $$; echo on") == 0
    finally:
        signal.signal(signal.SIGHUP, before)
    assert capfd.readouterr().out == "on\n"
