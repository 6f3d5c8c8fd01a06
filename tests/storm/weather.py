"""The hub in a storm: plain or TLS, watched from outside for open files and memory."""

from __future__ import annotations

import datetime
import os
import sys
import threading
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from faults.hub_process import HubProcess

LOOK_SECONDS = 0.2


class StormHub(HubProcess):
    """`hub serve` whose framed ports may be TLS, and whose machine may be a small one."""

    def __init__(self, directory: Path, *, tls: bool = False, small_mb: int | None = None, **env: str) -> None:
        """`small_mb`: it has one core, and each of its processes so much memory and no more."""
        self._certificate = make_certificate(directory.parent) if tls else None
        if small_mb is not None:
            core = min(os.sched_getaffinity(0))
            self.prefix = (sys.executable, "-m", "storm.small", str(core), str(small_mb << 20))
        super().__init__(directory, **env)

    def endpoint(self, name: str, port: int) -> str:
        if self._certificate is None or name == "web":
            return super().endpoint(name, port)
        key, certificate = self._certificate
        return f"ssl:{port}:interface=127.0.0.1:privateKey={key}:certKey={certificate}"


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """Write a key and a certificate signed by itself; return where they are."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    paths = directory / "key.pem", directory / "certificate.pem"
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    paths[0].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    paths[1].write_bytes(certificate.public_bytes(pem))
    return paths


class Reading(NamedTuple):
    """Open files and memory of a process, and what it has with those that it started."""

    files: int
    rss_mb: float
    all_mb: float = 0.0


class Watch:
    """Looks at a process now and then; remembers the most that it saw."""

    def __init__(self, hub: HubProcess) -> None:
        self._hub = hub
        self._most = Reading(0, 0.0)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def most(self) -> Reading:
        """Return the most since this was last asked."""
        most, self._most = self._most, Reading(0, 0.0)
        return most

    def close(self) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            now = reading(self._hub.process.pid)
            self._most = Reading(*map(max, now, self._most))


def reading(pid: int) -> Reading:
    """Return what a process has now; nothing where it is gone."""
    try:
        files = len(os.listdir(f"/proc/{pid}/fd"))
        own = rss_mb(pid)
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return Reading(0, 0.0)
    return Reading(files, own, own + sum(map(rss_mb_or_none, children)))


def rss_mb(pid: int | str) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def rss_mb_or_none(pid: str) -> float:
    """Return the memory of a process that may be gone."""
    try:
        return rss_mb(pid)
    except OSError:
        return 0.0
