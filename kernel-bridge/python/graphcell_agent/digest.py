"""Cheap fingerprints: they change when a graph's dictionary would, and cost microseconds a step."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

#: Depth and number of entries to which a value that is no plain data is looked into.
_DEPTH = 6
_ENTRIES = 2_000

_readers: dict[tuple[type, tuple[str, ...]], Callable[[dict[str, Any]], Any]] = {}


def graph_digest(root: Any) -> int:
    """Fingerprint of an MLRun graph object: of its steps and routes, their order and all their fields."""
    parts: list[Any] = []
    _step_parts(root, parts)
    return plain_digest(parts)


def _step_parts(step: Any, parts: list[Any]) -> None:
    parts.append(_fields(step))
    for name in ("_steps", "_routes"):
        children = getattr(step, name, None)
        children = getattr(children, "_children", children)
        if isinstance(children, dict):
            for key, child in list(children.items()):
                parts.append(key)
                _step_parts(child, parts)


def _fields(step: Any) -> Any:
    """The attributes behind the fields that the step's dictionary is made of."""
    state = vars(step)
    cls = type(step)
    key = (cls, tuple(cls._dict_fields))
    reader = _readers.get(key)
    try:
        if reader is not None:
            return reader(state)
    except KeyError:
        pass
    if len(_readers) > 200:
        _readers.clear()
    reader = _readers[key] = _getter(list(_stored(state, cls._dict_fields)))
    return reader(state)


def _getter(names: list[str]) -> Callable[[dict[str, Any]], Any]:
    return itemgetter(*names) if len(names) != 1 else lambda state: (state[names[0]],)


def _stored(state: dict[str, Any], fields: Iterable[str]) -> Iterable[str]:
    for field in fields:
        for name in (field, "_" + field):
            if name in state and name not in ("_steps", "_routes", "steps", "routes"):
                yield name


def plain_digest(value: Any) -> int:
    """Fingerprint of a value: by content where it is plain data, by identity where it is an object."""
    try:
        # Version 2 writes no references, so that equal data always gives equal bytes.
        return hash(marshal.dumps(value, 2))
    except ValueError:
        return hash(marshal.dumps(_flat(value, 0, [_ENTRIES]), 2))


def _flat(value: Any, depth: int, left: list[int]) -> Any:
    left[0] -= 1
    if value is None or type(value) in (bool, int, float, str, bytes):
        return value
    if depth < _DEPTH and left[0] > 0:
        if isinstance(value, dict):
            return [[_flat(k, depth + 1, left), _flat(v, depth + 1, left)] for k, v in list(value.items())]
        if isinstance(value, (list, tuple)):
            return [_flat(x, depth + 1, left) for x in value]
        if isinstance(value, (set, frozenset)):
            return sorted(repr(_flat(x, depth + 1, left)) for x in value)
    return id(value)
