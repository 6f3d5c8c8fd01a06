"""Build hook: the wheel and the sdist carry the built page."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds admin-ui/ before the package is put together. HUB_SKIP_PAGE=1 leaves it out."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Ask for node from a wheel where the machine has none."""
        page = _build_page()
        return [page.NODE_WHEEL] if not _skip() and page.needs_wheel() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page."""
        if not _skip() and version != "editable":
            _build_page().build()


def _skip() -> bool:
    return os.environ.get("HUB_SKIP_PAGE") == "1"


def _build_page() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_page", Path(__file__).parent / "scripts" / "build_page.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("scripts/build_page.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
