"""How a client finds its hub: by one or more URLs, or by a data directory on this machine."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from hub.client import login, places
from hub.client.connection import CONNECT_SECONDS, Address, Unreachable
from hub.model.problem import Problem

ENDPOINT_NAMES = ("producers", "commands", "data", "web")
_EVERY_ADDRESS = ("0.0.0.0", "::", "")  # noqa: S104 - compared, never bound

_ONLY_FOR = {
    "producer": "a producer's token, which sends output and can neither read nor give commands",
    "guest": "the code of a guest's link, which opens a stream on the page and can do nothing else",
}
"""By the kind in a token's prefix, `hub_<kind>_`: what it is for alone."""
_ASKING = (
    "set HUB_TOKEN to one that an admin made with `hub token create --kind admin --role ROLE`, or unset it and run "
    "`hub login URL`"
)


class Hub(NamedTuple):
    """A hub that was found: its endpoints as clients connect to them, and the token to show."""

    endpoints: Mapping[str, str]
    token: str | None
    origin: str
    """What led here: a URL, or a data directory."""
    certificate: str | None = None
    """The hub's own certificate, which a data directory tells: it is believed whatever names it has."""

    def address(self, name: str) -> Address:
        """Return where `producers`, `commands` or `data` listens; raise Unreachable where the hub has no such one."""
        text = self.endpoints.get(name)
        if not text:
            raise Unreachable(f"the hub at {self.origin} does not say where its {name} port is")
        try:
            address = Address.parse(text)
        except ValueError as error:
            raise Unreachable(f"the hub at {self.origin} names its {name} port wrongly: {error}") from None
        if self.origin.startswith("https:") and self.token and not address.is_private:
            raise Unreachable(
                f"the hub at {self.origin} has its {name} port at {address}, without TLS: the token could be read on "
                "the way. Give the hub an ssl: endpoint there, or name it with http:// to accept that"
            )
        return address._replace(pinned=self.certificate) if address.kind == "ssl" else address

    @property
    def web(self) -> str:
        """The base URL of the page and the HTTP interface; raise Unreachable where there is none."""
        text = self.endpoints.get("web")
        if not text:
            raise Unreachable(f"the hub at {self.origin} does not say where its page is")
        return text.rstrip("/")

    def needed_token(self) -> str:
        """Return the token; raise Problem AUTH that says how to give one."""
        if self.token:
            return self.token
        raise Problem("AUTH", f"no token for {self.origin}: run `hub login URL`, or set HUB_TOKEN")

    def explained(self, refusal: Problem) -> Problem:
        """Return why a hello was refused, with what the token itself says of its kind.

        The hub's own answer is one for all: it tells nobody whether a token is another's or none at all.
        """
        for kind, what in _ONLY_FOR.items():
            if refusal.word == "AUTH" and self.token and self.token.startswith(f"hub_{kind}_"):
                return Problem("AUTH", f"this is {what}: {_ASKING}")
        return refusal


