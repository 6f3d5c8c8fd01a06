"""The pages against the code: links, files, settings, limits, methods, codes, commands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from hub.app.cli.config import config
from hub.app.cli.group import COMMANDS
from hub.app.cli.lease import lease
from hub.app.cli.store import store
from hub.app.config_settings import all_settings
from hub.app.methods import METHODS
from hub.model.limits import Limits
from hub.model.problem import CODES

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_PATH = re.compile(r"`((?:hub|tests|docs|scripts|twisted)/[\w./-]+)`")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def page(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def anchors(text: str) -> set[str]:
    """Return what the headings of a page may be linked as."""
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def missing(words: Iterable[str], text: str) -> list[str]:
    """Return those words that do not stand in the text as words of their own."""
    return [word for word in words if not re.search(rf"(?<![\w.]){re.escape(word)}(?![\w])", text)]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_and_images_lead_somewhere(path: Path) -> None:
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    lost = []
    for link in _LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        found = path if not target else path.parent / target
        if not found.exists() or (anchor and anchor not in anchors(found.read_text(encoding="utf-8"))):
            lost.append(link)
    assert lost == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_that_are_named_exist(path: Path) -> None:
    named = _PATH.findall(path.read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_page_is_reached_from_the_contents() -> None:
    contents = page("docs/index.md")
    pages = [each.relative_to(ROOT / "docs").with_suffix("") for each in PAGES if each.parent != ROOT]
    assert [str(each) for each in pages if str(each) != "index" and str(each) not in contents] == []


def test_operations_has_every_setting_with_its_default() -> None:
    operations = page("docs/operations.md")
    rows = []
    for path, setting in all_settings().items():
        name = path.removeprefix("limits.")
        default = setting.print(setting.default)
        if path == "data_dir":
            rows.append(f"| `{name}` |")
        elif path.startswith("limits."):
            rows.append(f"| `{name}` | {default} | {setting.doc}")
        else:
            rows.append(f"| `{name}` | `{default}` | `{setting.env}` | {setting.doc}")
    assert [row for row in rows if row not in operations] == []


def test_operations_has_no_limit_that_is_gone() -> None:
    limits = page("docs/operations.md").partition("### Limits")[2].partition("## Memory")[0]
    named = set(re.findall(r"^\| `(\w+)` \|", limits, re.MULTILINE))
    assert named == set(Limits.documentation())


def test_operations_says_what_to_do_for_every_code() -> None:
    rows = re.findall(r"^\| `([A-Z]+)` \|", page("docs/operations.md"), re.MULTILINE)
    assert sorted(rows) == sorted(CODES)


def test_operations_has_every_metric() -> None:
    from hub.adapters.metrics import _COUNTERS, _GAUGES

    names = [f"hub_{name}" for name, _ in _GAUGES.values()] + [f"hub_{name}_total" for name, _ in _COUNTERS.values()]
    assert missing(names, page("docs/operations.md")) == []


def test_protocol_has_every_method() -> None:
    assert missing(METHODS, page("docs/protocol.md")) == []


def test_protocol_has_every_code_as_the_code_spells_it() -> None:
    protocol = page("docs/protocol.md")
    lost = []
    for code in CODES.values():
        row = re.search(rf"^\| `{code.word}` \|.*$", protocol, re.MULTILINE)
        cells = [] if row is None else [cell.strip() for cell in row[0].strip("|").split("|")]
        websocket = "—" if code.websocket is None else str(code.websocket)
        spelled = [str(code.json_rpc), websocket, str(code.http)]
        if [*cells[3:5], *(cell[:3] for cell in cells[5:])] != spelled:
            lost.append(code.word)
    assert lost == []


def test_commands_has_every_command() -> None:
    headings = _HEADING.findall(page("docs/commands.md"))
    assert [name for name in COMMANDS if f"hub {name}" not in headings] == []
    for group in (config, lease, store):
        assert missing([f"hub {group.name} {name}" for name in group.commands], page("docs/commands.md")) == []


def test_commands_has_every_option() -> None:
    import click

    from hub.app.cli.group import LazyGroup

    group = LazyGroup("hub")
    context = click.Context(group)
    sections = re.split(r"^## hub ", page("docs/commands.md"), flags=re.MULTILINE)
    texts = {section.partition("\n")[0]: section for section in sections}
    texts["ps"] += texts["ls"]
    lost = []
    for name in COMMANDS:
        command = group.get_command(context, name)
        assert command is not None
        for parameter in command.params:
            options = [option for option in parameter.opts if option.startswith("--") and option != "--help"]
            lost += [f"{name} {option}" for option in missing(options, texts[name])]
    assert lost == []


def test_readme_has_every_command() -> None:
    assert missing([f"hub {name}" for name in COMMANDS], page("README.md")) == []


PROMISED = re.compile(r"`(tests/[a-z_/]+\.py)(?:::(\w+))?`")


def test_each_promise_names_a_test_that_is_there() -> None:
    promises = [line for line in (ROOT / "docs" / "promises.md").read_text().splitlines() if re.match(r"\d+\. ", line)]
    assert len(promises) == 10
    for promise in promises:
        named = PROMISED.findall(promise)
        assert named, promise
        for path, name in named:
            assert name in (ROOT / path).read_text(), f"{path} has no {name}"
