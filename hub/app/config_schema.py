"""The configuration file's JSON Schema, for editors and for the documentation."""

from __future__ import annotations

from typing import Any

import msgspec

from hub.app.config_settings import Setting, all_settings


def config_schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) of the TOML file; sizes and durations may be numbers or text."""
    settings = all_settings(default_data_dir="")
    properties: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {"web": {}, "tls": {}, "limits": {}, "retention": {}}
    for setting in settings.values():
        table, _, name = setting.path.rpartition(".")
        (tables[table] if table else properties)[name] = _property(setting)
    endpoint = {key: tables["web"]["endpoint"][key] for key in ("type", "description", "default")}
    properties["web"] = {"anyOf": [endpoint, _table(tables["web"])]}
    properties["tls"] = _table(tables["tls"])
    properties["limits"] = _table(tables["limits"])
    properties["retention"] = _table(tables["retention"])
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hub.toml",
        **_table(properties),
    }


def _table(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _property(setting: Setting) -> dict[str, Any]:
    schema = msgspec.json.schema(setting.type)
    if setting.unit is not None:
        examples = {"bytes": ["64 KiB", "4 MiB"], "seconds": ["30s", "24h"]}[setting.unit]
        schema = {"anyOf": [schema, {"type": "string"}], "examples": examples}
    schema["description"] = setting.doc
    if setting.path != "data_dir":
        schema["default"] = list(setting.default) if isinstance(setting.default, tuple) else setting.default
    return schema
