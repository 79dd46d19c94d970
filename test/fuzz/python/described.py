"""Values in the described form of golden cases: JSON, in which what JSON lacks is an object with `$type`."""

from __future__ import annotations

import base64
import datetime
import inspect
import math
import threading
from typing import Any

import mlrun
import mlrun.serving
import numpy as np
import pandas as pd
import storey
import storey.dtypes
from mlrun.serving.server import MockEvent, Response
from mlrun.serving.utils import _RequestContext

_open = threading.local()

_MAX_DEPTH = 40


def described(value: Any, depth: int = 0) -> Any:
    """The described form of any value as it is now."""
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"$type": "float", "value": repr(value)}
    if depth > _MAX_DEPTH:
        return {"$type": "deep"}
    if isinstance(value, (dict, list, tuple, storey.Event, MockEvent)):
        return _container(value, depth)
    for kinds, write in _WRITERS:
        if isinstance(value, kinds):
            return write(value, depth + 1)
    return _other(value, depth + 1)


def exception(error: BaseException) -> Any:
    """Class and message, and those of the cause."""
    out: dict[str, Any] = {"$type": "exception", "class": type(error).__name__, "message": str(error)[:600]}
    if error.__cause__ is not None:
        out["cause"] = {"class": type(error.__cause__).__name__, "message": str(error.__cause__)[:300]}
    return out


def _container(value: Any, depth: int) -> Any:
    held = _open.__dict__.setdefault("held", set())
    if id(value) in held:
        return {"$type": "cycle"}
    held.add(id(value))
    try:
        return _contained(value, depth + 1)
    finally:
        held.discard(id(value))


def _contained(value: Any, depth: int) -> Any:
    if isinstance(value, _RequestContext):
        params = {k: described(v, depth) for k, v in value.items()}
        return {"$type": "RequestContext", "original_body": described(value.original_body, depth), "params": params}
    if isinstance(value, dict):
        if all(isinstance(key, str) and key != "$type" for key in value):
            return {str(key): described(item, depth) for key, item in value.items()}
        return {"$type": "dict", "items": [[described(k, depth), described(v, depth)] for k, v in value.items()]}
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            return {
                "$type": type(value).__name__,
                "fields": {f: described(getattr(value, f), depth) for f in value._fields},
            }
        return {"$type": "tuple", "items": [described(item, depth) for item in value]}
    if type(value) is list or isinstance(value, list):
        return [described(item, depth) for item in value]
    return _event(value, depth)


def _event(event: Any, depth: int) -> Any:
    out = {
        "$type": "Event",
        "class": type(event).__name__,
        "id": described(event.id, depth),
        "body": described(event.body, depth),
    }
    for name in ("key", "path", "method"):
        part = getattr(event, name, None)
        if part not in (None, "", "/"):
            out[name] = described(part, depth)
    if getattr(event, "error", None):
        out["error"] = described(event.error, depth)
    if getattr(event, "origin_state", None):
        out["origin_state"] = event.origin_state
    return out


def _frame(value: Any, depth: int) -> Any:
    return {
        "$type": "DataFrame",
        "columns": [described(c, depth) for c in value.columns],
        "index_name": described(value.index.name, depth),
        "index": [described(v, depth) for v in value.index.tolist()],
        "dtypes": [str(t) for t in value.dtypes],
        "rows": [[described(v, depth) for v in row] for row in value.values.tolist()],
    }


def _series(value: Any, depth: int) -> Any:
    return {
        "$type": "Series",
        "name": described(value.name, depth),
        "index": [described(v, depth) for v in value.index.tolist()],
        "values": [described(v, depth) for v in value.tolist()],
    }


def _response(value: Any, depth: int) -> Any:
    return {
        "$type": "Response",
        "status_code": value.status_code,
        "content_type": value.content_type,
        "headers": described(value.headers, depth),
        "body": described(value.body, depth),
    }


def _bytes(value: Any, _: int) -> Any:
    try:
        return {"$type": "bytes", "utf8": bytes(value).decode("utf8")}
    except UnicodeDecodeError:
        return {"$type": "bytes", "base64": base64.b64encode(bytes(value)).decode()}


def _set(value: Any, depth: int) -> Any:
    kind = "frozenset" if isinstance(value, frozenset) else "set"
    return {"$type": kind, "items": sorted((described(v, depth) for v in value), key=repr)}


def _number(value: Any, depth: int) -> Any:
    plain = str(value) if isinstance(value, np.datetime64) else described(value.item(), depth)
    return {"$type": "numpy." + type(value).__name__, "value": plain}


_WRITERS: list[tuple[Any, Any]] = [
    (np.generic, _number),
    (np.ndarray, lambda v, d: {"$type": "numpy.ndarray", "dtype": str(v.dtype), "value": described(v.tolist(), d)}),
    (str, lambda v, _: str(getattr(v, "value", v))),
    ((set, frozenset), _set),
    ((bytes, bytearray), _bytes),
    (pd.Timestamp, lambda v, _: {"$type": "pandas.Timestamp", "value": v.isoformat()}),
    (datetime.datetime, lambda v, _: {"$type": "datetime", "value": v.isoformat()}),
    ((datetime.date, datetime.timedelta), lambda v, _: {"$type": type(v).__name__, "value": str(v)}),
    (pd.DataFrame, _frame),
    (pd.Series, _series),
    (Response, _response),
    (BaseException, lambda v, _: exception(v)),
    (mlrun.serving.GraphContext, lambda *_: {"$type": "context"}),
]


def _other(value: Any, depth: int) -> Any:
    if inspect.isgenerator(value) or inspect.isasyncgen(value):
        return {"$type": "generator"}
    if callable(value):
        return {"$type": "callable", "name": getattr(value, "__name__", type(value).__name__)}
    if isinstance(value, mlrun.model.ModelObj) and hasattr(value, "to_dict"):
        return {"$type": "object", "class": type(value).__name__, "dict": described(value.to_dict(), depth)}
    return {"$type": "object", "class": f"{type(value).__module__}.{type(value).__qualname__}"}


#: Objects of MLRun in whose dictionaries order has a meaning; in all others it is random.
_ORDERED = {"steps", "routes", "class_args", "mapping", "models", "options", "parameters", "shared_models"}


def canonical(value: Any, key: str | None = None) -> Any:
    """A graph's dictionary with its fields sorted where their order is random."""
    if isinstance(value, dict):
        ordered = key in _ORDERED or "$type" in value
        inner = key if key in ("class_args", "mapping", "options", "parameters", "models") else None
        items = value.items() if ordered else sorted(value.items())
        return {k: canonical(v, inner or k) for k, v in items}
    if isinstance(value, list):
        if key in ("model_endpoints_names", "model_endpoints_routes_names"):
            return sorted(value, key=lambda v: (v is None, str(v)))
        return [canonical(v) for v in value]
    return value
