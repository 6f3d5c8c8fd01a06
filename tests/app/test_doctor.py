"""What `hub doctor` finds, on machines that are not as they should be."""

from __future__ import annotations

import datetime
import resource
import shutil
import socket
from pathlib import Path

import pytest

from fakes.certificates import Authority, certificate_that_ends
from hub.adapters.tls import TlsFiles
from hub.app import doctor, doctor_certificates, machine
from hub.app.config import Config, Tls
from hub.app.config_retention import Retention
from hub.app.doctor import examine
from hub.app.finding import Finding
from hub.model.limits import Limits

# Twisted hands certificates to pyOpenSSL in a form that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")
FREE = "tcp:0:interface=127.0.0.1"


def config(tmp_path: Path, **more: object) -> Config:
    places = {"producers": FREE, "commands": FREE, "data": FREE}
    return Config(data_dir=str(tmp_path), **{**places, **more})  # type: ignore[arg-type]


def finding(config: Config, check: str) -> Finding:
    (found,) = [each for each in examine(config) if each.check == check]
    assert found.advice or found.state == "ok", "what is not all right says what to do"
    return found


def test_every_check_looks_at_something(tmp_path: Path) -> None:
    checks = [each.check for each in examine(config(tmp_path))]
    expected = ["configuration", "sqlite", "data directory", "disk", "memory", "open files", "backlog", "clock"]
    assert checks[:8] == expected
    assert checks[8:] == ["producers", "commands", "data", "web"]


def test_a_configuration_that_no_hub_would_start_with(tmp_path: Path) -> None:
    found = finding(config(tmp_path, producers="tcp:7411"), "configuration")
    assert found.state == "fail"
    assert "allow_plain_beyond_loopback" in found.text


def test_a_data_directory_that_others_may_look_into(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    found = finding(config(tmp_path), "data directory")
    assert (found.state, found.advice) == ("warn", f"chmod 700 {tmp_path}")
    tmp_path.chmod(0o700)
    assert finding(config(tmp_path), "data directory").state == "ok"


def test_a_network_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(doctor, "file_system", lambda path: "nfs4")
    assert finding(config(tmp_path), "data directory").state == "fail"


def test_a_disk_that_is_too_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    for free, state in ((100 << 20, "fail"), (5 << 30, "warn"), (100 << 30, "ok")):
        monkeypatch.setattr(shutil, "disk_usage", lambda path, free=free: usage._replace(free=free))
        assert finding(config(tmp_path), "disk").state == state
    assert finding(config(tmp_path, retention=Retention(total_bytes=0)), "disk").state == "warn"


def test_a_disk_that_will_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=10 << 30))
    monkeypatch.setattr(doctor, "stored", lambda path: (1 << 30, float(2 << 30)))
    found = finding(config(tmp_path), "disk")
    assert found.state == "warn"
    assert "2.0 GiB a day so far, full in about 5 days" in found.text


def test_limits_of_the_process_and_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda which: (1024, 4096))
    assert finding(config(tmp_path), "open files").state == "warn"
    assert finding(config(tmp_path, limits=Limits(connections=1000)), "open files").state == "ok"
    monkeypatch.setattr(doctor, "memory_limit", lambda: 512 << 20)
    assert finding(config(tmp_path), "memory").state == "warn"


@pytest.mark.parametrize(("kept", "state"), [(True, "ok"), (None, "ok"), (False, "warn")])
def test_a_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool | None, state: str) -> None:
    monkeypatch.setattr(doctor, "clock_is_kept", lambda: kept)
    assert finding(config(tmp_path), "clock").state == state


def test_a_clock_that_went_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    future = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=2)
    monkeypatch.setattr(doctor, "newest_ms", lambda path: int(future.timestamp() * 1000))
    found = finding(config(tmp_path), "clock")
    assert found.state == "fail"
    assert "in the future" in found.text


def test_the_kernel_says_whether_its_clock_is_kept() -> None:
    assert machine.clock_is_kept() in (True, False, None)


def test_a_certificate_that_ends_soon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files: TlsFiles = Authority(tmp_path).issue("localhost")
    tls = {"tls": Tls(certificate=files.certificate, key=files.key), "web": config(tmp_path).web}
    there = config(tmp_path, producers="ssl:0:interface=127.0.0.1", **tls)
    assert finding(there, "certificate").state == "ok"
    monkeypatch.setattr(doctor_certificates, "CERTIFICATE_WARN_DAYS", 1 << 30)
    assert finding(there, "certificate").state == "warn"


