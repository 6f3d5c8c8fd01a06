"""How a hub that tests share is made empty again."""

from __future__ import annotations

import json
import socket
from typing import Any

from running_hub import PATIENCE_SECONDS, RunningHub


def delete_all_streams(hub: RunningHub) -> None:
    """Delete all streams, written or not."""
    with socket.create_connection(("127.0.0.1", hub.port("commands")), PATIENCE_SECONDS) as admin:
        answers = admin.makefile("rb")

        def call(method: str, **params: object) -> Any:
            admin.sendall(json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode() + b"\n")
            answer = json.loads(answers.readline())
            assert "result" in answer, answer
            return answer["result"]

        call("hub.hello", protocol="HUB/1", token=(hub.data_dir / "admin.token").read_text().strip())
        while rows := call("stream.list", limit=1000)["streams"]:
            for row in rows:
                call("stream.delete", stream=row["stream"], force=True)
