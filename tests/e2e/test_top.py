"""`hub top` against a real hub."""

from __future__ import annotations

import json
import os
import pty
import signal

from running_hub import RunningHub


def test_it_shows_what_goes_on_once_and_live(hub: RunningHub) -> None:
    controller, terminal = pty.openpty()
    try:
        with hub.start("send", "going/on") as send:
            send.feed(b"one\n")
            hub.until_listed()
            shown = json.loads(hub.run("top", "--json").stdout)
            assert [row["stream"] for row in shown["streams"]] == ["going/on"]
            assert shown["stats"]["admission"]["admitted"] > 0
            assert b"going/on" in hub.run("top", "--once").stdout
            with open(terminal, "wb", buffering=0, closefd=False) as out, hub.start("top", stdout=out) as top:
                top.read_until(controller, b"going/on")
                send.feed(b"two\n" * 5)
                top.read_until(controller, b"lines/s")
                assert top.end(signal.SIGINT) == 130
    finally:
        os.close(controller)
        os.close(terminal)
