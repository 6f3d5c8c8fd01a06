"""The file of `hub collect`: what it may say, and what is said to what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.app.collect.settings import SettingsError, read_settings

GOOD = """
memory_bytes = 1_000_000
meta = {site = "lab"}
[[serial]]
stream = "board/7"
port = "/dev/ttyUSB0"
baud = 9600
mode = "7E1"
control = true
[[tcp]]
stream = "plc/1"
address = "10.0.0.5:4001"
[[file]]
stream = "logs/{name}"
path = "/var/log/app/*.log"
from = "start"
"""


def test_all_kinds_are_read(tmp_path: Path) -> None:
    path = tmp_path / "collect.toml"
    path.write_text(GOOD)
    settings = read_settings(path)
    assert [source.stream for source in settings.sources] == ["board/7", "plc/1", "logs/{name}"]
    assert (settings.serial[0].baud, settings.serial[0].mode, settings.file[0].begin) == (9600, "7E1", "start")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "nothing is collected"),
        ("[[serial]]\nstream = 'a'", "port"),
        ("[[serial]]\nstream = 'a'\nport = 'p'\nbaud = 'fast'", "baud"),
        ("[[serial]]\nstream = 'a'\nport = 'p'\nmode = '9N1'", "mode"),
        ("[[serial]]\nstream = 'a'\nport = 'p'\ncolour = 1", "colour"),
        ("[[tcp]]\nstream = 'a b'\naddress = 'h:1'", "a stream name is"),
        ("[[tcp]]\nstream = 'a'\naddress = 'nowhere'", "an address is"),
        ("[[file]]\nstream = 'a'\npath = '/x/*.log'", "{name}"),
        ("[[tcp]]\nstream='a'\naddress='h:1'\n[[tcp]]\nstream='a'\naddress='h:2'", "twice"),
        ("[[tcp", "Expected"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "collect.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"collect\.toml") as wrong:
        read_settings(path)
    assert said in str(wrong.value)


def test_a_file_that_is_not_there_is_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="No such file"):
        read_settings(tmp_path / "none.toml")
