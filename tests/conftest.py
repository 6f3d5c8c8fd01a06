"""Settings of all tests: hypothesis judges by what is true, never by how busy the machine is.

What is loaded and collected stays until the end: the garbage collector need not look at it after each test.
"""

from __future__ import annotations

import gc

from hypothesis import HealthCheck, settings

settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
