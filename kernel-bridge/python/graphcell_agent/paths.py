"""MLRun's two ways to read and write a path in an event's body: its own, and Storey's.

They differ in what they make of missing, empty and odd values, so both are written out.
"""

from __future__ import annotations

from typing import Any

_MISSING = object()


def read_mlrun(path: str | None, body: Any) -> Any:
    """Value at `path` as sync flows, routers and model servers read it."""
    if not path:
        return body
    if not hasattr(body, "__getitem__"):
        raise TypeError("input_path parameter supports only dict-like event bodies")
    return _at(path, body)


def _at(path: str, body: Any) -> Any:
    at = body
    for key in path.split("."):
        if at is None:
            return None
        if isinstance(at, dict):
            if key not in at:
                return None
            at = at[key]
        else:
            at = getattr(at, key, None)
    return at


def read_text(path: str, body: Any) -> str:
    """`str()` of what is at `path`, read as MLRun's own steps do."""
    return str(_at(path, body))


def write_mlrun(path: str | None, body: Any, result: Any) -> Any:
    """The body after `result` was written at `path`; a falsy body is replaced as a whole."""
    if not path or not body:
        return result
    if not hasattr(body, "__getitem__"):
        raise TypeError("result_path parameter supports only dict-like event bodies")
    keys = _escaped(path)
    at = body
    for key in keys[:-1]:
        below = at.get(key, _MISSING)
        if below is _MISSING:
            below = at[key] = {}
        at = below
    last = keys[-1]
    # Asks first, as MLRun does: the question is what fails on a value that is no container.
    if last not in at:
        at[last] = {}
    at[last] = result
    return body


def read_storey(path: str | None, body: Any) -> Any:
    """Value at `path` as async flows read it."""
    if not path:
        return body
    if not hasattr(body, "__getitem__"):
        raise TypeError("input_path parameter supports only dict-like event bodies")
    at = body
    for key in path.split("."):
        if not at or key not in at:
            return None
        at = at[key]
    return at


def write_storey(path: str | None, body: Any, result: Any) -> Any:
    """The body after `result` was written at `path`; a null on the way becomes a dict."""
    if not path:
        return result
    if not hasattr(body, "__getitem__"):
        raise TypeError("result_path parameter supports only dict-like event bodies")
    keys = path.split(".")
    at = body
    for key in keys[:-1]:
        below = at.get(key, None)
        if below is None:
            below = at[key] = {}
        at = below
    at[keys[-1]] = result
    return body


def _escaped(path: str) -> list[str]:
    """Splits at dots. A backslash vanishes and switches splitting off, or on again, as MLRun has it."""
    parts = [""]
    literal = False
    for char in path:
        if char == "\\":
            literal = not literal
        elif char == "." and not literal:
            parts.append("")
        else:
            parts[-1] += char
    return parts
