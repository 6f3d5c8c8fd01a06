"""Makes the page's types (admin-ui/src/wire/types.ts) from the hub's own, so that they cannot drift apart.

Run as `python scripts/page_types.py` to write the file, with `check` to tell whether it is as it would be written.
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal, NotRequired, get_args, get_origin

import msgspec

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from hub.adapters.web.login import Login
from hub.app.methods import METHODS
from hub.core import account_rows, rows

TARGET = Path(__file__).resolve().parent.parent / "admin-ui" / "src" / "wire" / "types.ts"
HEAD = """\
// Made by scripts/page_types.py from the hub's own types: change those, and run it (`make types`).
"""
EVENT = """\
/** What the hub tells those who subscribed; the other fields depend on the topic. */
export type HubEvent = { topic: string; seq: number } & Record<string, unknown>;
"""
PLAIN = {
    int: "number",
    float: "number",
    str: "string",
    bool: "boolean",
    type(None): "null",
    object: "unknown",
    Any: "unknown",
}
ALIASES = {name: value for name, value in vars(rows).items() if get_origin(value) is Literal}
# What a field of this type may be is said by the method's own text.
BY_HAND = {("StreamLines", "from"): 'number | { line: number } | { at: number } | "start" | "end"'}


def written() -> str:
    """Return the file's text."""
    parts = [HEAD]
    for name, value in ALIASES.items():
        parts.append(f"export type {name} = {_words(value)};\n")
    shapes = [each for module in (rows, account_rows) for each in vars(module).values() if typing.is_typeddict(each)]
    parts += [_row(shape) for shape in (*shapes, Login)]
    parameters = {method.params: None for method in METHODS.values()}
    parts += [_parameters(kind) for kind in parameters]
    methods = [
        f'  "{name}": {{ params: {method.params.__name__}Params; answer: {_answer(method.run)} }};'
        for name, method in METHODS.items()
    ]
    said = "/** Each method: its parameters and its answer. */"
    parts.append(f"{said}\nexport interface Methods {{\n" + "\n".join(methods) + "\n}\n")
    parts.append(EVENT)
    return "\n".join(parts)


def _answer(run: Callable[..., object]) -> str:
    answer = typing.get_type_hints(run)["return"]
    return _type(get_args(answer)[2] if get_origin(answer) is Coroutine else answer)


def _row(shape: Any) -> str:
    hints = typing.get_type_hints(shape, include_extras=True)
    fields = []
    for name, hint in hints.items():
        optional = get_origin(hint) is NotRequired
        fields.append(f"  {name}{'?' if optional else ''}: {_type(get_args(hint)[0] if optional else hint)};")
    return _interface(shape.__name__, shape.__doc__, fields)


def _parameters(kind: type[msgspec.Struct]) -> str:
    name, hints = kind.__name__, typing.get_type_hints(kind)
    fields = []
    for field in msgspec.structs.fields(kind):
        optional = "" if field.required else "?"
        shown = BY_HAND.get((name, field.encode_name)) or _type(hints[field.name])
        fields.append(f"  {field.encode_name}{optional}: {shown};")
    return _interface(f"{name}Params", kind.__doc__, fields)


def _interface(name: str, doc: str | None, fields: list[str]) -> str:
    said = " ".join((doc or "").split())
    if not fields:
        return f"/** {said} */\nexport type {name} = Record<string, never>;\n"
    return f"/** {said} */\nexport interface {name} {{\n" + "\n".join(fields) + "\n}\n"


def _type(hint: Any) -> str:
    if hint in PLAIN:
        return PLAIN[hint]
    for name, value in ALIASES.items():
        if hint == value:
            return name
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    origin, args = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _words(hint)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type(each) for each in args)
    if origin is list:
        inner = _type(args[0])
        return f"({inner})[]" if " " in inner else f"{inner}[]"
    if origin is tuple:
        return f"[{', '.join(_type(each) for each in args)}]"
    if origin is dict:
        return f"Record<{_type(args[0])}, {_type(args[1])}>"
    raise TypeError(f"the page has no type for {hint}: teach scripts/page_types.py")


def _words(hint: Any) -> str:
    return " | ".join(f'"{each}"' for each in get_args(hint))


def main() -> None:
    """Write the file, or check it."""
    text = written()
    if sys.argv[1:] == ["check"]:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit(f"{TARGET.name} is not what the hub's types make: run `make types`")
    else:
        TARGET.write_text(text)


if __name__ == "__main__":
    main()
