"""Bounded descriptions of values that JSON has no form for. Nothing is imported that the user did not."""

from __future__ import annotations

import array
import collections
import dataclasses
import datetime
import sys
import types
from typing import Any

#: Rows of a table and items of an array that a description holds.
TABLE_ROWS = 50
ARRAY_ITEMS = 1_000

#: Characters of a repr, and of an exception's message.
TEXT = 400
MAX_MESSAGE = 16_000

#: Items from which on a container of the standard library is not asked for its repr, which would write them all.
LONG = 10_000
_SIZED = (dict, list, tuple, set, frozenset, str, bytes, bytearray, array.array, collections.deque, memoryview)


def class_path(cls: type) -> str:
    """Module and qualified name."""
    return f"{cls.__module__}.{cls.__qualname__}"


def message_of(error: BaseException) -> str:
    """The exception's text, cut."""
    try:
        return str(error)[:MAX_MESSAGE]
    except Exception as failed:
        return f"<its text raised {type(failed).__name__}>"


def short_repr(value: Any, limit: int = TEXT) -> str:
    """Python's repr, cut at `limit` characters, never walking through more of the value than it shows."""
    text = _repr(value, limit, 0)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _repr(value: Any, limit: int, depth: int) -> str:
    kind = type(value)
    if kind in (str, bytes, bytearray):
        return str(repr(value if len(value) <= limit else value[:limit]))
    if kind is int and value.bit_length() > 4096:
        return f"<int of {value.bit_length()} bits>"
    if depth > 6:
        return "…"
    if kind in (list, tuple, set, frozenset):
        return _repr_items(value, limit, depth)
    if kind is dict:
        return _repr_dict(value, limit, depth)
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and "__repr__" in vars(kind):
        return _repr_fields(value, limit, depth)
    try:
        if isinstance(value, _SIZED) and len(value) > LONG:
            return f"<{class_path(kind)} of {len(value)} items>"
        return repr(value)
    except Exception as error:
        return f"<{class_path(kind)} whose repr raised {type(error).__name__}>"


_BRACKETS: dict[type, tuple[str, str]] = {
    list: ("[", "]"),
    tuple: ("(", ")"),
    set: ("{", "}"),
    frozenset: ("frozenset({", "})"),
}


def _repr_items(value: Any, limit: int, depth: int) -> str:
    if not value:
        return repr(value)
    left, right = _BRACKETS[type(value)]
    parts: list[str] = []
    room = limit
    for item in value:
        parts.append(_repr(item, room, depth + 1))
        room -= len(parts[-1]) + 2
        if room <= 0:
            parts.append("…")
            break
    tail = "," if type(value) is tuple and len(value) == 1 else ""
    return left + ", ".join(parts) + tail + right


def _repr_dict(value: dict[Any, Any], limit: int, depth: int) -> str:
    parts: list[str] = []
    room = limit
    for key, item in value.items():
        parts.append(f"{_repr(key, room, depth + 1)}: {_repr(item, room, depth + 1)}")
        room -= len(parts[-1]) + 2
        if room <= 0:
            parts.append("…")
            break
    return "{" + ", ".join(parts) + "}"


def _repr_fields(value: Any, limit: int, depth: int) -> str:
    parts: list[str] = []
    room = limit
    for field in dataclasses.fields(value):
        if not field.repr:
            continue
        parts.append(f"{field.name}={_repr(getattr(value, field.name, None), room, depth + 1)}")
        room -= len(parts[-1]) + 2
        if room <= 0:
            parts.append("…")
            break
    return f"{type(value).__qualname__}({', '.join(parts)})"


def plain_form(value: Any) -> dict[str, Any] | None:
    """The form of an immutable value that can be made again from it alone; None for any other value."""
    if isinstance(value, datetime.datetime):
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(value, pandas.Timestamp):
            return {"$type": "pandas.Timestamp", "value": value.isoformat()}
        return {"$type": "datetime", "value": value.isoformat()}
    if isinstance(value, (datetime.date, datetime.timedelta)):
        return {"$type": type(value).__name__, "value": str(value)}
    return None


def fields_of(value: Any, encode: Any) -> tuple[str, dict[str, Any]]:
    """`$type` and fields of a value that stays in the kernel; `encode` gives the wire form of a part."""
    for describe in (_numpy, _pandas, _serving, _builtin):
        found = describe(value, encode)
        if found is not None:
            kind, fields = found
            break
    else:
        kind, fields = "object", {"class": class_path(type(value)), **_model_object(value, encode)}
        cls: Any = type(value)
        if cls.__repr__ != object.__repr__:
            fields["repr"] = short_repr(value)
        if cls.__str__ != object.__str__:
            fields["str"] = str(value)[:TEXT]
    if hasattr(type(value), "__getitem__"):
        fields["subscriptable"] = True
    return kind, fields


