"""Configuration: who wins, what is refused, and how errors read."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.app.config import Config, ConfigError, load_config
from hub.app.config_check import config_problems
from hub.app.config_settings import all_settings
from hub.app.config_sources import load_settings
from hub.model.limits import Limits


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(tmp_path / "config"), "XDG_DATA_HOME": str(tmp_path / "data")}


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def test_defaults_are_the_protocols(env: dict[str, str], tmp_path: Path) -> None:
    config = load_unchecked({}, env)
    assert config.producers == "tcp:7411:interface=127.0.0.1"
    assert config.commands == "tcp:7412:interface=127.0.0.1"
    assert config.data == "tcp:7413:interface=127.0.0.1"
    assert config.web.endpoint == "tcp:7480:interface=127.0.0.1"
    assert config.data_path == tmp_path / "data" / "hub"
    assert config.limits == Limits()
    assert config_problems(config) == []


def test_flag_beats_environment_beats_file_beats_default(env: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path / "hub.toml", 'data = "tcp:1"\ncommands = "tcp:1"\nproducers = "tcp:1"\n')
    env |= {"HUB_CONFIG": file, "HUB_DATA": "tcp:2", "HUB_COMMANDS": "tcp:2"}
    settings = load_settings({"data": "tcp:3", "commands": None}, env)
    assert (settings.config.data, settings.origins["data"]) == ("tcp:3", "flag --data")
    assert (settings.config.commands, settings.origins["commands"]) == ("tcp:2", "HUB_COMMANDS")
    assert (settings.config.producers, settings.origins["producers"]) == ("tcp:1", file)
    assert settings.origins["store"] == "default"


def test_the_given_file_beats_hub_config_beats_the_users_own(env: dict[str, str], tmp_path: Path) -> None:
    write(tmp_path / "config" / "hub" / "hub.toml", 'data_dir = "/own"')
    assert load_unchecked({}, env).data_dir == "/own"
    env["HUB_CONFIG"] = write(tmp_path / "b.toml", 'data_dir = "/by-variable"')
    assert load_unchecked({}, env).data_dir == "/by-variable"
    given = write(tmp_path / "c.toml", 'data_dir = "/given"')
    assert load_unchecked({"config": given}, env).data_dir == "/given"


@pytest.mark.parametrize(
    ("text", "value"),
    [('"8 MiB"', 8 << 20), ('"1 GB"', 10**9), ("4096", 4096), ('"1.5 KiB"', 1536), ('"512"', 512)],
)
def test_sizes_are_numbers_or_text(env: dict[str, str], tmp_path: Path, text: str, value: int) -> None:
    env["HUB_CONFIG"] = write(tmp_path / "hub.toml", f"[limits]\nreader_queue_bytes = {text}\n")
    assert load_unchecked({}, env).limits.reader_queue_bytes == value


@pytest.mark.parametrize(("text", "value"), [("30s", 30), ("2m", 120), ("1h", 3600), ("7d", 604800), ("45", 45)])
def test_durations_are_numbers_or_text(env: dict[str, str], text: str, value: int) -> None:
    env["HUB_LIMITS_DEAD_SECONDS"] = text
    assert load_unchecked({}, env).limits.dead_seconds == value


def test_web_is_an_endpoint_in_short_or_a_table(env: dict[str, str], tmp_path: Path) -> None:
    env["HUB_CONFIG"] = write(tmp_path / "a.toml", 'web = "tcp:1:interface=localhost"')
    assert load_unchecked({}, env).web.endpoint == "tcp:1:interface=localhost"
    env["HUB_CONFIG"] = write(tmp_path / "b.toml", '[web]\nendpoint = "unix:/w"\nhosts = ["hub.example"]')
    assert load_unchecked({}, env).web.hosts == ("hub.example",)
    assert load_unchecked({"web": "tcp:2"}, env).web.endpoint == "tcp:2"
    env["HUB_WEB_HOSTS"] = "a.example, b.example"
    assert load_unchecked({}, env).web.hosts == ("a.example", "b.example")


def load_unchecked(flags: dict[str, object], env: dict[str, str]) -> Config:
    return load_settings(flags, env).config


def problems_of(flags: dict[str, object], env: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_config(flags, env)
    return caught.value.problems


def test_unknown_keys_are_refused_with_path_and_nearest(env: dict[str, str], tmp_path: Path) -> None:
    file = write(tmp_path / "hub.toml", 'produces = "tcp:1"\n[limits]\nreader_queue_byte = 1\n[web]\nhost = []\n')
    env |= {"HUB_CONFIG": file, "HUB_LIMITS_STREAM": "1"}
    assert problems_of({"dat_dir": "x"}, env) == [
        f"{file}: there is no setting produces (did you mean producers?)",
        f"{file}: there is no setting limits.reader_queue_byte (did you mean limits.reader_queue_bytes?)",
        f"{file}: there is no setting web.host (did you mean web.hosts?)",
        "environment: there is no setting HUB_LIMITS_STREAM (did you mean HUB_LIMITS_STREAMS?)",
        "flags: there is no setting dat_dir (did you mean data_dir?)",
    ]


def test_a_key_like_no_other_is_refused_without_a_guess(env: dict[str, str]) -> None:
    assert problems_of({}, env | {"HUB_XYZZY": "1"}) == ["environment: there is no setting HUB_XYZZY"]


def test_what_clients_and_clusters_set_is_no_setting(env: dict[str, str]) -> None:
    env |= {"HUB_URL": "http://x", "HUB_TOKEN": "t", "HUB_SERVICE_HOST": "10.0.0.1", "HUB_PORT": "tcp://10.0.0.1:1"}
    env |= {"HUB_PORT_7411_TCP_ADDR": "10.0.0.1", "HUB_SERVICE_PORT_WEB": "1"}
    assert load_unchecked({}, env).store == "sqlite"


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ('[limits]\nstreams = "many"', "limits.streams"),
        ("[limits]\nstreams = 0", "limits.streams"),
        ('[limits]\nheader_bytes = "4 MX"', '"64 KiB"'),
        ('[limits]\ndead_seconds = "soon"', '"30s"'),
        ('producer_auth = "never"', "producer_auth"),
        ("raw_allow = 5", "raw_allow"),
        ("allow_plain_beyond_loopback = 1", "allow_plain_beyond_loopback"),
    ],
)
def test_wrong_values_say_where_and_what(env: dict[str, str], tmp_path: Path, toml: str, expected: str) -> None:
    env["HUB_CONFIG"] = file = write(tmp_path / "hub.toml", toml)
    (problem,) = problems_of({}, env)
    assert expected in problem
    assert file in problem


def test_a_file_that_is_none_or_no_toml_is_told(env: dict[str, str], tmp_path: Path) -> None:
    assert problems_of({"config": str(tmp_path / "no")}, env) == [f"{tmp_path / 'no'} (flag --config) is not a file"]
    env["HUB_CONFIG"] = write(tmp_path / "hub.toml", "data_dir = ")
    assert "is not TOML" in problems_of({}, env)[0]


@pytest.mark.parametrize("endpoint", ["tcp:7411", "tcp:7411:interface=0.0.0.0", "tcp6:7411:interface=\\:\\:"])
def test_a_plain_listener_beyond_loopback_refuses_and_names_the_way_out(env: dict[str, str], endpoint: str) -> None:
    (problem,) = config_problems(load_unchecked({"producers": endpoint}, env))
    assert problem.startswith("producers: ")
    assert "allow_plain_beyond_loopback" in problem
    env["HUB_ALLOW_PLAIN_BEYOND_LOOPBACK"] = "yes"
    assert config_problems(load_unchecked({"producers": endpoint}, env)) == []


def test_a_socket_that_systemd_did_not_hand_over_is_told_by_the_variables(env: dict[str, str]) -> None:
    (problem,) = config_problems(load_unchecked({"producers": "systemd:domain=INET:index=0"}, env))
    assert problem.startswith("producers: systemd:domain=INET:index=0: ")
    assert "LISTEN_FDNAMES" in problem


@pytest.mark.parametrize(
    "endpoint",
    ["tcp:0:interface=127.0.0.1", "tcp:9:interface=localhost", "tcp6:9:interface=\\:\\:1", "unix:/run/hub.sock",
     "systemd:domain=UNIX:index=0"],
)  # fmt: skip
def test_local_listeners_are_fine(env: dict[str, str], endpoint: str) -> None:
    assert config_problems(load_unchecked({"producers": endpoint}, env)) == []


@pytest.mark.parametrize("endpoint", ["7411", "tcp:", "tcp:port", "", "tcp:70000", "tcp:1:\\"])
def test_what_is_no_endpoint_is_shown_one(env: dict[str, str], endpoint: str) -> None:
    (problem,) = config_problems(load_unchecked({"data": endpoint}, env))
    assert problem.startswith("data: ")


def test_loading_refuses_what_a_hub_must_not_start_with(env: dict[str, str]) -> None:
    assert problems_of({"store": "tape"}, env) == config_problems(load_unchecked({"store": "tape"}, env))


def test_one_endpoint_for_two_listeners_is_told(env: dict[str, str]) -> None:
    (problem,) = config_problems(load_unchecked({"data": "tcp:7411:interface=127.0.0.1"}, env))
    assert "producers" in problem


def test_bounds_that_contradict_each_other_are_told(env: dict[str, str]) -> None:
    env |= {"HUB_LIMITS_HEARTBEAT_SECONDS": "1m"}
    assert config_problems(load_unchecked({}, env)) == [
        "limits.heartbeat_seconds (60) must not be above limits.dead_seconds (45)"
    ]


@pytest.mark.parametrize(("store", "says"), [("nats://a:1", "not built yet"), ("x", "none of")])
def test_stores_that_are_not_there_are_told(env: dict[str, str], store: str, says: str) -> None:
    (problem,) = config_problems(load_unchecked({"store": store}, env))
    assert says in problem


def test_every_setting_has_a_text_and_prints_as_it_is_read() -> None:
    for setting in all_settings("/d").values():
        assert setting.doc, setting.path
        text = setting.print(setting.default) if setting.default not in ((), "") else ""
        assert setting.convert(text, from_text=True) == setting.default, setting.path
