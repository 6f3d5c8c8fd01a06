"""The house itself: what `ruff`, `mypy` and the import contracts do not see."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("model", "wire", "core", "conversations", "adapters", "client", "analysis", "app")
CEILING = 400


def sources(*folders: str) -> list[Path]:
    kinds = (".py", ".ts", ".tsx", ".css")
    found = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.suffix in kinds]
    return [path for path in found if not {"node_modules", "dist", "page"} & set(path.relative_to(ROOT).parts)]


def files_with(text: str) -> set[str]:
    return {str(path.relative_to(ROOT)) for path in sources("hub") if text in path.read_text()}


def test_no_file_grows_past_the_ceiling() -> None:
    texts = {str(path.relative_to(ROOT)): path.read_text() for path in sources("hub", "bench", "admin-ui/src")}
    # What a script makes is as long as it is.
    long = {name: text.count("\n") for name, text in texts.items() if not text.startswith("// Made by scripts/")}
    assert len(long) > 100
    assert {name: lines for name, lines in long.items() if lines > CEILING} == {}


def test_every_package_opens_with_its_map() -> None:
    packages = [path.parent for path in (ROOT / "hub").rglob("*.py") if "page" not in path.parts]
    for package in dict.fromkeys(packages):
        doc = ast.get_docstring(ast.parse((package / "__init__.py").read_text()))
        assert doc, f"{package} has no map"


@pytest.mark.parametrize("layer", LAYERS)
def test_tests_mirror_the_layers(layer: str) -> None:
    assert any((ROOT / "tests" / layer).rglob("test_*.py"))


def test_what_only_one_file_may_touch() -> None:
    assert files_with("import autobahn") | files_with("from autobahn") == {"hub/adapters/web/websocket.py"}
    assert files_with(".registerProducer(") == {"hub/adapters/reactor/flow.py"}


def test_the_plugin_folder_is_no_package() -> None:
    # An __init__.py there would hide Twisted's own plugins, and Twisted itself.
    assert not list((ROOT / "twisted").rglob("__init__.py"))
