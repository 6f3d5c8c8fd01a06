"""What the writing side knows of a stream: its row without the record, and how many small blocks it has."""

from __future__ import annotations

from collections import OrderedDict

import apsw

from hub.model.chunk import Gap

_ENTRIES = 20_000


class Entry:
    """One stream as its row in the file says."""

    __slots__ = (
        "anonymous",
        "end",
        "gap",
        "id",
        "name",
        "oldest_at",
        "ordinal",
        "run_number",
        "small",
        "start",
        "stored",
    )

    def __init__(self, name: str, anonymous: bool, found: tuple[int, int, int, int, int, int, int | None]) -> None:
        self.name = name
        self.anonymous = anonymous
        self.id, self.ordinal, self.run_number, self.start, self.end, self.stored, self.oldest_at = found
        self.gap: Gap | None = None
        """The last piece, where that is a gap and was written lately."""
        self.small: dict[int, int] = {}
        """By level: blocks written since blocks of that level were last merged."""


class Entries:
    """The entries of the streams written lately, and any other on demand. Empty again after a write that failed."""

    def __init__(self) -> None:
        self._entries: OrderedDict[str, Entry] = OrderedDict()

    def find(self, connection: apsw.Connection, name: str) -> Entry | None:
        """Return a stream's entry; None where there is no such stream."""
        entry = self._entries.get(name)
        if entry is not None:
            self._entries.move_to_end(name)
            return entry
        found = connection.execute(
            "SELECT anonymous, id, ordinal, run_number, start, end, stored, oldest_at FROM stream "
            "WHERE name = ? AND state = 0",
            (name,),
        ).fetchone()
        if found is None:
            return None
        entry = Entry(name, bool(found[0]), found[1:])
        self.add(entry)
        return entry

    def add(self, entry: Entry) -> None:
        """Take the entry of a new stream."""
        self._entries[entry.name] = entry
        if len(self._entries) > _ENTRIES:
            self._entries.popitem(last=False)

    def forget(self, name: str) -> None:
        """Forget a stream."""
        self._entries.pop(name, None)

    def clear(self) -> None:
        """Forget all."""
        self._entries.clear()
