"""One helper for all parsers: whole, byte by byte, and with a tail."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def each_way(make: Callable[[], Callable[[bytes], Iterable[T]]], data: bytes, tail: bytes = b"") -> list[T]:
    """Feed `data` to fresh parsers whole, byte by byte, in two halves at every place, and followed by `tail`.

    All have to give the same values, which are returned; the tail, an unfinished message, has to give none.
    """
    expected = list(make()(data))
    feed = make()
    assert [value for byte in data for value in feed(bytes([byte]))] == expected, "byte by byte it is something else"
    for place in range(1, min(len(data), 80)):
        feed = make()
        assert [*feed(data[:place]), *feed(data[place:])] == expected, f"cut at {place} it is something else"
    if tail:
        assert list(make()(data + tail)) == expected, "followed by a tail it is something else"
    return expected
