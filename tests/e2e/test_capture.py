"""Output of Python programs themselves, against a real hub."""

from __future__ import annotations

import sys
from pathlib import Path

from running_hub import RunningHub

LOGGING = """
import logging, sys
from hub.client.capture import HubHandler
log = logging.getLogger("x"); log.setLevel("INFO")
handler = HubHandler("log/a"); log.addHandler(handler)
log.info("hello"); log.error("bad")
handler.close()
"""
PRINTING = """
import sys
from hub.client.capture import capture
with capture("print/a", meta={"n": 1}):
    print("shown")
    print("wrong", file=sys.stderr)
    sys.stdout.write("unfin")
raise SystemExit(0)
"""
TWISTED = """
from twisted.internet import reactor
from hub.client.locator import Locator
from hub.client.twisted_producer import TwistedProducer
producer = TwistedProducer(reactor, Locator.from_environment().locate, "tx/a")
for number in range(5000):
    producer.write(b"line %d\\n" % number)
def over(result):
    print("over", result)
    reactor.stop()
producer.end("exit:0").addBoth(over)
reactor.run()
"""


def python(hub: RunningHub, text: str) -> tuple[bytes, bytes]:
    import subprocess

    done = subprocess.run([sys.executable, "-c", text], env=hub.env, capture_output=True, timeout=30, check=True)
    return done.stdout, done.stderr


def test_log_records_are_lines(hub: RunningHub) -> None:
    assert python(hub, LOGGING) == (b"", b"")
    assert hub.run("cat", "log/a").stdout == b"hello\nbad\n"
    hub.run("wait", "log/a")


def test_what_is_printed_is_shown_and_streamed(hub: RunningHub) -> None:
    assert python(hub, PRINTING) == (b"shown\nunfin", b"wrong\n")
    assert hub.run("cat", "print/a").stdout == b"shown\nwrong\nunfin"


def test_without_a_hub_a_program_is_not_held_up(tmp_path: Path) -> None:
    import os
    import subprocess

    env = {**os.environ, "HUB_DATA_DIR": str(tmp_path)}
    text = LOGGING.replace("handler.close()", "import os; os._exit(0)")
    subprocess.run([sys.executable, "-c", text], env=env, timeout=20, check=True)


def test_a_program_on_twisted(hub: RunningHub) -> None:
    assert python(hub, TWISTED)[0] == b"over None\n"
    assert hub.run("cat", "tx/a").stdout == b"".join(b"line %d\n" % number for number in range(5000))
