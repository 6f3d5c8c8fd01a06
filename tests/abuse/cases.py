"""What is done on the producer and data ports, and what comes of it. Each case is a function on a target."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from abuse.attacker import Attacker
from abuse.target import FIRST_FRAME_SECONDS, Target

Case = Callable[[Target], None]
SOON = FIRST_FRAME_SECONDS + 6.0
"""A deadline passed, with some patience for a busy machine."""
TCP_PORTS = ("producers", "commands", "data")

BAD_NAMES = (
    "../../etc/passwd",
    "..",
    ".",
    "a/../b",
    "/absolute",
    "trailing/",
    "double//slash",
    "%2e%2e/%2e%2e",
    "%00",
    "nul%00byte",
    "new%0Aline",
    "esc%1B%5B31m",
    "%E2%80%AE",
    "back\\slash",
    "C:",
    "x" * 201,
    "x" * 3000,
    "caf%C3%A9",
)
QUERIES = ("(a+)+$", "(a|a)*b", "(.*)*" * 50, "(x{1000}){1000}", "a{1,1000}{1,1000}", "(?R)", "\\1", "[", "(")
STRANGERS = {
    "ssh": b"SSH-2.0-OpenSSH_9.6\r\n",
    "smb": b"\x00\x00\x00\x85\xffSMBr\x00\x00\x00\x00\x18S\xc8",
    "rdp": b"\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00",
    "redis": b"*1\r\n$4\r\nPING\r\n",
    "smtp": b"EHLO evil.example\r\n",
    "socks": b"\x05\x01\x00",
    "nothing": b"\x00" * 64,
}


def frames_that_never_end(target: Target) -> None:
    """A header is at most 4 KiB, a first frame at most 8 KiB."""
    for port, start in (("data", b"HELLO HUB/1 token="), ("producers", b"HELLO HUB/1 stream=")):
        with target.attacker(port) as line:
            line.send(start + b"x" * 20_000)
            assert b"TOOBIG" in line.until_closed(SOON)
    with target.attacker("commands") as line:
        line.send(b'{"jsonrpc": "2.0", "method": "' + b"x" * 400_000)
        line.until_closed(SOON)


def a_byte_a_time_before_hello(target: Target) -> None:
    """The first frame has its time, however busily it trickles."""
    for port, text in (("commands", b'{"jsonrpc"'), ("data", b"HELLO HUB/1 tok"), ("producers", b"HELLO HUB/1 str")):
        with target.attacker(port) as line:
            begin = time.monotonic()
            for each in text * 20:
                if not line.send(bytes([each])) or time.monotonic() - begin > SOON:
                    break
                if line.take(0.15) == b"":
                    break
            assert b"ERR" in line.came or b"error" in line.came or port == "commands", line.came
            assert time.monotonic() - begin < SOON + 2


def a_byte_a_time_of_output(target: Target) -> None:
    """Output may trickle: that is no abuse, and costs nothing."""
    with target.attacker("producers") as line:
        line.send(b"HUB/1 RAW stream=trickle\n")
        for number in range(30):
            assert line.send(b"%d" % (number % 10))
            time.sleep(0.03)
    _until(lambda: "trickle" in target.streams())


def lengths_that_lie(target: Target) -> None:
    """Nothing is set aside for a length that is said: it is refused, and the connection ends."""
    for length in ("99999999999", "-1", "007", "1e3", "0x10", "٣", "1048577", ""):
        with target.attacker("data") as line:
            line.send(f"HELLO HUB/1 token={target.token}\n".encode())
            line.lines(1)
            line.send(f"SUB 1 ** {{{length}}}\n".encode())
            said = line.until_closed(SOON)
            assert b"ERR PROTO" in said or b"ERR TOOBIG" in said, (length, said)
        with target.attacker("producers") as line:
            line.send(f"HELLO HUB/1 stream=lies session={'k' * 22}\nDATA 0 {{{length}}}\n".encode())
            said = line.until_closed(SOON)
            assert b"ERR PROTO" in said or b"ERR TOOBIG" in said, (length, said)


def offsets_that_lie(target: Target) -> None:
    """An offset is a number below 2^53 that fits what is there."""
    for offset in (1, 1 << 53, 1 << 63, 1 << 64, -1, "x", "1.5"):
        with target.attacker("producers") as line:
            line.send(f"HELLO HUB/1 stream=offsets session={os.urandom(12).hex()} take=1\n".encode())
            line.lines(1)
            line.send(f"DATA {offset} {{1}}\nx\n".encode())
            said = line.until_closed(SOON)
            assert b"ERR OFFSET" in said or b"ERR PROTO" in said, (offset, said)


def acknowledgements_that_lie(target: Target) -> None:
    """What was never sent cannot be acknowledged, and windows have bounds."""
    for frame in ("ACK 1 99999999", "ACK 1 -1", f"ACK 1 {1 << 63}", "ACK x y", "UNSUB", "SUB", "SUB 1"):
        with target.attacker("data") as line:
            line.send(f"HELLO HUB/1 token={target.token}\nSUB 1 honest\n".encode())
            _hear(line, b"LIVE 1 ")
            line.send(f"{frame}\n".encode())
            _hear(line, b"ERR ")
    with target.attacker("data") as line:
        line.send(f"HELLO HUB/1 token={target.token} window={1 << 63}\n".encode())
        assert b"ERR PROTO" in line.until_closed(SOON)


def a_later_version_that_says_a_token(target: Target) -> None:
    """It is told the version; it never becomes a stream, and its token is nowhere."""
    for text in (b"HELLO HUB/2 stream=a token=%s\n", b"HUB/9 RAW token=%s\n"):
        with target.attacker("producers") as line:
            line.send(text % target.token.encode())
            said = line.until_closed(SOON)
            assert said.startswith(b"ERR VERSION supported=1"), said
            assert target.token.encode() not in said
    assert not any("token" in name for name in target.streams())


def names_with_tricks(target: Target) -> None:
    """A name is of a few characters, without dots as segments; no file is named after one in any case."""
    before = target.streams()
    for name in BAD_NAMES:
        with target.attacker("producers") as line:
            line.send(f"HELLO HUB/1 stream={name} session={'k' * 22}\n".encode())
            said = line.until_closed(SOON)
            assert said.startswith((b"ERR PROTO", b"ERR TOOBIG")), (name, said)
        with target.attacker("producers") as line:
            line.send(f"HUB/1 RAW stream={name}\nx\n".encode())
            said = line.until_closed(SOON)
            assert said.startswith((b"ERR PROTO", b"ERR TOOBIG")), (name, said)
    assert target.streams() == before


def patterns_that_explode(target: Target) -> None:
    """A pattern matches in linear time, or is refused."""
    with target.attacker("data") as line:
        line.send(f"HELLO HUB/1 token={target.token}\n".encode())
        line.lines(1)
        line.send(f"SUB 1 {'*a' * 40}\n".encode())
        assert line.lines(1)[0].startswith(b"ERR PROTO id=1"), "it concerns that subscription alone"
    with target.commander() as line:
        begin = time.monotonic()
        for query in (
            "(a+)+$",
            "(a|a)*b",
            "(.*)*" * 50,
            "(x{1000}){1000}",
            "a{1,1000}{1,1000}",
            "(?R)",
            "\\1",
            "[",
            "(",
        ):
            answer = line.call("stream.search", query=query, pattern="**", limit=10)
            assert "result" in answer or answer["error"]["data"]["code"] == "PROTO", (query, answer)
        for pattern in ("*" * 100, "**/" * 30 + "x", "a" * 10_000, "../**"):
            assert "error" in line.call("stream.list", pattern=pattern), pattern
        assert time.monotonic() - begin < 20


def strangers(target: Target) -> None:
    """Other protocols are told so in a line, or let go without a word; on these ports none becomes a stream."""
    for port in ("commands", "data"):
        for name, text in STRANGERS.items():
            with target.attacker(port) as line:
                line.send(text)
                said = line.until_closed(SOON)
                assert len(said) < 400, (port, name, said)


def http_where_none_is_spoken(target: Target) -> None:
    """One line says so, whatever the verb: a web page cannot make a browser talk to these ports."""
    before = target.stats()["http_on_plain"]
    for port in TCP_PORTS:
        for verb in (b"GET", b"POST", b"PUT", b"OPTIONS", b"BREW"):
            with target.attacker(port) as line:
                line.send(verb + b" / HTTP/1.1\r\nHost: evil.example\r\n\r\nHELLO HUB/1 token=x\n")
                assert line.until_closed(SOON) == b"ERR PROTO :this is not an HTTP port\n"
    assert target.stats()["http_on_plain"] == before + len(TCP_PORTS) * 5


def guessing_tokens(target: Target) -> None:
    """Each guess is refused alike, and counted; after some the answer is another, and good ones come in still."""
    before = target.stats()["refused"]
    answers = []
    for number in range(100):
        with target.attacker("data") as line:
            line.send(b"HELLO HUB/1 token=hub_admin_%032d\n" % number)
            answers.append(line.until_closed(SOON))
    looked_at = answers.count(b"ERR AUTH :this token is not valid\n")
    assert looked_at <= 60, "in a minute: none, where this is tried again"
    refused = [each for each in answers if each.startswith(b"ERR LIMIT retry_after=")]
    assert looked_at + len(refused) == 100
    assert all(b"limits.token_attempts_per_minute" in each for each in refused)
    assert target.stats()["refused"] >= before + 100


def a_crowd_that_says_nothing(target: Target) -> None:
    """Five hundred that never say hello are let go in time, and cost nothing meanwhile."""
    crowd = [target.attacker("data", tls=False) for _ in range(500)]
    begin = time.monotonic()
    for line in crowd:
        line.until_closed(SOON + 10)
        line.close()
    assert time.monotonic() - begin < SOON + 20
    _until(lambda: target.stats()["connections"] < 20)


def a_crowd_that_comes_and_goes(target: Target) -> None:
    """Sessions and subscriptions that are begun and left by the hundred leave nothing."""
    for _ in range(150):
        with target.attacker("data") as line:
            line.send(f"HELLO HUB/1 token={target.token}\nSUB 1 ** from=start\nUNSUB 1\nBYE\n".encode())
            line.until_closed(SOON)
    _until(lambda: target.stats()["connections"] < 20)


def readers_that_never_read(target: Target) -> None:
    """Readers that take nothing cost a bounded amount, and nobody else."""
    with target.attacker("producers") as noisy:
        noisy.send(b"HUB/1 RAW stream=noise\n")
        stalled = [target.attacker("data") for _ in range(20)]
        for line in stalled:
            line.send(f"HELLO HUB/1 token={target.token}\nSUB 1 noise from=start\n".encode())
        for _ in range(200):
            assert noisy.send(b"n" * 65535 + b"\n")
    for line in stalled:
        line.close()
    _until(lambda: target.stats()["queued_bytes"] < 1 << 20)


def _hear(line: Attacker, word: bytes) -> None:
    """Wait until the hub says something."""
    deadline = time.monotonic() + SOON
    while word not in line.came:
        assert time.monotonic() < deadline, f"{word!r} never came: {line.came[-300:]!r}"
        assert line.take(1.0) != b"", f"closed before {word!r}: {line.came[-300:]!r}"


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.1)


PORT_CASES: tuple[Case, ...] = (
    frames_that_never_end,
    a_byte_a_time_before_hello,
    a_byte_a_time_of_output,
    lengths_that_lie,
    offsets_that_lie,
    acknowledgements_that_lie,
    a_later_version_that_says_a_token,
    names_with_tricks,
    patterns_that_explode,
    strangers,
    http_where_none_is_spoken,
    guessing_tokens,
    a_crowd_that_says_nothing,
    a_crowd_that_comes_and_goes,
    readers_that_never_read,
)
