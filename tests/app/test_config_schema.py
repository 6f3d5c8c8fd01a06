"""The JSON Schema says the same as the loader, and one hub holds a data directory."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hub.app.config import Config, ConfigError
from hub.app.config_data_dir import hold_data_dir
from hub.app.config_schema import config_schema
from hub.app.config_settings import all_settings


def test_the_schema_has_every_setting_with_its_text_and_default() -> None:
    top = config_schema()
    web_endpoint, web_table = top["properties"]["web"]["anyOf"]
    assert web_endpoint["type"] == "string"
    tables = {"": top, "web": web_table, "limits": top["properties"]["limits"]}
    tables["tls"] = top["properties"]["tls"]
    tables["retention"] = top["properties"]["retention"]
    for setting in all_settings("/d").values():
        table, _, name = setting.path.rpartition(".")
        schema = tables[table]["properties"][name]
        assert schema["description"] == setting.doc
        default = list(setting.default) if isinstance(setting.default, tuple) else setting.default
        assert setting.path == "data_dir" or schema["default"] == default
    assert all(table["additionalProperties"] is False for table in tables.values())


def test_sizes_may_be_text_and_counts_may_not() -> None:
    limits = config_schema()["properties"]["limits"]["properties"]
    assert {each["type"] for each in limits["header_bytes"]["anyOf"]} == {"integer", "string"}
    assert (limits["streams"]["type"], limits["streams"]["minimum"]) == ("integer", 1)


def test_a_data_directory_is_held_by_one_hub_at_a_time(tmp_path: Path) -> None:
    config = Config(data_dir=str(tmp_path / "new"))
    held = hold_data_dir(config)
    assert oct((tmp_path / "new").stat().st_mode)[-3:] == "700"
    with pytest.raises(ConfigError, match=f"process {os.getpid()}"):
        hold_data_dir(config)
    os.close(held)
    os.close(hold_data_dir(config))


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("keep")
    (tmp_path / "hub.lock").symlink_to(tmp_path / "precious")
    with pytest.raises(ConfigError, match="data_dir"):
        hold_data_dir(Config(data_dir=str(tmp_path)))
    assert (tmp_path / "precious").read_text() == "keep"
