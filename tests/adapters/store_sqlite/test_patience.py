"""How long a foreign lock is waited for."""

from __future__ import annotations

import apsw

from hub.adapters.store.sqlite.database import BUSY_MS
from hub.adapters.store.sqlite.patience import Patience


def test_who_comes_after_one_that_waited_in_vain_does_not_wait_as_long_again() -> None:
    now = 100.0
    patience = Patience(lambda: now)
    patience.begin()
    assert patience.left_ms == BUSY_MS
    now += 1.5
    assert patience.left_ms == BUSY_MS - 1500, "a connection that had to wait leaves less to the transaction"
    now += 1
    assert patience.left_ms == 0
    patience.met(apsw.BusyError())
    now += BUSY_MS / 2000
    patience.begin()
    assert patience.left_ms == 0
    patience.met(apsw.BusyError())
    now += BUSY_MS / 1900
    patience.begin()
    assert patience.left_ms == BUSY_MS, "now and then the lock is waited for again"


def test_another_failure_is_nothing_that_was_waited_for() -> None:
    patience = Patience(lambda: 100.0)
    patience.begin()
    patience.met(apsw.FullError())
    patience.begin()
    assert patience.left_ms == BUSY_MS
