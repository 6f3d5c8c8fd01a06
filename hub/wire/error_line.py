"""`ERR <CODE> [retry_after=<ms>] [key=value …] [:text]`, the same on every port that speaks lines."""

from __future__ import annotations

from hub.model.problem import CODES, Problem
from hub.wire.frame import Frame, Pieces, encode_keys, parse_number


def encode_error(problem: Problem) -> Pieces:
    """Return the ERR frame that tells `problem`."""
    keys = {"retry_after": problem.retry_after, **problem.keys}
    return encode_keys("ERR", (problem.word,), keys, text=problem.text)


def parse_error(frame: Frame) -> Problem:
    """Return the Problem that an ERR frame tells; an unknown code becomes INTERNAL, named in the text."""
    keys = dict(frame.keys)
    retry = keys.pop("retry_after", None)
    word = frame.arg(0, "code")
    text = frame.text if word in CODES else f"{word} {frame.text}".rstrip()
    after = None if retry is None else parse_number(retry, "retry_after")
    return Problem(word if word in CODES else "INTERNAL", text, retry_after=after, **keys)