@pytest.mark.parametrize(
    ("left", "text"),
    [
        ({"days": -2, "hours": -6}, "ended 2 days ago"),
        ({"days": -1, "hours": -1}, "ended 1 day ago"),
        ({"hours": -1}, "ended less than a day ago"),
        ({"hours": 12}, "is good for less than a day"),
        ({"days": 3, "hours": 1}, "is good for 3 days"),
        ({"days": 1001}, "is not good before"),
    ],
)
def test_a_certificate_that_has_ended_and_when(tmp_path: Path, left: dict[str, float], text: str) -> None:
    files: TlsFiles = Authority(tmp_path).issue("localhost")
    Path(files.certificate).write_bytes(certificate_that_ends(datetime.timedelta(**left), "localhost"))
    tls = Tls(certificate=files.certificate, key=files.key)
    found = finding(config(tmp_path, producers="ssl:0:interface=127.0.0.1", tls=tls), "certificate")
    assert found.text.startswith(f"{files.certificate} {text}")
    assert found.state == ("warn" if "good for" in text else "fail")


def client_authorities(tmp_path: Path, content: bytes | None) -> list[tuple[str, str]]:
    """Return what is found about a file of authorities, or about none where there should be one."""
    files: TlsFiles = Authority(tmp_path).issue("localhost")
    path = tmp_path / "clients.pem"
    if content is not None:
        path.write_bytes(content)
    tls = Tls(certificate=files.certificate, key=files.key, client_ca=str(path))
    findings = examine(config(tmp_path, producers="ssl:0:interface=127.0.0.1", tls=tls))
    found = [each for each in findings if each.check == "client CA"]
    assert all(each.state == "ok" or "tls.client_ca" in each.advice + each.text for each in found)
    assert all(each.state == "ok" or each.advice for each in found)
    return [(each.state, each.text.removeprefix(f"{path}: ")) for each in found]


def test_authorities_of_clients_that_are_all_right_or_end(tmp_path: Path) -> None:
    good, ending, ended = (
        certificate_that_ends(datetime.timedelta(days=days, hours=1), f"{days} days") for days in (400, 5, -4)
    )
    assert client_authorities(tmp_path, good + ending + ended) == [
        ("ok", "CN=400 days is good for 400 days"),
        ("warn", "CN=5 days is good for 5 days"),
        ("fail", "CN=-4 days ended 3 days ago"),
    ]


@pytest.mark.parametrize(
    ("is_ca", "signs", "believed"),
    [
        (True, None, True),
        (True, True, True),
        (None, True, True),
        (True, False, False),
        (False, None, False),
        (None, None, False),
        (None, False, False),
    ],
)
def test_a_certificate_of_a_client_in_the_place_of_its_authoritys(
    tmp_path: Path, is_ca: bool | None, signs: bool | None, believed: bool
) -> None:
    content = certificate_that_ends(datetime.timedelta(days=400), "box7", is_ca=is_ca, signs=signs)
    ((state, text),) = client_authorities(tmp_path, content)
    assert state == ("ok" if believed else "fail")
    assert text.startswith("CN=box7 is good for" if believed else "CN=box7 is no authority's")


@pytest.mark.parametrize(("content", "why"), [(None, "cannot be read"), (b"nonsense", "holds no certificate in PEM")])
def test_authorities_of_clients_that_are_not_there(tmp_path: Path, content: bytes | None, why: str) -> None:
    ((state, text),) = client_authorities(tmp_path, content)
    assert state == "fail"
    assert why in text


def test_an_authority_of_clients_as_it_should_be(tmp_path: Path) -> None:
    ((state, _),) = client_authorities(tmp_path, Authority(tmp_path).root_pem)
    assert state == "ok"


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        endpoint = f"tcp:{taken.getsockname()[1]}:interface=127.0.0.1"
        found = finding(config(tmp_path, producers=endpoint), "producers")
    assert found.state == "fail"
    assert "setting: producers" in found.advice


def test_what_cannot_be_looked_at_is_a_warning_and_no_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: object) -> object:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(shutil, "disk_usage", broken)
    found = [each for each in examine(config(tmp_path)) if each.check == "disk"]
    assert [(each.state, each.text) for each in found] == [("warn", "could not be looked at: Permission denied")]
