"""What producers say of their runs: a JSON object, as strict as what reads it again."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.model.problem import Problem
from hub.wire import json_rpc

_META_DEPTH = 16


def parse_meta(text: str | None, bound: int) -> dict[str, Any]:
    """Return the JSON object that `meta=` holds, empty where there is none; raise Problem PROTO or LIMIT."""
    if not text:
        return {}
    if len(text) > bound:
        raise Problem("LIMIT", f"meta is longer than limits.meta_bytes ({bound})")
    # As strict as what reads it again: no NaN, no lone surrogate, nothing that could not be printed for everybody.
    try:
        meta = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, ValueError, RecursionError):
        raise Problem("PROTO", "meta is a JSON object, percent-encoded") from None
    if json_rpc.deeper_than(meta, _META_DEPTH):
        raise Problem("PROTO", f"meta is nested deeper than {_META_DEPTH}")
    return meta