def _model_object(value: Any, encode: Any) -> dict[str, Any]:
    """Objects of MLRun that have a dictionary, such as models of a runner, are told by it."""
    if not any(cls.__name__ == "ModelObj" and cls.__module__ == "mlrun.model" for cls in type(value).__mro__):
        return {}
    return {"class": type(value).__name__, "dict": encode(value.to_dict())}


def _numpy(value: Any, encode: Any) -> tuple[str, dict[str, Any]] | None:
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    if isinstance(value, numpy.generic):
        item = str(value) if isinstance(value, (numpy.datetime64, numpy.timedelta64)) else value.item()
        return f"numpy.{type(value).__name__}", {"value": encode(item)}
    if not isinstance(value, numpy.ndarray):
        return None
    fields: dict[str, Any] = {"dtype": str(value.dtype)}
    fields["repr"] = f"<ndarray of {' x '.join(map(str, value.shape)) or 'one'} {value.dtype}>"
    if value.size <= ARRAY_ITEMS:
        fields["value"] = encode(value.tolist())
    else:
        fields["shape"] = list(value.shape)
        fields["value"] = encode([x.item() if hasattr(x, "item") else x for x in value.flat[:TABLE_ROWS]])
        fields["cut"] = True
    return "numpy.ndarray", fields


def _pandas(value: Any, encode: Any) -> tuple[str, dict[str, Any]] | None:
    pandas = sys.modules.get("pandas")
    if pandas is None:
        return None
    if isinstance(value, pandas.DataFrame):
        return "DataFrame", _frame(value, encode)
    if isinstance(value, pandas.Series):
        head = value if len(value) <= ARRAY_ITEMS else value.iloc[:TABLE_ROWS]
        fields = {
            "repr": f"<Series of {len(value)} {value.dtype}>",
            "name": encode(value.name),
            "index": encode(head.index.tolist()),
            "values": encode(head.tolist()),
        }
        if len(head) < len(value):
            fields.update(length=len(value), cut=True)
        return "Series", fields
    return None


def _frame(value: Any, encode: Any) -> dict[str, Any]:
    """Whole when it is small; else its first rows and columns, and its shape."""
    cells = value.shape[0] * max(1, value.shape[1])
    head = value if cells <= ARRAY_ITEMS else value.iloc[:TABLE_ROWS, :TABLE_ROWS]
    names = ", ".join(str(c) for c in value.columns[:20])
    fields: dict[str, Any] = {
        "repr": f"<DataFrame of {value.shape[0]} x {value.shape[1]}: {names}>"[:TEXT],
        "columns": [encode(c) for c in head.columns],
        "index_name": encode(head.index.name),
        "index": [encode(x) for x in head.index.tolist()],
        "dtypes": [str(t) for t in head.dtypes],
        "rows": [[encode(x) for x in row] for row in head.values.tolist()],
    }
    if head is not value:
        fields.update(shape=list(value.shape), cut=True)
    return fields


#: Requests and responses of Storey's HTTP step: the engine sends the ones and makes the others.
_HTTP = ("storey.flow.HttpRequest", "storey.flow.HttpResponse")


def _serving(value: Any, encode: Any) -> tuple[str, dict[str, Any]] | None:
    """MLRun's, Nuclio's and our own responses and contexts, told by their classes' names."""
    names = {c.__name__ for c in type(value).__mro__}
    if "Response" in names and hasattr(value, "status_code") and hasattr(value, "body"):
        return "Response", {
            "status_code": encode(value.status_code),
            "content_type": encode(getattr(value, "content_type", None)),
            "headers": encode(getattr(value, "headers", None)),
            "body": encode(value.body),
        }
    if class_path(type(value)) in _HTTP:
        return "object", {"class": class_path(type(value)), "attributes": encode(vars(value))}
    if "GraphContext" in names and hasattr(value, "current_function"):
        return "context", {}
    return None


def _builtin(value: Any, encode: Any) -> tuple[str, dict[str, Any]] | None:
    if isinstance(value, BaseException):
        fields = {"class": type(value).__name__, "message": message_of(value)}
        cause = value.__cause__
        if cause is not None:
            fields["cause"] = encode({"class": type(cause).__name__, "message": message_of(cause)})
        return "exception", fields
    if isinstance(value, (types.GeneratorType, types.AsyncGeneratorType)):
        return "generator", {}
    if isinstance(value, types.CoroutineType):
        return "object", {"class": class_path(type(value)), "repr": f"<coroutine {value.__qualname__}>"}
    if isinstance(getattr(type(value), "__members__", None), types.MappingProxyType):
        return "enum", {"class": type(value).__name__, "name": getattr(value, "name", "")}
    if callable(value):
        return "callable", {"name": getattr(value, "__name__", type(value).__name__)}
    return None
