"""Other people's bytes made fit for a terminal.

A line that somebody else wrote may hold sequences that move the cursor over what is there, retitle the window, fill
the clipboard, answer on the keyboard's behalf or turn the text around. Colours and styles (SGR) stay. Whole sequences
that only draw (erase a line, hide the cursor) or carry data (OSC, DCS) vanish, since build tools use them for
decoration; every other control character is shown as its picture (ESC is `␛`), so that nothing is hidden by a
sequence that never ends. Text after a carriage return takes the place of the text before it, as progress bars mean it.
"""

from __future__ import annotations

import re
import unicodedata

_STYLE = (
    r"(?:0?[0-79]|2[1-9]|[34][0-79]|5[0-5]|59|9[0-7]|10[0-7]"
    r"|[345]8[;:]5[;:][0-9]{1,3}|[345]8[;:]2(?:[;:][0-9]{0,3}){3,4})"
)
# Conceal (8) is not among the styles: hidden text is text that one does not see before copying it.
SGR = re.compile(rf"\x1b\[(?:{_STYLE}?(?:[;:]{_STYLE}?){{0,15}})m")
_SEQUENCE = re.compile(
    r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]"  # CSI
    r"|\x1b\][^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # OSC, ended by BEL or ST
    r"|\x1b[PX^_][^\x1b\x9c]{0,4096}(?:\x1b\\|\x9c)"  # DCS, SOS, PM, APC, ended by ST
    r"|\x1b[()*+][0-9A-Za-z]"  # character sets: build tools send ESC ( B with every reset
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]")
_SUSPECT = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f-\xff]")
RESET = "\x1b[0m"


def harmless(line: bytes, *, returns: bool = True) -> str:
    """Return one line (without its LF) as text that is safe to print, colours kept and reset at the end.

    `returns` False keeps carriage returns' text side by side, each return shown, so that nothing is hidden.
    """
    if _SUSPECT.search(line) is None:
        return line.decode("ascii")
    text = line.decode("utf-8", "replace")
    text = text.removesuffix("\r")
    if returns and "\r" in text:
        text = _after_returns(text)
    if _CONTROL.search(text) is None:
        return text
    return _rebuild(text)


def plain(line: bytes) -> str:
    """Return a line as text without any sequence, as filters see it."""
    text = line.decode("utf-8", "replace").removesuffix("\r")
    return _SEQUENCE.sub("", text) if "\x1b" in text else text


def printable(text: str) -> str:
    """Return text that has no business with colours (a name, a status, an error) safe to print."""
    return _CONTROL.sub(_picture, text).replace("\n", "␊")


def cut_to_width(text: str, width: int) -> str:
    """Return the beginning of a harmless text that fills at most `width` columns; colours cost none."""
    if len(text) <= width and text.isascii() and text.isprintable():
        return text
    taken: list[str] = []
    position = columns = 0
    while position < len(text):
        if (style := SGR.match(text, position)) is not None:
            taken.append(style.group())
            position = style.end()
            continue
        columns += _columns(text[position], columns)
        if columns > width:
            return "".join(taken) + (RESET if any("\x1b" in each for each in taken) else "")
        taken.append(text[position])
        position += 1
    return text


def _columns(char: str, at: int) -> int:
    if char == "\t":
        return 8 - at % 8
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def _after_returns(text: str) -> str:
    return next((part for part in reversed(text.split("\r")) if part), "")


def _rebuild(text: str) -> str:
    parts: list[str] = []
    position = 0
    styled = False
    for sequence in _SEQUENCE.finditer(text):
        parts.append(_CONTROL.sub(_picture, text[position : sequence.start()]))
        if SGR.fullmatch(sequence.group()):
            parts.append(sequence.group())
            styled = True
        position = sequence.end()
    parts.append(_CONTROL.sub(_picture, text[position:]))
    if styled:
        parts.append(RESET)
    return "".join(parts)


def _picture(matched: re.Match[str]) -> str:
    code = ord(matched.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"<U+{code:04X}>"
