"""Logins of browsers that were ended before their time: their cookies are signed, not kept, but their end is."""

from __future__ import annotations

from contextlib import suppress

from hub.core.ports import Clock, Store, Tasks
from hub.model.ended_login import EndedLogin, pack_ended, unpack_ended
from hub.model.problem import Problem
from hub.model.session_key import key_hash

KIND = "ended_login"
LOGIN_SECONDS = 12 * 3600
"""How long a login lasts; nobody has to remember for longer that it was ended."""
MOST_OF_ONE = 200
"""Past so many ended logins of one credential, all of its logins that are as old as these are over."""
SWEEP_SECONDS = 60.0


class EndedLogins:
    """All of them, by the hash of what they logged in with. None is forgotten before its cookie ends by itself."""

    def __init__(self, store: Store, clock: Clock, tasks: Tasks) -> None:
        self._store = store
        self._clock = clock
        self._tasks = tasks
        self._of: dict[str, EndedLogin] = {}
        self._unsaved: set[str] = set()
        self._saving = False
        self._swept_at = clock.monotonic()

    def __len__(self) -> int:
        return len(self._of)

    def holds(self, credential: str, number: str, began: int) -> bool:
        """Tell whether a login was ended."""
        ended = self._of.get(key_hash(credential))
        return ended is not None and (began <= ended.before or number in ended.numbers)

    async def end(self, credential: str, number: str, began: int) -> None:
        """End a login at once, and return when that is stored; what the store does not take is tried again."""
        key = key_hash(credential)
        ended = self._of.setdefault(key, EndedLogin())
        ended.numbers[number] = began
        if len(ended.numbers) > MOST_OF_ONE:
            over = self._over()
            ended.numbers = {each: at for each, at in ended.numbers.items() if at > over}
        if len(ended.numbers) > MOST_OF_ONE:
            ended.before, ended.numbers = ended.latest, {}
        self._unsaved.add(key)
        await self._save()

    def tick(self) -> None:
        """Forget what is over by itself, and store what is not stored yet; to be called once a second."""
        if self._clock.monotonic() - self._swept_at >= SWEEP_SECONDS:
            self._swept_at = self._clock.monotonic()
            over = self._over()
            gone = [key for key, ended in self._of.items() if ended.latest <= over]
            for key in gone:
                del self._of[key]
            self._unsaved.update(gone)
        if self._unsaved and not self._saving:
            self._tasks.spawn(self._save())

    async def restore(self) -> None:
        """Take up what the store kept."""
        for key, packed in (await self._store.records(KIND)).items():
            try:
                self._of[key] = unpack_ended(packed)
            except ValueError:
                self._unsaved.add(key)

    async def _save(self) -> None:
        keys, self._unsaved = self._unsaved, set()
        values = {key: pack_ended(self._of[key]) if key in self._of else None for key in keys}
        self._saving = True
        try:
            with suppress(Problem):
                await self._store.put(KIND, values)
                keys = set()
        finally:
            self._saving = False
            self._unsaved |= keys

    def _over(self) -> int:
        """Return when the newest login began that is over by itself."""
        return self._clock.now_ms() // 1000 - LOGIN_SECONDS - 1
