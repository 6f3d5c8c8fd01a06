"""The few HTTP requests that a client needs: JSON in, JSON out, a token in the header and never in the URL."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from hub.client.connection import CONNECT_SECONDS, Unreachable
from hub.client.trust import AUTHORITIES, CERTIFICATE, KEY, client_context
from hub.model.problem import CODES, Problem

_MOST_ANSWER_BYTES = 4 << 20
_BY_STATUS = {401: "AUTH", 403: "DENIED", 404: "NOTFOUND", 429: "LIMIT", 503: "BUSY"}


def check_url(url: str) -> str:
    """Return `url` without a trailing slash; raise ValueError that shows what a hub's URL is."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(f"a hub's URL is http://host:port or https://host, not {url!r}")
    return url.rstrip("/")


def request_json(
    method: str, url: str, token: str | None, pinned: str | None = None, *, timeout: float = CONNECT_SECONDS
) -> dict[str, Any]:
    """Return the JSON object that `url` answers; raise Unreachable, or Problem as the status says.

    `pinned` is as in Address, `timeout` of each step of the way.
    """
    # Imported here: http.client brings ssl and email along, 30 ms that a local `hub send` does not have to pay.
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: HTTPConnection
    if parts.scheme == "https":
        try:
            context = client_context(pinned)
        except OSError as error:
            raise Unreachable(f"{url}: {error} ({AUTHORITIES}, {CERTIFICATE}, {KEY})") from error
        connection = HTTPSConnection(host, parts.port, timeout=timeout, context=context)
    else:
        connection = HTTPConnection(host, parts.port, timeout=timeout)
    headers = {"Accept": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, parts.path or "/", body=b"" if method == "POST" else None, headers=headers)
        response = connection.getresponse()
        body = response.read(_MOST_ANSWER_BYTES)
    except (OSError, HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise Unreachable(f"{url} does not answer: {reason}") from error
    finally:
        connection.close()
    if response.status >= 400:
        raise _problem(url, response.status, response.reason, body)
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unreachable(f"{url} is not a hub: it does not answer with JSON")
    return answer


def _problem(url: str, status: int, reason: str, body: bytes) -> Problem:
    said = " ".join(body[:500].decode(errors="replace").split())
    word = said.removeprefix("ERR ").split(" ", 1)[0].rstrip(":")
    code = word if word in CODES else _BY_STATUS.get(status, "INTERNAL")
    # A page for browsers explains nothing here.
    explained = f": {said}" if said and said.isprintable() and not said.startswith("<") else ""
    return Problem(code, f"{url} answers {status} {reason}{explained}")
