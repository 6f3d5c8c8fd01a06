"""What the hub has counted since it started; the names are those of `hub.stats`."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain integers: the hot path adds, everybody else reads."""

    lines: int = 0
    bytes: int = 0
    delivered_bytes: int = 0
    gap_bytes: int = 0
    busy: int = 0
    slots_honoured: int = 0
    slots_missed: int = 0
    refused: int = 0
    unknown_verbs: int = 0
    http_on_plain: int = 0
    tls_on_plain: int = 0
    truncations: int = 0
    takeovers: int = 0
    slow: int = 0
    idle: int = 0
    failures: int = 0
    queues_emptied: int = 0
    analyzer_ends: int = 0
    """How often the analyzer ended without being asked to, or could not be started."""
    connections_refused: int = 0
    handshakes_refused: int = 0
    admitted: int = 0
    problems: dict[str, int] = field(default_factory=dict)
    """How often each error code was told."""

    def mistake(self, kind: str) -> None:
        """Count somebody who meant another kind of port: `http` or `tls`."""
        self.http_on_plain += kind == "http"
        self.tls_on_plain += kind == "tls"

    def problem(self, word: str) -> None:
        """Count a problem that a peer was told."""
        self.problems[word] = self.problems.get(word, 0) + 1
        if word == "BUSY":
            self.busy += 1
        elif word == "SLOW":
            self.slow += 1
        elif word == "IDLE":
            self.idle += 1
        elif word in ("AUTH", "DENIED", "LIMIT", "EXPIRED"):
            self.refused += 1
