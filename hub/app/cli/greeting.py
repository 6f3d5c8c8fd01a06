"""What `hub serve` says: where it listens, what to try, and which streams appear."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TextIO
from urllib.parse import quote

from hub.app.cli import standard_output
from hub.client.connection import Address

MOST_A_SECOND = 20


def greeting(endpoints: Mapping[str, str], tries: Sequence[str]) -> str:
    """Return what is said once all listeners are open; `tries` are shell lines, see `lines_to_try`."""
    lines = ["hub is running, Ctrl-C ends it", ""]
    lines += [f"  {name:<10} {endpoint}" for name, endpoint in endpoints.items()]
    lines += ["", "stream something into it:", ""]
    lines += [f"  {line}" for line in tries]
    return "\n".join(lines) + "\n"


def lines_to_try(address: Address, *, with_token: bool = False, data_dir: str | None = None) -> list[str]:
    """Return shell lines that stream a build's output to `address`.

    `with_token` where local producers need one, too: it is asked for, and never printed. `data_dir` is the hub's
    where commands would look for another.
    """
    host, port = address.host, address.port
    there = "" if data_dir is None else f" --data-dir {shlex.quote(data_dir)}"
    sent = f"make 2>&1 | hub send{there} ci/build"
    if address.kind == "unix":
        clients = [f"nc -N -U {host}", f"ncat --send-only -U {host}"]
    elif address.kind == "ssl":
        clients = [f"ncat --ssl --send-only {host} {port}"]
    else:
        clients = [f"nc -N {host} {port}", f"ncat --send-only {host} {port}"]
    if with_token:
        header = 'echo "HUB/1 RAW stream=ci/test token=$TOKEN"'
        return [
            sent,
            f"TOKEN=$(hub token create{there} --for builds)",
            *[f"{{ {header}; make test 2>&1; }} | {client}" for client in clients],
        ]
    lines = [f"make 2>&1 | {client}" for client in clients]
    return [*lines, f"make > /dev/tcp/{host}/{port} 2>&1" if address.kind == "tcp" else sent]


def stream_link(web: str, name: str) -> str:
    """Return the address of a stream's page."""
    return f"{web.rstrip('/')}/#/s/{quote(name)}"


class Announcer:
    """Prints each new stream with its link; when very many come at once, how many more there were."""

    def __init__(
        self,
        out: TextIO,
        call_later: Callable[[float, Callable[[], None]], object],
        *,
        with_token: bool = False,
        data_dir: str | None = None,
    ) -> None:
        """`with_token` and `data_dir` are those of `lines_to_try`."""
        self._out, self._call_later = out, call_later
        self._with_token, self._data_dir = with_token, data_dir
        self._web = ""
        self._said = 0
        self._unsaid = 0

    def listening(self, endpoints: Mapping[str, str]) -> None:
        """Take the page's address and print the greeting."""
        self._web = endpoints.get("web", "")
        producers = Address.parse(endpoints["producers"])
        tries = lines_to_try(producers, with_token=self._with_token, data_dir=self._data_dir)
        self._print(greeting(endpoints, tries))

    def link(self, url: str) -> None:
        """Print the link that logs a browser in."""
        self._print(f"open the page (this link works once, within a minute; `hub open` makes another):\n\n  {url}\n")

    def stream(self, name: str) -> None:
        """Print a new stream."""
        if self._said == 0:
            self._call_later(1.0, self._second_is_over)
        if self._said < MOST_A_SECOND:
            self._said += 1
            self._print(f"{name}  {stream_link(self._web, name)}")
        else:
            self._unsaid += 1

    def _second_is_over(self) -> None:
        if self._unsaid:
            self._print(f"... and {self._unsaid} more streams; `hub ls` lists them")
        self._said = self._unsaid = 0

    def _print(self, text: str) -> None:
        try:
            print(text, file=self._out, flush=True)
        except BrokenPipeError:  # `hub serve | head`: the hub goes on all the same
            standard_output.give_up()
