"""What a machine has to be like for a hub to do well, looked at from outside; each finding says what to do.

Nothing is changed, and a running hub is only asked.
"""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from hub.app.cli import words
from hub.app.config import LISTENERS, Config
from hub.app.config_check import config_problems
from hub.app.config_data_dir import open_to_others
from hub.app.config_endpoint import parse_endpoint
from hub.app.doctor_certificates import certificates, client_authorities
from hub.app.finding import Finding, State
from hub.app.machine import clock_is_kept, existing, file_system, memory_limit, newest_ms, stored
from hub.client.connection import Address, Connection, Unreachable
from hub.client.locator import Locator
from hub.model.problem import Problem

LEAST_SQLITE = (3, 51, 3)
SPARE_FILES = 256
BACKLOG = 4096
WAL_ROOM = 256 << 20
NETWORK_FILE_SYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "glusterfs", "fuse.s3fs"})


def examine(config: Config) -> Iterator[Finding]:
    """Yield a finding for each check, in the order in which one would look."""
    for check in _CHECKS:
        try:
            yield from check(config)
        except OSError as error:
            name = check.__name__.strip("_").replace("_", " ")
            yield Finding(name, "warn", f"could not be looked at: {error.strerror or error}")


def _configuration(config: Config) -> Iterator[Finding]:
    problems = config_problems(config)
    for problem in problems:
        yield Finding("configuration", "fail", problem, "`hub config show` tells where each value comes from")
    if not problems:
        yield Finding("configuration", "ok", "a hub would start with it")


def _versions(config: Config) -> Iterator[Finding]:
    import apsw

    found = apsw.sqlite_lib_version()
    version = tuple(int(each) for each in found.split("."))
    python = ".".join(map(str, sys.version_info[:3]))
    if version < LEAST_SQLITE:
        least = ".".join(map(str, LEAST_SQLITE))
        text = f"{found} may damage a file whose log is reset (fixed in {least})"
        yield Finding("sqlite", "fail", text, "pip install --upgrade apsw")
    else:
        yield Finding("sqlite", "ok", f"{found}, Python {python}")


def _data_dir(config: Config) -> Iterator[Finding]:
    path = config.data_path
    if not path.exists():
        yield Finding("data directory", "ok", f"{path} will be made, for its owner alone")
        return
    if not os.access(path, os.W_OK | os.X_OK):
        yield Finding(
            "data directory", "fail", f"{path} cannot be written by this user", "chown it, or run as its owner"
        )
        return
    said = open_to_others(path)
    if said is not None:
        yield Finding("data directory", "warn", said, f"chmod 700 {path}")
    kind = file_system(path)
    if kind in NETWORK_FILE_SYSTEMS:
        text = f"{path} is on {kind}: network file systems do not lock and sync as SQLite needs"
        yield Finding("data directory", "fail", text, "use a local disk")
    elif said is None:
        yield Finding("data directory", "ok", f"{path}, on {kind or 'a local disk'}")


def _disk(config: Config) -> Iterator[Finding]:
    path = existing(config.data_path)
    free = shutil.disk_usage(path).free
    there, a_day = stored(config.data_path)
    kept = config.retention.total_bytes
    more = max(kept - there, 0) if kept else 0
    forecast = f"; {words.size(a_day)} a day so far" if a_day else ""
    if a_day and more > free:
        forecast += f", full in about {int(free / a_day)} days"
    text = f"{words.size(free)} free, {words.size(there)} stored{forecast}"
    if free < WAL_ROOM:
        yield Finding("disk", "fail", text, f"free at least {words.size(WAL_ROOM)}: the log of the store needs that")
    elif more + WAL_ROOM > free:
        advice = f"retention.total_bytes ({words.size(kept)}) is more than fits: lower it, or give it a larger disk"
        yield Finding("disk", "warn", text, advice)
    elif not kept:
        yield Finding("disk", "warn", text, "retention.total_bytes = 0 keeps everything until the disk is full")
    else:
        yield Finding("disk", "ok", text)


def _open_files(config: Config) -> Iterator[Finding]:
    needed = config.limits.connections + SPARE_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        text = f"at most {hard}; limits.connections ({config.limits.connections}) needs {needed}"
        advice = "LimitNOFILE= of the service, ulimit -Hn, or fewer limits.connections"
        yield Finding("open files", "warn", text, advice)
    else:
        yield Finding("open files", "ok", f"{needed} are allowed")


