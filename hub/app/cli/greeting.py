"""What `hub serve` says: where it listens, what to try, and which streams appear."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TextIO
from urllib.parse import quote

from hub.app.cli import standard_output
from hub.client.connection import Address

MOST_A_SECOND = 20


def greeting(endpoints: Mapping[str, str]) -> str:
    """Return what is said once all listeners are open."""
    lines = ["hub is running, Ctrl-C ends it", ""]
    lines += [f"  {name:<10} {endpoint}" for name, endpoint in endpoints.items()]
    lines += ["", "stream something into it:", ""]
    lines += [f"  {line}" for line in lines_to_try(Address.parse(endpoints["producers"]))]
    return "\n".join(lines) + "\n"


def lines_to_try(address: Address) -> list[str]:
    """Return shell lines that stream a build's output to `address`."""
    host, port = address.host, address.port
    if address.kind == "unix":
        return [
            f"make 2>&1 | nc -N -U {host}",
            f"make 2>&1 | ncat --send-only -U {host}",
            "make 2>&1 | hub send ci/build",
        ]
    if address.kind == "ssl":
        return [f"make 2>&1 | ncat --ssl --send-only {host} {port}", "make 2>&1 | hub send ci/build"]
    return [
        f"make 2>&1 | nc -N {host} {port}",
        f"make 2>&1 | ncat --send-only {host} {port}",
        f"make > /dev/tcp/{host}/{port} 2>&1",
    ]


def stream_link(web: str, name: str) -> str:
    """Return the address of a stream's page."""
    return f"{web.rstrip('/')}/#/s/{quote(name)}"


class Announcer:
    """Prints each new stream with its link; when very many come at once, how many more there were."""

    def __init__(self, out: TextIO, call_later: Callable[[float, Callable[[], None]], object]) -> None:
        self._out, self._call_later = out, call_later
        self._web = ""
        self._said = 0
        self._unsaid = 0

    def listening(self, endpoints: Mapping[str, str]) -> None:
        """Take the page's address and print the greeting."""
        self._web = endpoints.get("web", "")
        self._print(greeting(endpoints))

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
