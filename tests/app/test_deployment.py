"""The files for containers, systemd and Kubernetes against the hub's own settings and commands."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fakes.certificates import Authority
from hub.app.cli.group import COMMANDS
from hub.app.config import LISTENERS, load_config
from hub.app.config_check import config_problems
from hub.app.config_endpoint import parse_endpoint
from hub.app.config_settings import all_settings
from hub.app.config_sources import load_settings
from hub.app.config_tls import speaks_tls
from hub.app.notify import Notifier
from hub.client.places import local_data_dir
from hub.model.limits import Limits

# Twisted hands certificates to pyOpenSSL in a form that is to go.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")

ROOT = Path(__file__).parent.parent.parent
CONTAINER = (ROOT / "Containerfile").read_text()
COMPOSE = (ROOT / "compose.yaml").read_text()
SYSTEMD = ROOT / "deploy" / "systemd"
SERVICE = (SYSTEMD / "hub.service").read_text()
SOCKETS = (SYSTEMD / "hub.socket").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
KUBERNETES = (ROOT / "deploy" / "kubernetes.yaml").read_text()
VARIABLES = {each.env for each in all_settings().values()}


@pytest.mark.parametrize("text", [CONTAINER, COMPOSE, SERVICE, KUBERNETES], ids=["image", "compose", "unit", "k8s"])
def test_variables_are_settings(text: str) -> None:
    assert set(re.findall(r"\bHUB_[A-Z_]+", text)) <= VARIABLES


def image_env() -> dict[str, str]:
    block = re.search(r"^ENV (.*?)^USER", CONTAINER, re.MULTILINE | re.DOTALL)
    assert block is not None
    return dict(re.findall(r"(HUB_\w+)=(\S+)", block[1]))


def test_the_image_starts_only_where_somebody_says_that_plain_is_meant(tmp_path: Path) -> None:
    env = {**image_env(), "XDG_CONFIG_HOME": str(tmp_path)}
    problems = config_problems(load_settings({}, env).config)
    assert len(problems) == len(LISTENERS)
    assert all("allow_plain_beyond_loopback" in problem for problem in problems)
    config = load_config({}, {**env, "HUB_ALLOW_PLAIN_BEYOND_LOOPBACK": "yes"})
    assert config.data_dir == "/var/lib/hub"
    assert [parse_endpoint(config.endpoint(name)).port for name in LISTENERS] == [7411, 7412, 7413, 7480]


def test_the_image_runs_commands_that_there_are_as_nobody() -> None:
    for words in re.findall(r'CMD \["([^"]+)"(?:, "([^"]+)")?\]', CONTAINER):
        assert [word for word in words if word and word not in ("hub", *COMMANDS)] == []
    assert "USER 7480:7480" in CONTAINER
    assert CONTAINER.index("USER") < CONTAINER.index("ENTRYPOINT")
    assert "HEALTHCHECK" in CONTAINER


def test_a_hub_has_time_to_drain() -> None:
    limits = Limits()
    needed = 2 * limits.drain_seconds + limits.close_seconds
    for text, key in ((COMPOSE, "stop_grace_period: "), (SERVICE, "TimeoutStopSec="), (KUBERNETES, "PeriodSeconds: ")):
        given = re.search(rf"{key}(\d+)", text)
        assert given is not None
        assert int(given[1]) > needed


def test_compose_publishes_on_loopback_alone() -> None:
    ports = re.findall(r"^      - (\S+:\d+:\d+)$", COMPOSE, re.MULTILINE)
    assert len(ports) == 4
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_units_sockets_are_those_that_its_comment_names() -> None:
    listens = re.findall(r"^ListenStream=(\S+)$", SOCKETS, re.MULTILINE)
    assert listens == ["127.0.0.1:7411", "127.0.0.1:7412", "127.0.0.1:7413", "127.0.0.1:7480"]
    endpoints = re.findall(r'^#   (\w+) = "(systemd:\S+)"$', SOCKETS, re.MULTILINE)
    assert [name for name, _ in endpoints] == list(LISTENERS)
    assert [parse_endpoint(text).keys["index"] for _, text in endpoints] == ["0", "1", "2", "3"]


HANDED_OVER = """
import os, socket, sys
sockets = [socket.create_server((host, 0)) for host in sys.argv[2:]]
for number, each in enumerate(sockets):
    os.dup2(each.fileno(), 13 + number)
for number in range(len(sockets)):
    os.dup2(13 + number, 3 + number)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(sockets)))
