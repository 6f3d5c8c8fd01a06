"""Which listener speaks TLS and with what, and which proxies are believed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fakes.certificates import Authority
from hub.adapters.tls import TlsFiles
from hub.app.config import LISTENERS, Config, Tls, Web
from hub.app.config_check import config_problems
from hub.app.config_tls import below_tls, speaks_tls, tls_files

# Twisted hands certificates to pyOpenSSL in a form that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")

LOOPBACK = "tcp:7411:interface=127.0.0.1"


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    return Authority(tmp_path).issue("localhost")


def of(files: TlsFiles, endpoint: str, **more: object) -> Config:
    tls = Tls(certificate=files.certificate, key=files.key)
    return Config(data_dir="/d", producers=endpoint, tls=tls, **more)  # type: ignore[arg-type]


REACHED = ["tcp:9", "tcp:9:interface=0.0.0.0", "tcp6:9:interface=\\:\\:", "systemd:domain=INET:index=0"]


@pytest.mark.parametrize("endpoint", [*REACHED, "ssl:9", "ssl:9:interface=127.0.0.1"])
def test_plain_settings_are_for_what_can_be_reached_from_beyond_and_for_bare_ssl(
    files: TlsFiles, endpoint: str
) -> None:
    config = of(files, endpoint)
    assert config_problems(config) == []
    assert tls_files(config, "producers") == files
    assert [name for name in LISTENERS if speaks_tls(config, name)] == ["producers"]


@pytest.mark.parametrize("endpoint", [LOOPBACK, "unix:/run/hub.sock", "systemd:domain=UNIX:index=0"])
def test_what_is_local_stays_plain(files: TlsFiles, endpoint: str) -> None:
    assert tls_files(of(files, endpoint), "producers") is None


def test_an_ssl_endpoint_may_have_files_of_its_own(files: TlsFiles, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    own = Authority(tmp_path / "own").issue("x")
    config = of(files, f"ssl:9:privateKey={own.key}:certKey={own.certificate}")
    assert tls_files(config, "producers") == own
    assert config_problems(config) == []
    one_file = Path(own.key)
    one_file.write_bytes(one_file.read_bytes() + Path(own.certificate).read_bytes())
    config = of(files, f"ssl:9:privateKey={own.key}")
    assert tls_files(config, "producers") == TlsFiles(own.key, own.key)
    assert config_problems(config) == []


def test_endpoints_with_other_keys_are_twisteds_own(files: TlsFiles) -> None:
    config = of(files, f"ssl:9:privateKey={files.key}:certKey={files.certificate}:sslmethod=TLSv1_2_METHOD")
    assert tls_files(config, "producers") is None
    assert speaks_tls(config, "producers")


@pytest.mark.parametrize(
    ("endpoint", "below"),
    [
        ("ssl:9", "tcp:9"),
        ("ssl:9:interface=127.0.0.1:privateKey=k:certKey=c", "tcp:9:interface=127.0.0.1"),
        ("ssl:port=9:interface=\\:\\:1:backlog=7", "tcp:9:interface=\\:\\:1:backlog=7"),
        ("haproxy:ssl:9", "haproxy:tcp:9"),
        ("tcp:9:interface=0.0.0.0", "tcp:9:interface=0.0.0.0"),
        ("systemd:domain=INET:index=0", "systemd:domain=INET:index=0"),
    ],
)
def test_tls_lies_over_tcp(endpoint: str, below: str) -> None:
    assert below_tls(endpoint) == below


def test_what_is_missing_or_broken_is_named(files: TlsFiles) -> None:
    (problem,) = config_problems(Config(data_dir="/d", tls=Tls(certificate=files.certificate)))
    assert "tls.certificate and tls.key go together" in problem
    (problem,) = config_problems(Config(data_dir="/d", producers="ssl:9"))
    assert problem.startswith("producers: an ssl: endpoint needs tls.certificate")
    (problem,) = config_problems(Config(data_dir="/d", tls=Tls(client_ca="ca.pem")))
    assert problem.startswith("tls.client_ca asks")
    Path(files.key).write_bytes(b"nonsense")
    (problem,) = config_problems(of(files, "tcp:9"))
    assert problem.startswith(f"tls.key: {files.key}")


def test_whom_to_believe_has_to_be_said() -> None:
    (problem,) = config_problems(Config(data_dir="/d", producers=f"haproxy:{LOOPBACK}"))
    assert problem.startswith("producers: anybody could say whom they speak for; set proxies")
    (problem,) = config_problems(Config(data_dir="/d", web=Web(user_header="X-Remote-User")))
    assert "set proxies" in problem
    (problem,) = config_problems(Config(data_dir="/d", proxies=("nowhere",)))
    assert problem.startswith("proxies: 'nowhere' is neither")
    fine = Config(
        data_dir="/d",
        producers=f"haproxy:{LOOPBACK}",
        proxies=("127.0.0.1", "unix", "10.0.0.0/8"),
        web=Web(user_header="X-Remote-User", base_path="/hub"),
    )
    assert config_problems(fine) == []
