"""A fuller look at a kept value: type, text, table or picture, each within a stated number of bytes."""

from __future__ import annotations

import sys
from typing import Any

from .describe import short_repr
from .protocol import dump
from .store import Store, size_of
from .wire import Encoder

#: Rows and columns of a table.
TABLE_ROWS = 100
TABLE_COLUMNS = 50

_RICH = {"text/html": "_repr_html_", "image/svg+xml": "_repr_svg_", "image/png": "_repr_png_"}


def preview_of(handle: str, value: Any, store: Store, limit: int, shell: Any = None) -> dict[str, Any]:
    """The preview; `json` is there only when the whole value fits `limit` bytes."""
    text = short_repr(value, max(80, min(limit, 20_000)))
    wire = Encoder(store, None, total=limit).encode(value)
    json = dump(wire)
    whole = len(json) <= limit and not (isinstance(wire, dict) and wire.get("cut") is True)
    out: dict[str, Any] = {
        "type": type(value).__name__,
        "text": text,
        "json": json if whole else None,
        "size": len(json) if whole else size_of(value),
        "cut": not whole,
        "handle": handle,
    }
    bundle = _bundle(value, max(limit, 64 * 1024), shell)
    if bundle:
        out["bundle"] = bundle
    return out


def _bundle(value: Any, limit: int, shell: Any) -> dict[str, str]:
    """Richer forms of the value, as its own class gives them."""
    try:
        table = _table(value)
        if table is not None:
            return {"text/html": table} if len(table) <= limit else {}
        if type(value).__module__ == "builtins":
            return {}
        return {k: v for k, v in _formats(value, shell).items() if isinstance(v, str) and len(v) <= limit}
    except Exception:
        return {}


def _table(value: Any) -> str | None:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.Series):
        value = value.iloc[:TABLE_ROWS].to_frame()
    if not isinstance(value, pandas.DataFrame):
        return None
    return str(value.iloc[: TABLE_ROWS + 1].to_html(max_rows=TABLE_ROWS, max_cols=TABLE_COLUMNS, notebook=True))


def _formats(value: Any, shell: Any) -> dict[str, Any]:
    formatter = getattr(shell, "display_formatter", None)
    if formatter is not None:
        data, _metadata = formatter.format(value, include=set(_RICH))
        return dict(data)
    return {mime: getattr(value, name)() for mime, name in _RICH.items() if hasattr(value, name)}
