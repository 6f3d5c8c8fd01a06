"""Reads and seeks on a connection of its own; what cannot be read comes as a gap, and what is beside it is read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import apsw

from hub.adapters.store.sqlite.block import COLUMNS, Block, CorruptBlock, decode
from hub.model.chunk import Chunk, Gap, Piece, weight

_PLACE = "id, start, end, first_line, lines, max_at, reason"
_READ = f"SELECT {COLUMNS} FROM block WHERE id = ?"  # noqa: S608
_KEY = "SELECT stream, start, end, id, crc FROM block WHERE id = ?"
_FROM = (
    f"SELECT {_PLACE} FROM block INDEXED BY block_place WHERE stream = ?1 AND start >= coalesce("  # noqa: S608
    "(SELECT start FROM block INDEXED BY block_place WHERE stream = ?1 AND start <= ?2 ORDER BY start DESC LIMIT 1), 0)"
    " ORDER BY start"
)
_AT = (
    f"SELECT {_PLACE} FROM block INDEXED BY block_place "  # noqa: S608
    "WHERE stream = ? AND start <= ? ORDER BY start DESC LIMIT 1"
)
_SINCE = (
    f"SELECT {_PLACE} FROM block INDEXED BY block_place "  # noqa: S608
    "WHERE stream = ? AND max_at >= ? ORDER BY start LIMIT 1"
)
_GAP = (
    "SELECT start, end, reason FROM block INDEXED BY block_gap WHERE stream = ?1 AND reason IS NOT NULL "
    "AND start >= coalesce((SELECT start FROM block INDEXED BY block_gap "
    "WHERE stream = ?1 AND reason IS NOT NULL AND start <= ?2 ORDER BY start DESC LIMIT 1), 0) "
    "AND end > ?2 AND start < ?3 ORDER BY start LIMIT 1"
)
_SCAN = f"SELECT {_PLACE} FROM block NOT INDEXED WHERE stream = ?"  # noqa: S608
_OF_STREAMS = (
    "SELECT each.key, block.start, block.end, reason, codec, table_bytes, data FROM json_each(?) AS each "
    "CROSS JOIN stream INDEXED BY stream_name ON name = each.value AND state = 0 "
    "CROSS JOIN block INDEXED BY block_place ON block.stream = stream.id ORDER BY each.key, block.start"
)
_CACHED_BLOCKS = 8


class Place(NamedTuple):
    """Where a block is and what it holds, without its data."""

    id: int
    start: int
    end: int
    first_line: int
    lines: int
    max_at: int | None
    reason: str | None


class _Stream(NamedTuple):
    id: int
    start: int
    end: int


class Reading:
    """The reading side of the store: one connection, not for two threads at once."""

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self._cached: dict[tuple[int, ...], list[Chunk]] = {}
        self._sure = True
        """Whether what the disk does not give is taken for lost."""

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close(True)

    def snapshot(self) -> AbstractContextManager[None]:
        """Return a context in which all is read from one state of the file."""
        return snapshot(self.connection)

    def read(self, name: str, offset: int, max_bytes: int, *, sure: bool = True) -> Sequence[Piece]:
        """Return contiguous pieces that begin exactly at `offset`, of `max_bytes` or a little more.

        Unless `sure`, raises apsw.IOError where the disk does not give what comes first.
        """
        pieces: list[Piece] = []
        self._sure = sure
        try:
            self._read(name, offset, max_bytes, pieces)
        except apsw.IOError:
            if not pieces:
                raise
        finally:
            self._sure = True
        return pieces

    def _read(self, name: str, offset: int, max_bytes: int, pieces: list[Piece]) -> None:
        with snapshot(self.connection):
            stream = self._stream(name)
            if stream is None or offset >= stream.end:
                return
            if offset < stream.start:
                pieces.append(Gap(offset, stream.start, "retention"))
                offset = stream.start
            for piece in self._pieces(stream, offset):
                pieces.append(piece)
                max_bytes -= weight(piece)
                if max_bytes <= 0:
                    break

    def first_gap(self, name: str, start: int, end: int) -> Gap | None:
        """Return the first recorded gap that touches the offsets from `start` to `end`."""
        with snapshot(self.connection):
            stream = self._stream(name)
            found = None if stream is None else self.connection.execute(_GAP, (stream.id, start, end)).fetchone()
            return None if found is None else Gap(*found)

    def first_chunk(self, name: str, offset: int) -> Chunk | None:
        """Return the first chunk from `offset` on, however many gaps come before it."""
        with self.snapshot():
            while pieces := self.read(name, offset, 1):
                for piece in pieces:
                    if isinstance(piece, Chunk):
                        return piece
                    offset = piece.end
            return None

    def blocks_of(self, names: Sequence[str]) -> Iterator[tuple[int, int, int, str | None, int, int, bytes]]:
        """Yield all blocks of some small streams, unchecked: which stream it is, then columns of `block`."""
        yield from self.connection.execute(_OF_STREAMS, (json.dumps(names),))

    def seek_line(self, name: str, line: int) -> int | None:
        """Return the offset after a stream's `line`-th LF, or the first kept one; None where it comes later."""
        with snapshot(self.connection):
            stream = self._stream(name)
            if stream is None or stream.start == stream.end:
                return None
            place = self._place_of_line(stream, line)
            if place is None:
                return None
            if place.reason is not None or line <= place.first_line:
                return max(place.start, stream.start)
            return max(_after_line(self._chunks_or_none(stream, place), line, place.start), stream.start)

    def seek_time(self, name: str, at: int) -> int | None:
        """Return where the first chunk in offset order begins that was received at or after `at`."""
        with snapshot(self.connection):
            stream = self._stream(name)
            found = None if stream is None else self.connection.execute(_SINCE, (stream.id, at)).fetchone()
            if found is None or stream is None:
                return None
            place = Place(*found)
            for chunk in self._chunks_or_none(stream, place) or ():
                if chunk.at >= at:
                    return chunk.offset
            return place.start

    def records(self, kind: str) -> Mapping[str, bytes]:
        """Return all small records of a kind."""
        return dict(self.connection.execute("SELECT key, value FROM record WHERE kind = ?", (kind,)))

    def _stream(self, name: str) -> _Stream | None:
        sql = "SELECT id, start, end FROM stream WHERE name = ? AND state = 0"
        found = self.connection.execute(sql, (name,)).fetchone()
        return None if found is None else _Stream(*found)

    def _pieces(self, stream: _Stream, offset: int) -> Iterator[Piece]:
        """Yield all from `offset` to the stream's end without hole or overlap."""
        for place, next_start in _with_next(self._places(stream, offset), stream.end):
            if place.end <= offset or place.start >= stream.end:
                continue
            if place.start > offset:
                yield Gap(offset, place.start, "store_loss")
                offset = place.start
            for piece in self._pieces_of(stream, place, min(place.end, next_start)):
                if piece.end <= offset:
                    continue
                if piece.offset < offset:
                    piece = piece.cut(offset, piece.end) if isinstance(piece, Chunk) else piece._replace(offset=offset)
                yield piece
                offset = piece.end
        if offset < stream.end:
            yield Gap(offset, stream.end, "store_loss")

    def _pieces_of(self, stream: _Stream, place: Place, end: int) -> Sequence[Piece]:
        if place.reason is not None:
            return [Gap(place.start, end, place.reason)]
        try:
            return self._chunks(stream, place)
        except CorruptBlock:
            return [Gap(place.start, end, "corrupt")]
        except (apsw.CorruptError, apsw.IOError) as error:
            self._give_up(error)
            return [Gap(place.start, end, "store_loss")]

    def _places(self, stream: _Stream, offset: int) -> Iterator[Place]:
        """Yield the blocks from the one on that holds `offset`; where the index cannot be read, by a scan of all."""
        last = -1
        try:
            for found in self.connection.execute(_FROM, (stream.id, offset)):
                place = Place(*found)
                if place.start > last:
                    last = place.start
                    yield place
        except (apsw.CorruptError, apsw.IOError) as error:
            self._give_up(error)
            yield from (place for place in self._scan(stream) if place.start > last and place.end > offset)

    def _scan(self, stream: _Stream) -> Sequence[Place]:
        places: list[Place] = []
        try:
            places.extend(Place(*found) for found in self.connection.execute(_SCAN, (stream.id,)))
        except (apsw.CorruptError, apsw.IOError) as error:
            self._give_up(error)
            # What comes after it in the table is out of reach: said as a gap by who asks.
            places.sort(key=lambda place: place.start)
            return places
        places.sort(key=lambda place: place.start)
        return places

    def _give_up(self, error: apsw.Error) -> None:
        """Take what the disk does not give for lost; raise its error while it is to be asked again."""
        if not self._sure and isinstance(error, apsw.IOError):
            raise error

    def _chunks(self, stream: _Stream, place: Place) -> list[Chunk]:
        # Ids are used again; with the checksum they are not mistaken.
        key = self.connection.execute(_KEY, (place.id,)).fetchone()
        if key is None or key[:3] != (stream.id, place.start, place.end):
            raise CorruptBlock("the index and the row differ")
        chunks = self._cached.get(key)
        if chunks is None:
            chunks = decode(Block(*self.connection.execute(_READ, (place.id,)).get))
            if len(self._cached) >= _CACHED_BLOCKS:
                del self._cached[next(iter(self._cached))]
            self._cached[key] = chunks
        return chunks

    def _chunks_or_none(self, stream: _Stream, place: Place) -> list[Chunk] | None:
        """Return the chunks of a block; None where it cannot be read, so that a seek goes to where it begins."""
        try:
            return self._chunks(stream, place)
        except (CorruptBlock, apsw.CorruptError, apsw.IOError):
            return None

    def _place_of_line(self, stream: _Stream, line: int) -> Place | None:
        """Return the first block after whose end `line` LFs have come; by halves, since lines only grow."""
        low, high = stream.start, stream.end
        best: Place | None = None
        while low < high:
            found = self.connection.execute(_AT, (stream.id, (low + high) // 2)).fetchone()
            if found is None:
                low = (low + high) // 2 + 1
                continue
            place = Place(*found)
            if place.first_line + place.lines >= line:
                best, high = place, place.start
            else:
                low = max(place.end, low + 1)
        return best


class snapshot:  # noqa: N801
    """A read transaction: what it sees does not change. One within another is a part of that."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._is_outermost = self._connection.get_autocommit()
        if self._is_outermost:
            self._connection.execute("BEGIN")

    def __exit__(self, *_: object) -> None:
        if self._is_outermost and not self._connection.get_autocommit():
            self._connection.execute("ROLLBACK")


def _with_next(places: Iterable[Place], end: int) -> Iterator[tuple[Place, int]]:
    """Yield each block with where the next one begins: one whose end was damaged must not cover others."""
    before: Place | None = None
    for place in places:
        if before is not None:
            yield before, place.start
        before = place
    if before is not None:
        yield before, end


def _after_line(chunks: Sequence[Chunk] | None, line: int, start: int) -> int:
    for chunk in chunks or ():
        if chunk.first_line + chunk.lines >= line:
            index = 0
            for _ in range(line - chunk.first_line):
                index = chunk.data.index(b"\n", index) + 1
            return chunk.offset + index
    return start