class Locator:
    """Finds a hub each time it is asked, so that a client which lost one may be led to another."""

    def __init__(self, *, urls: Sequence[str] = (), data_dir: str | None = None, token: str | None = None) -> None:
        """Give either `urls`, of which any will do, or `data_dir`. `token` None: the data directory's own."""
        self._urls = list(urls)
        self._data_dir = data_dir
        self._token = token
        self.is_named = True
        """Whether somebody named a hub; otherwise it is this user's own, wherever that is by default."""

    @property
    def places(self) -> tuple[str, ...]:
        """What the hub is looked for by: URLs, or a data directory."""
        return tuple(sorted(self._urls)) if self._data_dir is None else (self._data_dir,)

    @classmethod
    def from_environment(
        cls, *, url: str | None = None, data_dir: str | None = None, env: Mapping[str, str] | None = None
    ) -> Locator:
        """Decide where to look: the arguments, HUB_URL, HUB_DATA_DIR, the stored login, this user's data directory.

        `url` may be several, separated by commas. Raises ValueError for a malformed URL or configuration file.
        """
        variables = os.environ if env is None else env
        token = variables.get("HUB_TOKEN")
        if data_dir is not None:
            return cls(data_dir=os.path.abspath(os.path.expanduser(data_dir)), token=token)
        if given := url or variables.get("HUB_URL"):
            return cls._by_urls(given, token, variables)
        if not variables.get("HUB_DATA_DIR") and (stored := login.read(variables)):
            return cls(urls=stored.urls, token=token or stored.token)
        found = cls(data_dir=places.local_data_dir(variables), token=token)
        found.is_named = "HUB_DATA_DIR" in variables
        return found

    @classmethod
    def _by_urls(cls, given: str, token: str | None, env: Mapping[str, str]) -> Locator:
        from hub.client.web import check_url

        urls = [check_url(part.strip()) for part in given.split(",") if part.strip()]
        if not urls:
            raise ValueError("no URL is given")
        if token is None and (stored := login.read(env)) and set(urls) <= set(stored.urls):
            token = stored.token
        return cls(urls=urls, token=token)

    def locate(self, within: float | None = None) -> Hub:
        """Return the first hub that answers; raise Unreachable, or Problem where the only URL refuses.

        `within` so many seconds in all: each URL has its share of what is left.
        """
        if self._data_dir is not None:
            return _in_data_dir(self._data_dir, self._token)
        failures: list[Unreachable | Problem] = []
        end = None if within is None else time.monotonic() + within
        for index, url in enumerate(list(self._urls)):
            share = CONNECT_SECONDS
            if end is not None:
                share = max(min(share, (end - time.monotonic()) / (len(self._urls) - index)), 0.001)
            try:
                return _at_url(url, self._token, share)
            except (Unreachable, Problem) as failure:
                failures.append(failure)
                self._urls.append(self._urls.pop(0))  # the next search begins with the next one
        if len(failures) == 1:
            raise failures[0]
        raise Unreachable("; ".join(map(str, failures)))


def _in_data_dir(data_dir: str, token: str | None) -> Hub:
    path = os.path.join(data_dir, "endpoints.json")
    try:
        with open(path, encoding="utf-8") as file:
            endpoints = json.load(file)
    except FileNotFoundError:
        raise Unreachable(
            f"no hub runs with the data directory {data_dir}: start one with `hub serve`, "
            "or name another with --url, HUB_URL, `hub login URL` or --data-dir"
        ) from None
    except (OSError, ValueError) as error:
        raise Unreachable(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}. Whoever is not the hub's user names "
            "it with --url or HUB_URL, or runs `hub login URL`"
        ) from None
    if not isinstance(endpoints, dict):
        raise Unreachable(f"{path} does not hold a hub's endpoints")
    return Hub(
        {name: str(endpoints[name]) for name in ENDPOINT_NAMES if name in endpoints},
        token or _token_in(data_dir),
        data_dir,
        endpoints.get("certificate"),
    )


def _token_in(data_dir: str) -> str | None:
    try:
        with open(os.path.join(data_dir, "admin.token"), encoding="ascii") as file:
            return file.read().strip() or None
    except (FileNotFoundError, PermissionError):
        # Another user's hub: producers need no token, and who needs one is told how to give it.
        return None


def _at_url(url: str, token: str | None, timeout: float) -> Hub:
    from hub.client.web import request_json

    answer = request_json("GET", url + "/.well-known/hub", token, timeout=timeout)
    endpoints = answer.get("endpoints")
    if answer.get("protocol") != "HUB/1" or not isinstance(endpoints, dict):
        raise Unreachable(f"{url} is not a hub that speaks HUB/1")
    host = urlsplit(url).hostname or ""
    found = {name: _as_seen_from(host, str(endpoints[name])) for name in ENDPOINT_NAMES if endpoints.get(name)}
    return Hub({**found, "web": url}, token, url)


def _as_seen_from(host: str, endpoint: str) -> str:
    """A hub that listens on every address says so; the client knows it by the name in its URL."""
    try:
        address = Address.parse(endpoint)
    except ValueError:
        return endpoint
    return str(address._replace(host=host)) if address.kind != "unix" and address.host in _EVERY_ADDRESS else endpoint
