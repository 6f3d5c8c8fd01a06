"""JSON-RPC 2.0 envelopes (PROTOCOL 6): what a line asks, and how answers are printed."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

from hub.model.problem import Problem

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
CANCELLED = -32800

Id = str | int | float | None


class Call(NamedTuple):
    """One request; `wants_answer` is False for a notification."""

    id: Id
    method: str
    params: dict[str, Any]
    wants_answer: bool


class Malformed(NamedTuple):
    """Something that is no request: answered, counted, survived."""

    id: Id
    json_rpc: int
    text: str


class Message(NamedTuple):
    """One line: its calls in order, and whether they came as a batch."""

    calls: list[Call | Malformed]
    batch: bool


def parse(line: bytes, *, depth: int, batch: int) -> Message:
    """Parse a line or text message; never raises: whatever is wrong comes back as Malformed."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        return Message([Malformed(None, PARSE_ERROR, f"not JSON: {error}")], False)
    if deeper_than(value, depth):
        return Message([Malformed(None, INVALID_REQUEST, f"nested deeper than limits.request_depth ({depth})")], False)
    if not isinstance(value, list):
        return Message([_call(value)], False)
    if not value:
        return Message([Malformed(None, INVALID_REQUEST, "an empty batch")], False)
    if len(value) > batch:
        return Message([Malformed(None, INVALID_REQUEST, f"more calls than limits.request_batch ({batch})")], False)
    return Message([_call(each) for each in value], True)


def answer(call_id: Id, result: object) -> dict[str, object]:
    """Return the answer to a call."""
    return {"jsonrpc": "2.0", "id": call_id, "result": result}


def error(call_id: Id, json_rpc: int, text: str, data: dict[str, object] | None = None) -> dict[str, object]:
    """Return an error answer."""
    detail: dict[str, object] = {"code": json_rpc, "message": text}
    if data:
        detail["data"] = data
    return {"jsonrpc": "2.0", "id": call_id, "error": detail}


def problem_answer(call_id: Id, problem: Problem) -> dict[str, object]:
    """Return the answer that tells a Problem: its word stands in `error.data.code`."""
    data: dict[str, object] = {"code": problem.word, **problem.keys}
    if problem.retry_after is not None:
        data["retry_after"] = problem.retry_after
    return error(call_id, problem.code.json_rpc, problem.text or problem.word, data)


def notification(method: str, params: dict[str, object]) -> dict[str, object]:
    """Return a notification."""
    return {"jsonrpc": "2.0", "method": method, "params": params}


def encode(value: object) -> bytes:
    """Return a message as one line of JSON without its LF; it never holds a raw LF."""
    return msgspec.json.encode(value)


def _call(value: object) -> Call | Malformed:
    if not isinstance(value, dict):
        return Malformed(None, INVALID_REQUEST, "a request is an object")
    call_id = value.get("id")
    if isinstance(call_id, bool) or not isinstance(call_id, str | int | float | None):
        return Malformed(None, INVALID_REQUEST, "an id is a string, a number or null")
    if value.get("jsonrpc") != "2.0":
        return Malformed(call_id, INVALID_REQUEST, 'a request says "jsonrpc": "2.0"')
    method = value.get("method")
    if not isinstance(method, str):
        return Malformed(call_id, INVALID_REQUEST, "a request names its method")
    params = value.get("params", {})
    if not isinstance(params, dict):
        return Malformed(call_id, INVALID_PARAMS, "params are an object of named parameters")
    return Call(call_id, method, params, "id" in value)


def deeper_than(value: object, depth: int) -> bool:
    """Tell whether objects and arrays are nested in one another more than `depth` times."""
    layer: list[object] = [value]
    for _ in range(depth):
        inner: list[object] = []
        for each in layer:
            if isinstance(each, dict):
                inner.extend(each.values())
            elif isinstance(each, list):
                inner.extend(each)
        if not inner:
            return False
        layer = [each for each in inner if isinstance(each, dict | list)]
    return bool(layer)
