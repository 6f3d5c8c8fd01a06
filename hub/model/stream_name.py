"""Names of streams: what is allowed, and the names the hub makes for producers that give none."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from hub.model.problem import Problem

MAX_NAME_BYTES = 200
_NAME = re.compile(r"[A-Za-z0-9._~-]+(?:/[A-Za-z0-9._~-]+)*")
_NO_SEGMENT = (".", "..")
_OUTSIDE = re.compile(r"[^A-Za-z0-9._~-]")


def is_stream_name(text: str) -> bool:
    """Tell whether `text` is a stream's name: segments of `[A-Za-z0-9._~-]+` joined by `/`, at most 200 bytes."""
    if len(text) > MAX_NAME_BYTES or _NAME.fullmatch(text) is None:
        return False
    return not any(segment in _NO_SEGMENT for segment in text.split("/"))


def check_stream_name(text: str) -> str:
    """Return `text` if it is a stream's name; raise Problem PROTO that says what a name looks like."""
    if is_stream_name(text):
        return text
    raise Problem(
        "PROTO",
        "a stream name is segments of A-Z a-z 0-9 . _ ~ - joined by /, at most 200 bytes, none of them . or ..",
    )


def name_for_raw_peer(host: str | None, now_ms: int) -> str:
    """Return `raw/<peer>/<YYYYMMDDTHHMMSSZ>-`, to which the hub adds the first free number; None is a Unix socket."""
    peer = _OUTSIDE.sub("-", host) if host else "local"
    if peer in _NO_SEGMENT:
        peer = "-" * len(peer)
    stamp = datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"raw/{peer[:100]}/{stamp}-"


def sibling_name(name: str, number: int) -> str:
    """Return `name~number`, the name cut so that the whole stays within the limit."""
    suffix = f"~{number}"
    return name[: MAX_NAME_BYTES - len(suffix)] + suffix


def split_run(text: str) -> tuple[str, int | None]:
    """Split `name#7` into the name and the run's number, None without one; raise Problem PROTO if malformed."""
    name, mark, number = text.partition("#")
    check_stream_name(name)
    if not mark:
        return name, None
    if not (number.isascii() and number.isdigit() and 1 <= len(number) <= 15):
        raise Problem("PROTO", "a run is written name#number")
    return name, int(number)
