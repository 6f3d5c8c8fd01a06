"""A stream's record as it lies in the file: packed, under a checksum, the last run with it and all others beside it."""

from __future__ import annotations

import zlib

import apsw
import msgspec

from hub.model.chunk import Gap
from hub.model.record import StreamRecord
from hub.model.run import Run

_encode = msgspec.msgpack.Encoder().encode
_decode_record = msgspec.msgpack.Decoder(StreamRecord).decode
_decode_run = msgspec.msgpack.Decoder(Run).decode
_CRC_BYTES = 4
_GAPS = (
    "SELECT start, end, reason FROM block INDEXED BY block_gap "
    "WHERE stream = ? AND reason IS NOT NULL ORDER BY start DESC LIMIT ?"
)


class CorruptRow(Exception):
    """A record is not what was written."""


def pack_record(record: StreamRecord) -> bytes:
    """Return a record with its last run alone."""
    return _sealed(_encode(msgspec.structs.replace(record, runs=record.runs[-1:], gaps=())))


def unpack_record(packed: bytes) -> StreamRecord:
    """Return the record, which has one run; raise CorruptRow."""
    try:
        return _decode_record(_opened(packed))
    except msgspec.DecodeError as error:
        raise CorruptRow(str(error)) from error


def pack_run(run: Run) -> bytes:
    """Return a run packed."""
    return _sealed(_encode(run))


def unpack_run(packed: bytes) -> Run:
    """Return the run; raise CorruptRow."""
    try:
        return _decode_run(_opened(packed))
    except msgspec.DecodeError as error:
        raise CorruptRow(str(error)) from error


def whole_record(connection: apsw.Connection, stream: int, start: int, packed: bytes, *, gaps: int) -> StreamRecord:
    """Return a stream's record with all its runs and the last `gaps` gaps; raise CorruptRow.

    Runs that cannot be read are left out, with all before them.
    """
    record = unpack_record(packed)
    runs = record.runs
    if runs[0].number > 1:
        runs = (*_older_runs(connection, stream, runs[0].number), *runs)
    last = [Gap(*each) for each in connection.execute(_GAPS, (stream, gaps))] if gaps else []
    return msgspec.structs.replace(record, start=start, runs=runs, gaps=tuple(last[::-1]))


def _older_runs(connection: apsw.Connection, stream: int, before: int) -> list[Run]:
    """Return the runs before one, without a hole between: they are looked up by their numbers."""
    runs: list[Run] = []
    for (packed,) in connection.execute("SELECT packed FROM run WHERE stream = ? ORDER BY number DESC", (stream,)):
        try:
            run = unpack_run(packed)
        except CorruptRow:
            break
        if run.number < before:
            if run.number != before - 1:
                break
            runs.append(run)
            before = run.number
    runs.reverse()
    return runs


def is_sealed(packed: bytes) -> bool:
    """Tell whether a packed record or run is what was written."""
    return len(packed) > _CRC_BYTES and _crc(packed[:-_CRC_BYTES]) == packed[-_CRC_BYTES:]


def _sealed(packed: bytes) -> bytes:
    return packed + _crc(packed)


def _crc(packed: bytes) -> bytes:
    return zlib.crc32(packed).to_bytes(_CRC_BYTES, "big")


def _opened(sealed: bytes) -> bytes:
    if not is_sealed(sealed):
        raise CorruptRow("checksum")
    return sealed[:-_CRC_BYTES]
