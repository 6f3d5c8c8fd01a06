"""Small answers: JSON, text, problems."""

from __future__ import annotations

import json
from http import HTTPStatus

from twisted.web.server import Request

from hub.model.problem import Problem

SECURITY_HEADERS = {
    b"Content-Security-Policy": b"default-src 'none'; frame-ancestors 'none'",
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


def answer_problem(request: Request, problem: Problem, code: int | None = None) -> bytes:
    """Return a problem as JSON `{code, text, …}` under its HTTP status, or under `code`."""
    for name, value in problem_headers(problem).items():
        request.setHeader(name, value)
    return answer_json(request, problem_row(problem), code or problem.code.http)


def refusal(problem: Problem) -> bytes:
    """Return a whole response that tells a problem where no request can answer yet; the connection ends with it."""
    body = json.dumps(problem_row(problem)).encode() + b"\n"
    status = HTTPStatus(problem.code.http)
    headers = {
        **SECURITY_HEADERS,
        **problem_headers(problem),
        b"Content-Type": b"application/json",
        b"Content-Length": b"%d" % len(body),
        b"Cache-Control": b"no-store",
        b"Connection": b"close",
    }
    lines = [b"HTTP/1.1 %d %s" % (status, status.phrase.encode())]
    lines += [name + b": " + value for name, value in headers.items()]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def problem_row(problem: Problem) -> dict[str, object]:
    """Return a problem as it stands in JSON."""
    wait = {} if problem.retry_after is None else {"retry_after": problem.retry_after}
    return {"code": problem.word, "text": problem.text, **wait, **problem.keys}


def problem_headers(problem: Problem) -> dict[bytes, bytes]:
    """Return the headers that a problem brings along."""
    headers = {}
    if problem.retry_after is not None:
        headers[b"Retry-After"] = b"%d" % -(-problem.retry_after // 1000)
    if problem.word == "AUTH":
        headers[b"WWW-Authenticate"] = b'Bearer realm="hub"'
    return headers
