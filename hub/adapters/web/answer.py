"""Small answers: JSON, text, problems."""

from __future__ import annotations

import json

from twisted.web.server import Request

from hub.model.problem import Problem

SECURITY_HEADERS = {
    b"X-Content-Type-Options": b"nosniff",
    b"Referrer-Policy": b"no-referrer",
    b"Cross-Origin-Opener-Policy": b"same-origin",
    b"Cross-Origin-Resource-Policy": b"same-origin",
}


def answer_json(request: Request, value: object, code: int = 200) -> bytes:
    """Return a JSON body, with its headers set."""
    return answer_bytes(request, json.dumps(value).encode() + b"\n", b"application/json", code)


def answer_text(request: Request, text: str, code: int = 200) -> bytes:
    """Return a text body, with its headers set."""
    return answer_bytes(request, text.encode() + b"\n", b"text/plain; charset=utf-8", code)


def answer_bytes(request: Request, body: bytes, kind: bytes, code: int = 200) -> bytes:
    """Return a body, with its headers set; nothing of ours is ever stored by a cache unless a route says so."""
    request.setResponseCode(code)
    request.setHeader(b"Content-Type", kind)
    request.setHeader(b"Content-Length", b"%d" % len(body))
    if not request.responseHeaders.hasHeader(b"Cache-Control"):
        request.setHeader(b"Cache-Control", b"no-store")
    return b"" if request.method == b"HEAD" else body


def answer_problem(request: Request, problem: Problem) -> bytes:
    """Return a problem as JSON `{code, text, …}` under its HTTP status."""
    if problem.retry_after is not None:
        request.setHeader(b"Retry-After", b"%d" % -(-problem.retry_after // 1000))
    if problem.word == "AUTH":
        request.setHeader(b"WWW-Authenticate", b'Bearer realm="hub"')
    value: dict[str, object] = {"code": problem.word, "text": problem.text, **problem.keys}
    return answer_json(request, value, problem.code.http)
