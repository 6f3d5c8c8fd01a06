"""JSON-RPC envelopes: whatever is wrong comes back as an answer, never as an exception."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.model.problem import CODES, Problem
from hub.wire import json_rpc
from hub.wire.json_rpc import INVALID_PARAMS, INVALID_REQUEST, PARSE_ERROR, Call, Malformed


def parse(line: bytes) -> json_rpc.Message:
    return json_rpc.parse(line, depth=32, batch=50)


def only(line: bytes) -> Call | Malformed:
    message = parse(line)
    assert not message.batch
    (call,) = message.calls
    return call


def test_a_call() -> None:
    call = only(b'{"jsonrpc":"2.0","id":1,"method":"hub.info","params":{"a":1}}')
    assert call == Call(1, "hub.info", {"a": 1}, True)


def test_a_notification_wants_no_answer_and_a_null_id_does() -> None:
    assert only(b'{"jsonrpc":"2.0","method":"x"}') == Call(None, "x", {}, False)
    assert only(b'{"jsonrpc":"2.0","id":null,"method":"x"}') == Call(None, "x", {}, True)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", PARSE_ERROR),
        (b"nonsense", PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1,"method":"x"', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":NaN,"method":"x"}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":Infinity,"method":"x"}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":1e999,"method":"x"}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":' + b"1" * 5000 + b',"method":"x"}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":"\\ud800","method":"x"}', PARSE_ERROR),
        (b'{"jsonrpc":"2.0","id":"\xff","method":"x"}', PARSE_ERROR),
        (b"[" * 100_000 + b"]" * 100_000, PARSE_ERROR),
        (b'{"a":' * 100_000, PARSE_ERROR),
        (b"[" * 40 + b"]" * 40, INVALID_REQUEST),
        (b"1", INVALID_REQUEST),
        (b'"x"', INVALID_REQUEST),
        (b"null", INVALID_REQUEST),
        (b"{}", INVALID_REQUEST),
        (b"[]", INVALID_REQUEST),
        (b'{"jsonrpc":"1.0","id":1,"method":"x"}', INVALID_REQUEST),
        (b'{"jsonrpc":2.0,"id":1,"method":"x"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":1}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":{},"method":"x"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":[1],"method":"x"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":true,"method":"x"}', INVALID_REQUEST),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}', INVALID_PARAMS),
        (b'{"jsonrpc":"2.0","id":1,"method":"x","params":null}', INVALID_PARAMS),
    ],
)
def test_what_is_no_call_is_answered(line: bytes, code: int) -> None:
    malformed = only(line)
    assert isinstance(malformed, Malformed)
    assert malformed.json_rpc == code
    answer = json.loads(json_rpc.encode(json_rpc.error(malformed.id, malformed.json_rpc, malformed.text)))
    assert answer["error"]["code"] == code


def test_of_a_key_said_twice_the_last_one_counts() -> None:
    assert only(b'{"jsonrpc":"2.0","id":1,"id":2,"method":"x"}') == Call(2, "x", {}, True)


def test_depth_is_counted_to_its_bound() -> None:
    def nested(depth: int) -> bytes:
        return b'{"jsonrpc":"2.0","id":1,"method":"x","params":{"a":' + b"[" * depth + b"]" * depth + b"}}"

    assert isinstance(only(nested(30)), Call)
    deep = only(nested(31))
    assert isinstance(deep, Malformed)
    assert "limits.request_depth (32)" in deep.text


def test_a_batch() -> None:
    message = parse(b'[{"jsonrpc":"2.0","id":1,"method":"a"},1,{"jsonrpc":"2.0","method":"b"}]')
    assert message.batch
    assert [type(call).__name__ for call in message.calls] == ["Call", "Malformed", "Call"]


def test_a_batch_has_a_bound() -> None:
    call = b'{"jsonrpc":"2.0","id":1,"method":"a"}'
    assert len(parse(b"[" + b",".join([call] * 50) + b"]").calls) == 50
    over = only(b"[" + b",".join([call] * 51) + b"]")
    assert isinstance(over, Malformed)
    assert "limits.request_batch (50)" in over.text
    assert isinstance(only(b"[" + b"1," * 100_000 + b"1]"), Malformed)


@given(line=st.binary(max_size=100))
def test_arbitrary_bytes_never_raise(line: bytes) -> None:
    assert parse(line).calls


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "method", "params", "x"]), inner)
    ),
    max_leaves=12,
)


@given(value=json_values)
def test_arbitrary_json_never_raises_and_its_answer_can_be_printed(value: object) -> None:
    try:
        line = json.dumps(value).encode()
    except UnicodeEncodeError:
        return
    for call in parse(line).calls:
        answer = json_rpc.answer(call.id, {})
        assert b"\n" not in json_rpc.encode(answer)


@pytest.mark.parametrize("word", list(CODES))
def test_a_problem_is_told_by_its_word(word: str) -> None:
    answer = json.loads(
        json_rpc.encode(json_rpc.problem_answer("x", Problem(word, "text", retry_after=5, cause="ttl")))
    )
    assert answer["id"] == "x"
    assert answer["error"]["code"] == CODES[word].json_rpc
    assert answer["error"]["data"] == {"code": word, "cause": "ttl", "retry_after": 5}
    assert answer["error"]["message"] == "text"


def test_a_line_never_holds_a_raw_lf() -> None:
    assert b"\n" not in json_rpc.encode(json_rpc.notification("event", {"text": "a\nb\r\u2028"}))
