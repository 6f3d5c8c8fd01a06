"""Settings of all tests: hypothesis judges by what is true, never by how busy the machine is.

What is loaded and collected stays until the end: the garbage collector need not look at it after each test.
"""

from __future__ import annotations

import gc
import signal

from hypothesis import HealthCheck, settings

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # In the background of a shell: the commands that tests start would not hear the Ctrl-C that is sent to them.
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    # Below nohup: what ignores a signal hands that on, what handles it does not.
    signal.signal(signal.SIGHUP, lambda number, frame: None)

settings.register_profile("hub", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("hub")


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()
