"""The YAML that people write for an event, where no YAML library is installed: mappings, lists and scalars."""

from __future__ import annotations

import json
import re
from typing import Any

_KEY = re.compile(r"""^("(?:[^"\\]|\\.)*"|'[^']*'|[^\s:#\[\]{},][^:#]*?)\s*:(?:\s+(.*))?$""")


def read_yamlish(text: str) -> Any:
    """The value; `ValueError` with the line for what is not of this subset."""
    lines = []
    for number, raw in enumerate(text.splitlines(), 1):
        if "\t" in raw[: len(raw) - len(raw.lstrip())]:
            raise ValueError(f"line {number}: indent with spaces, not tabs")
        stripped = re.sub(r"(^|\s)#[^\"']*$", "", raw).rstrip()
        if stripped.strip() and stripped.strip() != "---":
            lines.append((number, len(stripped) - len(stripped.lstrip()), stripped.strip()))
    if not lines:
        return None
    value, at = _block(lines, 0, lines[0][1])
    if at < len(lines):
        raise ValueError(f"line {lines[at][0]}: wrong indentation")
    return value


def _block(lines: list[tuple[int, int, str]], at: int, indent: int) -> tuple[Any, int]:
    if lines[at][2] == "-" or lines[at][2].startswith("- "):
        return _list(lines, at, indent)
    if _KEY.match(lines[at][2]):
        return _mapping(lines, at, indent)
    return _scalar(lines[at][2], lines[at][0]), at + 1


def _list(lines: list[tuple[int, int, str]], at: int, indent: int) -> tuple[list[Any], int]:
    out: list[Any] = []
    while at < len(lines) and lines[at][1] == indent and (lines[at][2] == "-" or lines[at][2].startswith("- ")):
        number, _, text = lines[at]
        rest = text[1:].strip()
        if rest:
            # What follows the dash is a block of its own, as far in as it stands.
            inner = indent + len(text) - len(rest)
            lines = [*lines[:at], (number, inner, rest), *lines[at + 1 :]]
            value, at = _block(lines, at, inner)
        else:
            value, at = _nested(lines, at + 1, indent)
        out.append(value)
    return out, at


def _mapping(lines: list[tuple[int, int, str]], at: int, indent: int) -> tuple[dict[str, Any], int]:
    out: dict[str, Any] = {}
    while at < len(lines) and lines[at][1] == indent:
        number, _, text = lines[at]
        found = _KEY.match(text)
        if not found:
            raise ValueError(f"line {number}: `key: value` is expected, found `{text}`")
        key = str(_scalar(found.group(1), number)) if found.group(1)[0] in "\"'" else found.group(1)
        if found.group(2):
            out[key], at = _scalar(found.group(2), number), at + 1
        elif at + 1 < len(lines) and lines[at + 1][1] == indent and lines[at + 1][2].startswith("-"):
            out[key], at = _list(lines, at + 1, indent)
        else:
            out[key], at = _nested(lines, at + 1, indent)
    return out, at


def _nested(lines: list[tuple[int, int, str]], at: int, indent: int) -> tuple[Any, int]:
    if at < len(lines) and lines[at][1] > indent:
        return _block(lines, at, lines[at][1])
    return None, at


_WORDS: dict[str, Any] = {"null": None, "~": None, "true": True, "false": False}


def _scalar(text: str, number: int) -> Any:
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text[0] in "[{":
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError(f"line {number}: `{text}` is not JSON") from None
    if text[0] == '"':
        try:
            return json.loads(text)
        except ValueError:
            raise ValueError(f"line {number}: the text does not end") from None
    if text[0] == "'":
        if len(text) < 2 or text[-1] != "'":
            raise ValueError(f"line {number}: the text does not end")
        return text[1:-1].replace("''", "'")
    for kind in (int, float):
        try:
            return kind(text) if "_" not in text else text
        except ValueError:
            continue
    return text
