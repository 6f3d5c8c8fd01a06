"""What is done to TLS itself, and what comes of it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
from pathlib import Path

from abuse.cases import SOON, Case
from abuse.target import Target
from fakes.certificates import Authority
from running_hub import LISTENERS

S_CLIENT = ("openssl", "s_client", "-connect")
CLIENT_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"


def handshakes_that_stall(target: Target) -> None:
    """Whoever says nothing, or half a hello, or a byte at a time, is cut off in time."""
    for port in LISTENERS:
        for text in (b"", CLIENT_HELLO):
            with target.attacker(port, tls=False) as line:
                begin = time.monotonic()
                line.send(text)
                line.until_closed(SOON)
                assert time.monotonic() - begin < SOON
        with target.attacker(port, tls=False) as line:
            begin = time.monotonic()
            for each in CLIENT_HELLO * 3:
                if not line.send(bytes([each])) or line.take(0.2) == b"":
                    break
            line.until_closed(SOON)
            assert time.monotonic() - begin < SOON + 4


def plain_words_to_a_port_of_tls(target: Target) -> None:
    """They are let go: nothing is read of a token that was said in the clear."""
    for port in LISTENERS:
        with target.attacker(port, tls=False) as line:
            line.send(f"HELLO HUB/1 token={target.token}\nGET / HTTP/1.1\r\n\r\n".encode())
            assert b"OK" not in line.until_closed(SOON)


def wrong_certificates(target: Target) -> None:
    """A client's certificate of another authority, or an expired one, ends the handshake."""
    elsewhere = Path(target.authority.directory) / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    stranger = Authority(elsewhere).issue("box7.example", common_name="box7")
    for port in LISTENERS:
        context = ssl.create_default_context(cafile=target.authority.root)
        context.load_cert_chain(stranger.certificate, stranger.key)
        try:
            with (
                socket.create_connection(("127.0.0.1", target.ports[port]), 10) as plain,
                context.wrap_socket(plain, server_hostname="localhost") as line,
            ):
                line.sendall(b"HUB/1 RAW stream=stranger\nx\n")
                assert line.recv(100) == b"", "the hub talked to a stranger's certificate"
        except (ssl.SSLError, ConnectionError):
            pass
    assert "stranger" not in target.streams()


def renegotiation(target: Target) -> None:
    """A client that wants to shake hands again and again is refused."""
    for port in LISTENERS:
        done = subprocess.run(
            [*S_CLIENT, f"127.0.0.1:{target.ports[port]}", "-tls1_2"],
            input=b"R\nR\nR\n",
            capture_output=True,
            timeout=20,
            check=False,
        )
        said = done.stdout + done.stderr
        assert b"RENEGOTIATING" in said
        assert b"no renegotiation" in said.lower() or b"error" in said.lower() or done.returncode != 0, said[-500:]


def old_versions(target: Target) -> None:
    """TLS below 1.2 is not spoken."""
    for version in ("-tls1", "-tls1_1"):
        done = subprocess.run(
            [
                "openssl",
                "s_client",
                "-connect",
                f"127.0.0.1:{target.ports['web']}",
                version,
                "-cipher",
                "ALL:@SECLEVEL=0",
            ],
            input=b"",
            capture_output=True,
            timeout=20,
            check=False,
        )
        assert done.returncode != 0, done.stdout[-500:]


def broken_records(target: Target) -> None:
    """Bytes that are no TLS within a connection of TLS end that connection alone."""
    for port in LISTENERS:
        context = ssl.create_default_context(cafile=target.authority.root)
        with (
            socket.create_connection(("127.0.0.1", target.ports[port]), 10) as plain,
            context.wrap_socket(plain, server_hostname="localhost") as line,
        ):
            broken = socket.socket(fileno=line.detach())
        with broken:
            broken.sendall(b"\x17\x03\x03\x00\x20" + b"\xff" * 32)
            broken.settimeout(SOON)
            try:
                while broken.recv(4096):
                    pass
            except ConnectionError:
                pass


TLS_CASES: tuple[Case, ...] = (
    handshakes_that_stall,
    plain_words_to_a_port_of_tls,
    wrong_certificates,
    renegotiation,
    old_versions,
    broken_records,
)