if sys.argv[1]:
    os.environ["LISTEN_FDNAMES"] = sys.argv[1]
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from hub.app.config_endpoint import parse_endpoint
from hub.app.listeners import listen
for text in ("systemd:domain=INET:index=0", "systemd:domain=INET:index=1", "systemd:domain=INET:name=web"):
    print(parse_endpoint(text).is_local, end=" ")
    try:
        if "name" not in text or not parse_endpoint(text).inherited:
            listen(reactor, text, Factory()).addErrback(print)
    except ValueError as error:
        print(error, end=" ")
    print(parse_endpoint(text).is_local)
"""


def handed_over(names: str, *hosts: str) -> list[str]:
    """Return what a process says of the sockets that systemd handed over to it, bound to `hosts`."""
    command = [sys.executable, "-c", HANDED_OVER, names, *hosts]
    said = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert said.stderr == ""
    return said.stdout.splitlines()


def test_a_loopback_socket_of_systemd_is_local_before_and_after_it_is_listened_on() -> None:
    assert handed_over("a:web", "127.0.0.1", "0.0.0.0") == ["True True", "False False", "False False"]
    assert handed_over("a:web", "0.0.0.0", "127.0.0.1") == ["False False", "True True", "True True"]


def test_sockets_that_were_not_handed_over_are_told_by_the_names_of_the_variables() -> None:
    for lines in (handed_over("", "127.0.0.1"), handed_over("a:b:c", "127.0.0.1")):
        assert all("LISTEN_FDNAMES" in line and line.startswith("False systemd has handed over") for line in lines)


SYSCALLS = {
    # Functions of the standard library by the calls that they need, of those that the unit takes away by groups.
    "nice": "setpriority",
    "setpriority": "setpriority",
    "setrlimit": "prlimit64",
    "prlimit": "prlimit64",
    "sched_setaffinity": "sched_setaffinity",
    "sched_setscheduler": "sched_setscheduler",
    "sched_setparam": "sched_setparam",
    "chown": "chown",
    "fchown": "fchown",
    "lchown": "lchown",
    "setuid": "setuid",
    "setgid": "setgid",
    "setgroups": "setgroups",
    "chroot": "chroot",
    "initgroups": "setgroups",
}


def test_the_unit_allows_the_calls_that_the_hub_and_its_processes_make() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "hub").rglob("*.py"))
    used = {call for name, call in SYSCALLS.items() if re.search(rf"\b(?:os|resource)\.{name}\(", source)}
    assert {"setpriority", "prlimit64"} <= used, "if they are not used any more the unit need not allow them"
    filters = re.findall(r"^SystemCallFilter=(.*)$", SERVICE, re.MULTILINE)
    assert filters[:2] == ["@system-service", "~@privileged @resources"]
    assert used <= set(filters[2].split())
    assert "SystemCallErrorNumber=EPERM" in SERVICE


def test_what_the_unit_needs_is_there_to_be_copied(tmp_path: Path) -> None:
    unit = dict(re.findall(r"^(\w+)=(.*)$", SERVICE, re.MULTILINE))
    (user,) = re.findall(r'^u (\w+) - ".*" (\S+)$', (SYSTEMD / "hub.sysusers.conf").read_text(), re.MULTILINE)
    data_dir = f"/var/lib/{unit['StateDirectory']}"
    assert (unit["User"], unit["Group"], unit["Environment"]) == (user[0], user[0], f"HUB_DATA_DIR={data_dir}")
    assert user[1] == data_dir
    steps = OPERATIONS.partition("### Under systemd")[2].partition("\n## ")[0]
    copied = dict(re.findall(r"install -D? ?-m 0644 (deploy/systemd/\S+) (\S+)", steps))
    assert all((ROOT / each).is_file() for each in copied)
    assert f"--config {copied['deploy/systemd/hub.toml']}" in unit["ExecStart"]
    # What is copied makes a hub that commands find, with the lines that are out of use as well.
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    least = SYSTEMD / "hub.toml"
    config = load_settings({"config": str(least)}, env).config
    assert (config_problems(config), str(config.data_path)) == ([], data_dir)
    assert local_data_dir({**env, "HUB_CONFIG": str(least)}) == data_dir
    assert all(line in least.read_text() for line in re.findall(r"^      (\w+ = .*)$", steps, re.MULTILINE))
    beyond = tmp_path / "hub.toml"
    files = Authority(tmp_path).issue("localhost")
    text = re.sub(r"^#(?=[\w\[])", "", least.read_text(), flags=re.MULTILINE)
    beyond.write_text(text.replace("/etc/hub/cert.pem", files.certificate).replace("/etc/hub/key.pem", files.key))
    config = load_settings({"config": str(beyond)}, env).config
    assert config_problems(config) == []
    assert all(speaks_tls(config, listener) for listener in LISTENERS)


@pytest.mark.parametrize("module", ["hub.analysis.process", "hub.adapters.store.sqlite.search_process"])
def test_a_process_that_may_not_lower_its_priority_works_all_the_same(module: str, tmp_path: Path) -> None:
    work = (
        "import os, runpy, sys\n"
        "def refused(by): raise PermissionError(1, 'Operation not permitted')\n"
        "os.nice = refused\n"
        f"sys.argv = [{module!r}, {str(tmp_path)!r}]\n"
        f"runpy.run_module({module!r}, run_name='__main__')\n"
    )
    ours, its = socket.socketpair()
    with ours, its:
        ours.shutdown(socket.SHUT_WR)
        ended = subprocess.run([sys.executable, "-c", work], stdin=its, capture_output=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_the_manifests_probe_routes_that_are_open() -> None:
    assert set(re.findall(r"path: (/\w+z)", KUBERNETES)) == {"/livez", "/readyz"}
    assert "replicas: 1" in KUBERNETES
    config = KUBERNETES.partition("hub.toml: |")[2].partition("---")[0]
    for name in re.findall(r"^    (\w+) = ", config, re.MULTILINE):
        assert name in {each.rpartition(".")[2] for each in all_settings()}


def test_the_manifests_believe_no_proxy_until_somebody_names_it(tmp_path: Path) -> None:
    config = KUBERNETES.partition("hub.toml: |")[2].partition("\n---")[0]
    file = tmp_path / "hub.toml"
    file.write_text("\n".join(line[4:] for line in config.splitlines()))
    env = {"XDG_CONFIG_HOME": str(tmp_path)}
    (problem,) = config_problems(load_settings({"config": str(file)}, env).config)
    assert problem.startswith("proxies: 'SET-ME")
    file.write_text(re.sub(r'"SET-ME\S+"', '"192.0.2.10"', file.read_text()))
    assert config_problems(load_settings({"config": str(file)}, env).config) == []


def test_the_manifests_keep_data_in_a_directory_of_the_hubs_own_and_say_who_may_come() -> None:
    mount = re.search(r"name: data, mountPath: (\S+)}", KUBERNETES)
    directory = re.search(r"name: HUB_DATA_DIR, value: (\S+)}", KUBERNETES)
    assert mount is not None
    assert directory is not None
    assert Path(directory[1]).parent == Path(mount[1]), "the root of a volume is open to its fsGroup"
    assert f"cat {directory[1]}/admin.token" in KUBERNETES
    policy = KUBERNETES.partition("kind: NetworkPolicy")[2].partition("---")[0]
    policy = "\n".join(line for line in policy.splitlines() if not line.lstrip().startswith("#"))
    ingress, clients = (set(re.findall(r"{port: (\w+)}", rule)) for rule in policy.split("- from:")[1:])
    assert ingress == {"web"}
    assert clients == set(LISTENERS), "clients with HUB_URL ask at the port web where the others are"


# Words to systemd.


@pytest.mark.parametrize("abstract", [False, True])
def test_the_manager_is_told_when_the_hub_is_ready_and_when_it_stops(tmp_path: Path, abstract: bool) -> None:
    address = f"\0hub-test-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(5)
        env = {"NOTIFY_SOCKET": address.replace("\0", "@"), "WATCHDOG_USEC": "60000000"}
        notifier = Notifier(env)
        assert notifier.watchdog_seconds == 60
        for say in (notifier.ready, notifier.alive, notifier.reloading, notifier.stopping):
            say()
        told = [manager.recv(1000).decode().partition("\n")[0] for _ in range(4)]
    assert told == ["READY=1", "WATCHDOG=1", "RELOADING=1", "STOPPING=1"]


def test_without_a_manager_nobody_is_told() -> None:
    notifier = Notifier({})
    assert notifier.watchdog_seconds is None
    notifier.ready()
    Notifier({"NOTIFY_SOCKET": "/nonexistent/socket"}).ready()
    assert Notifier({"WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"}).watchdog_seconds is None
