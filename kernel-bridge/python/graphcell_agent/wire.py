"""Values as JSON: what JSON lacks is an object with `$type`; what is large or has no form stays under a handle."""

from __future__ import annotations

import base64
import math
from collections.abc import Callable
from typing import Any

from .describe import class_path, fields_of, plain_form, short_repr
from .protocol import AgentError
from .store import Store, size_of

#: Above these, a value stays in the kernel: items of one container, characters or bytes of one text,
#: nesting, and the rough number of characters of a whole value's JSON.
MAX_ITEMS = 100_000
MAX_TEXT = 2_000_000
MAX_DEPTH = 40
MAX_TOTAL = 8_000_000


class _TooLargeError(Exception):
    """The value as a whole passed `MAX_TOTAL`."""


class _NotSmallError(Exception):
    """The value is not small plain data."""


class _SharedError(Exception):
    """A list, dict or set came up for the second time."""


#: Rough number of characters up to which a value is small, and what ints are.
_SMALL = 50_000
_INT64 = 1 << 63


#: Texts of an enumeration that MLRun gives to user code, which may look at how they are written.
TEXT_ENUMS = frozenset(("http.HTTPMethod", "mlrun.common.schemas.background_task.BackgroundTaskState"))


class Encoder:
    """Writes values; those that stay are put into the store for one run."""

    def __init__(self, store: Store, run: str | None = None, total: int = MAX_TOTAL) -> None:
        """`total` bounds each value that `encode` is given."""
        self._store = store
        self._run = run
        self._total = total
        self._left = total
        self._open: set[int] = set()
        self._forms = _Forms()
        #: Objects by their id that are written as `{"$type": "argument", "index": n}`: those that the other end has.
        self.arguments: dict[int, int] = {}
        #: Events by their id that are written as `{"$type": "argument", "event": n}`.
        self.events: dict[int, int] = {}
        #: Takes an exception that comes back by its class and message alone; without it exceptions have handles.
        self.remember: Callable[[BaseException], None] | None = None

    def encode(self, value: Any) -> Any:
        """JSON-able data for `value`."""
        if self._forms.joined:
            return self._whole(value)
        self._left = min(_SMALL, self._total)
        try:
            return self._small(value, 0, set())
        except _NotSmallError:
            return self.together(lambda: self._whole(value))

    def together(self, write: Callable[[], Any]) -> Any:
        """
        What `write` gives, which may encode several values: a list, dict or set that occurs in more than one place of
        them, or in itself, is written once, as `{"$type": "shared"}`, and named in the other places.
        """
        forms, self._forms = self._forms, _Forms(joined=True)
        try:
            return write()
        except _SharedError:
            self._forms.counting = True
            self._forms.done.clear()
            write()
            self._forms.settle()
            return write()
        finally:
            self._forms = forms

    def content(self, container: Any) -> Any:
        """The content of a list, dict or set that the other end has."""
        self._left = self._total
        if isinstance(container, dict):
            return self._dict(container, 1)
        return self._list(container, 1) if isinstance(container, list) else self._set(container, 1)

    def _whole(self, value: Any) -> Any:
        self._left = self._total
        self._open.clear()
        done = self._forms.done
        before = len(done)
        try:
            return self._value(value, 0)
        except _TooLargeError:
            # What was written of it is not told.
            while len(done) > before:
                done.popitem()
            return self._outline(value)

    def _small(self, value: Any, depth: int, seen: set[int]) -> Any:
        """The same as `_value` for small plain data, which nearly all bodies are, in a third of the time."""
        kind = type(value)
        if kind is dict or kind is list:
            argument = self.arguments.get(id(value))
            if argument is not None:
                return {"$type": "argument", "index": argument}
            self._left -= 16 + 8 * len(value)
            if self._left < 0 or depth > 16 or id(value) in seen:
                raise _NotSmallError
            seen.add(id(value))
        if kind is dict:
            copy = {}
            for key, item in list(value.items()):
                if type(key) is not str or key == "$type":
                    raise _NotSmallError
                copy[key] = self._small(item, depth + 1, seen)
            return copy
        if kind is list:
            return [self._small(item, depth + 1, seen) for item in list(value)]
        if kind is str:
            self._left -= len(value)
            if self._left < 0:
                raise _NotSmallError
            return value
        if value is None or kind is bool or (kind is float and value - value == 0):
            return value
        if kind is int and -_INT64 < value < _INT64:
            return value
        raise _NotSmallError

    def _spend(self, n: int) -> None:
        self._left -= n
        if self._left < 0:
            raise _TooLargeError

    def _value(self, value: Any, depth: int) -> Any:
        kind = type(value)
        if value is None or kind is bool:
            self._left -= 4
            return value
        if kind is int:
            return self._int(value)
        if kind is str:
            return self._text(value)
        if kind is float:
            self._left -= 8
            return value if math.isfinite(value) else {"$type": "float", "value": repr(value)}
        if isinstance(value, dict):
            return self._container(value, depth, self._dict)
        if kind is list:
            return self._container(value, depth, self._list)
        if isinstance(value, tuple):
            return self._container(value, depth, self._tuple)
        if kind in (set, frozenset):
            return self._container(value, depth, self._set)
        return self._other(value, depth)

    def _int(self, value: int) -> Any:
        bits = value.bit_length()
        self._left -= 4 + bits // 3
        # Python refuses to write longer ints as text.
        return value if bits <= 8192 else self._outline(value)

    def _text(self, value: str) -> Any:
        if len(value) > MAX_TEXT:
            return self._outline(value)
        self._spend(len(value) + 2)
        return value

    def _container(self, value: Any, depth: int, write: Callable[[Any, int], Any], length: int | None = None) -> Any:
        length = len(value) if length is None else length
        argument = self.arguments.get(id(value))
        if argument is not None:
            return {"$type": "argument", "index": argument}
        if length > MAX_ITEMS:
            return self._outline(value)
        if id(value) in self._open:
            return {"$type": "cycle", "handle": self._store.put(value, self._run)}
        if depth > MAX_DEPTH:
            return {"$type": "deep", "handle": self._store.put(value, self._run)}
        if isinstance(value, (list, dict, set)):
            return self._shareable(value, depth, write, length)
        self._spend(2 + 2 * length)
        self._open.add(id(value))
        try:
            return write(value, depth + 1)
        finally:
            self._open.discard(id(value))

    def _shareable(self, value: Any, depth: int, write: Callable[[Any, int], Any], length: int) -> Any:
        """A list, dict or set: only the first time in full."""
        forms = self._forms
        if id(value) in forms.done:
            if forms.counting:
                forms.ids[id(value)] = 0
                return None
            if id(value) not in forms.ids:
                raise _SharedError
            return {"$type": "shared", "id": forms.ids[id(value)]}
        self._spend(2 + 2 * length)
        forms.done[id(value)] = value
        form = write(value, depth + 1)
        ident = forms.ids.get(id(value))
        return form if ident is None or forms.counting else {"$type": "shared", "id": ident, "value": form}

    def _list(self, value: list[Any], depth: int) -> Any:
        return [self._value(x, depth) for x in list(value)]

    def _dict(self, value: dict[Any, Any], depth: int) -> Any:
        items = list(value.items())
        params = getattr(value, "original_body", _ABSENT) if type(value) is not dict else _ABSENT
        if params is not _ABSENT:
            return {
                "$type": "RequestContext",
                "original_body": self._value(params, depth),
                "params": {str(k): self._value(v, depth) for k, v in items},
            }
        if all(isinstance(k, str) and k != "$type" for k, _ in items):
            return {_key(k): self._value(v, depth) for k, v in items}
        return {"$type": "dict", "items": [[self._value(k, depth), self._value(v, depth)] for k, v in items]}

    def _tuple(self, value: tuple[Any, ...], depth: int) -> Any:
        fields = getattr(value, "_fields", None)
        if isinstance(fields, tuple) and len(fields) == len(value):
            return {
                "$type": type(value).__name__,
                "fields": {str(f): self._value(x, depth) for f, x in zip(fields, value)},
            }
        return {"$type": "tuple", "items": [self._value(x, depth) for x in value]}

    def _set(self, value: Any, depth: int) -> Any:
        items = [self._value(x, depth) for x in value]
        return {"$type": "frozenset" if isinstance(value, frozenset) else "set", "items": sorted(items, key=_set_order)}

    def _other(self, value: Any, depth: int) -> Any:
        if isinstance(value, (bytes, bytearray)) and type(value) in (bytes, bytearray):
            return self._bytes(value)
        plain = plain_form(value)
        if plain is not None:
            self._left -= 40
            return plain
        if isinstance(value, str) and class_path(type(value)) in TEXT_ENUMS:
            self._left -= 100
            return {
                "$type": "text_enum",
                "class": class_path(type(value)),
                "value": str(getattr(value, "value", value)),
                "repr": repr(value),
            }
        if isinstance(value, str):
            return self._text(str(getattr(value, "value", value)))
        if type(value).__name__ in ("Event", "MockEvent") and hasattr(value, "body"):
            if id(value) in self.events:
                return {"$type": "argument", "event": self.events[id(value)]}
            return self._container(value, depth, self._event, 4)
        try:
            type_name, fields = fields_of(value, lambda part: self._value(part, depth + 1))
        except (_TooLargeError, _SharedError, AgentError, KeyboardInterrupt):
            raise
        except Exception as error:
            type_name = "object"
            fields = {"class": class_path(type(value)), "repr": f"<its description failed: {error}>"}
        self._left -= 60
        if type_name == "exception" and self.remember is not None:
            self.remember(value)
            return {"$type": type_name, **fields}
        return {"$type": type_name, "handle": self._store.put(value, self._run), **fields}

    def _event(self, event: Any, depth: int) -> Any:
        out = {
            "$type": "Event",
            "handle": self._store.put(event, self._run),
            "class": type(event).__name__,
            "id": self._value(getattr(event, "id", None), depth),
            "body": self._value(event.body, depth),
        }
        for name in ("key", "path", "method"):
            part = getattr(event, name, None)
            if part not in (None, "", "/"):
                out[name] = self._value(part, depth)
        for name in ("error", "origin_state"):
            part = getattr(event, name, None)
            if part:
                out[name] = self._value(part, depth)
        if getattr(event, "_graphcell_caller", False):
            # It is an event of the run, or a copy of one: whoever waits for that one waits for it.
            out["caller"] = True
        return out

    def _bytes(self, value: bytes | bytearray) -> Any:
        if len(value) > MAX_TEXT:
            return self._outline(value)
        self._spend(len(value) + 30)
        try:
            return {"$type": "bytes", "utf8": bytes(value).decode("utf8")}
        except UnicodeDecodeError:
            return {"$type": "bytes", "base64": base64.b64encode(value).decode("ascii")}

    def _outline(self, value: Any) -> Any:
        """A large value: its type, length and the beginning of its repr; the value itself stays."""
        out: dict[str, Any] = {
            "$type": type(value).__name__,
            "handle": self._store.put(value, self._run),
            "repr": short_repr(value),
            "size": size_of(value),
            "cut": True,
        }
        if hasattr(value, "__len__"):
            out["length"] = len(value)
        return out


class _Forms:
    """The lists, dicts and sets that were written in one go, and the ids of those that occur again."""

    #: Last id that was given.
    last = 0

    def __init__(self, joined: bool = False) -> None:
        self.joined = joined
        self.counting = False
        #: By their Python id; held, so that no other object gets it.
        self.done: dict[int, Any] = {}
        self.ids: dict[int, int] = {}

    def settle(self) -> None:
        """What occurs again is known: now it is written."""
        self.counting = False
        self.done.clear()
        for key in self.ids:
            _Forms.last += 1
            self.ids[key] = _Forms.last


_ABSENT = object()


def _key(key: str) -> str:
    """Members of text enumerations stand for their values."""
    return key if type(key) is str else str(getattr(key, "value", key))


def _set_order(item: Any) -> str:
    return repr(item)