def _backlog(config: Config) -> Iterator[Finding]:
    path = Path("/proc/sys/net/core/somaxconn")
    if not path.exists():
        return
    allowed = int(path.read_text())
    if allowed < BACKLOG:
        text = f"net.core.somaxconn is {allowed}: when a thousand clients come back at once, some are refused"
        yield Finding("backlog", "warn", text, f"sysctl -w net.core.somaxconn={BACKLOG}")
    else:
        yield Finding("backlog", "ok", f"net.core.somaxconn is {allowed}")


def _memory(config: Config) -> Iterator[Finding]:
    limits = config.limits
    most = limits.tail_bytes + limits.reader_queues_bytes + limits.not_durable_bytes + (150 << 20)
    if config.store == "memory":
        most += limits.memory_store_bytes
    there = memory_limit()
    text = f"up to {words.size(most)} by the limits, {words.size(there)} there"
    if most > there:
        advice = "lower limits.tail_bytes and limits.reader_queues_bytes, or give it more memory"
        yield Finding("memory", "warn", text, advice)
    else:
        yield Finding("memory", "ok", text)


def _clock(config: Config) -> Iterator[Finding]:
    in_time = clock_is_kept()
    newest = newest_ms(config.data_path)
    now = time.time_ns() // 1_000_000
    if newest is not None and newest > now + 60_000:
        text = f"the newest output is from {words.span((newest - now) / 1000)} in the future: the clock went back"
        yield Finding("clock", "fail", text, "set the clock; retention and expiry go by it")
    elif in_time is False:
        yield Finding("clock", "warn", "nothing keeps it in time", "turn on chrony or systemd-timesyncd")
    elif in_time is None:
        yield Finding("clock", "ok", "whether something keeps it in time cannot be seen here")
    else:
        yield Finding("clock", "ok", "kept in time")


def _ports(config: Config) -> Iterator[Finding]:
    try:
        hub = Locator(data_dir=str(config.data_path)).locate()
    except Unreachable:
        for listener in LISTENERS:
            yield from _is_free(listener, config.endpoint(listener))
        return
    for listener in ("producers", "commands", "data"):
        try:
            address = hub.address(listener)
            Connection.open(address, 5.0).close()
        except (Unreachable, Problem) as error:
            yield Finding(listener, "fail", str(error), "is it the hub of this data directory? See its log")
        else:
            yield Finding(listener, "ok", f"answers at {address}")
    yield from _is_ready(hub.web, hub.certificate)


def _is_free(listener: str, endpoint: str) -> Iterator[Finding]:
    parsed = parse_endpoint(endpoint)
    if not parsed.port:
        yield Finding(listener, "ok", f"no hub runs; {endpoint} would be opened")
        return
    host = parsed.keys.get("interface", "")
    family = socket.AF_INET6 if ":" in host or parsed.kind == "tcp6" else socket.AF_INET
    with socket.socket(family) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, parsed.port))
        except OSError as error:
            advice = f"`ss -ltnp` shows who; or choose another (setting: {listener})"
            if error.errno == errno.EACCES:
                advice = "ports below 1024 are for root; choose a higher one"
            yield Finding(listener, "fail", f"{endpoint}: {error.strerror}", advice)
        else:
            yield Finding(listener, "ok", f"no hub runs; {endpoint} is free")


def _is_ready(web: str, certificate: str | None) -> Iterator[Finding]:
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    from hub.client.trust import client_context

    if web.startswith("unix:"):
        Connection.open(Address.parse(web), 5.0).close()
        yield Finding("web", "ok", f"answers at {web}")
        return
    parts = urlsplit(web)
    host = parts.hostname or ""
    connection = HTTPConnection(host, parts.port, timeout=5)
    if parts.scheme == "https":
        connection = HTTPSConnection(host, parts.port, timeout=5, context=client_context(certificate))
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        answer = connection.getresponse()
        said = answer.read(200).decode("utf-8", "replace").strip()
    except (OSError, HTTPException, ssl.SSLError) as error:
        yield Finding("web", "fail", f"{web}/readyz: {error}", "see the hub's log")
        return
    finally:
        connection.close()
    state: State = "ok" if answer.status == 200 else "fail"
    yield Finding(
        "web", state, f"{web}/readyz: {said}", "" if state == "ok" else "the text says what the store waits for"
    )


_CHECKS: tuple[Callable[[Config], Iterator[Finding]], ...] = (
    _configuration,
    _versions,
    _data_dir,
    _disk,
    _memory,
    _open_files,
    _backlog,
    _clock,
    certificates,
    client_authorities,
    _ports,
)
