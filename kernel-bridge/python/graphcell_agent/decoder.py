"""Wire forms back to values: see wire.py for what they look like."""

from __future__ import annotations

import ast
import base64
import datetime
import sys
from collections.abc import Callable
from typing import Any, cast

from .event import make_event
from .protocol import AgentError
from .store import Store
from .wire import TEXT_ENUMS


class RequestContext(dict):  # type: ignore[type-arg]
    """Parameters of a request beside its own body: the handler is called as `f(body, **params)`."""

    def __init__(self, original_body: Any, params: dict[str, Any]) -> None:
        """`params` become the entries."""
        super().__init__(params)
        self.original_body = original_body


class Decoder:
    """Reads JSON-able data back to values. Handles become the kept values themselves."""

    def __init__(self, store: Store, exceptions: dict[tuple[str, str], BaseException] | None = None) -> None:
        """`exceptions`: those raised lately, by class name and message, so that they come back as they were."""
        self._store = store
        self._exceptions = {} if exceptions is None else exceptions
        #: Stands for the graph's context in arguments.
        self.context: Any = None
        #: Finds a function by the name that is left of it in a graph's dictionary.
        self.find: Callable[[str], Any] | None = None
        #: Lists, dicts and sets in the order in which they are written, where somebody asks for them.
        self.containers: list[Any] | None = None
        self._shared: dict[Any, Any] = {}
        #: Id of the container that is made next.
        self._naming: Any = None

    def decode(self, data: Any) -> Any:
        """The value that `data` describes; `AgentError` (GC_WIRE) when it can't be made here."""
        if isinstance(data, list):
            items: list[Any] = self.made([])
            for x in data:
                items.append(self.decode(x))
            return items
        if not isinstance(data, dict):
            return data
        kind = data.get("$type")
        if isinstance(kind, str):
            return self._typed(kind, data)
        entries: dict[str, Any] = self.made({})
        for k, v in data.items():
            entries[k] = self.decode(v)
        return entries

    def made(self, container: Any) -> Any:
        """Takes a list, dict or set that is still empty: it may be in several places, also in itself."""
        if self.containers is not None:
            self.containers.append(container)
        if self._naming is not None:
            self._shared[self._naming] = container
            self._naming = None
        return container

    def shared(self, data: dict[str, Any]) -> Any:
        """A container that is in several places; the first one has its content."""
        ident = data["id"]
        if "value" not in data:
            return self._shared[ident]
        self._naming = ident
        value = self._shared[ident] = self.decode(data["value"])
        self._naming = None
        return value

    def begin(self) -> list[Any]:
        """The containers of what is read from here on, until `end`."""
        self._shared.clear()
        self.containers = []
        return self.containers

    def end(self) -> None:
        """Forgets them."""
        self.containers = None
        self._shared.clear()

    def event(self, data: dict[str, Any], storey: bool) -> Any:
        """An event object from the wire forms of its fields."""
        # An event that became its own body: MLRun's sync error handlers do that.
        loop = data.get("body") == {"$type": "cycle"}
        event = make_event({k: self.decode(v) for k, v in data.items() if not (loop and k == "body")}, storey)
        if loop:
            event.body = event
        return event

    def callable(self, data: dict[str, Any]) -> Any:
        """A function that is known by its name only."""
        name = str(data.get("name", ""))
        if self.find is None:
            raise AgentError("GC_WIRE", f'Function "{name}" can\'t be found here.')
        return self.find(name)

    def _typed(self, kind: str, data: dict[str, Any]) -> Any:
        handle = data.get("handle")
        if isinstance(handle, str) and (kind != "callable" or handle in self._store):
            return self._store.get(handle)
        fields = data.get("fields")
        if kind not in _MAKERS and isinstance(fields, dict) and len(data) == 2:
            from collections import namedtuple

            cls = namedtuple(kind, list(fields))  # type: ignore[misc]
            return cls(*[self.decode(x) for x in fields.values()])
        if kind in _OPEN:
            return _MAKERS[kind](self, data)
        # What objects are made of is theirs: nobody asks for it.
        held, self.containers = self.containers, None
        try:
            return self._object(kind, data)
        finally:
            self.containers = held

    def _object(self, kind: str, data: dict[str, Any]) -> Any:
        make = _MAKERS.get(kind)
        if make is not None:
            return make(self, data)
        if kind.startswith("numpy.") or kind in ("pandas.Timestamp", "DataFrame", "Series"):
            return self._library(kind, data)
        raise AgentError("GC_WIRE", f'A value of type "{kind}" can\'t be made in the kernel.')

    def _exception(self, data: dict[str, Any]) -> BaseException:
        name, message = str(data.get("class", "Exception")), str(data.get("message", ""))
        known = self._exceptions.get((name, message))
        if known is not None:
            return known
        import builtins

        cls = getattr(builtins, name, None)
        if not (isinstance(cls, type) and issubclass(cls, BaseException)):
            cls = type(name, (Exception,), {"__module__": "__main__"})
        try:
            # The text of a KeyError is the repr of its argument.
            made: BaseException = cls(ast.literal_eval(message) if issubclass(cls, KeyError) else message)
        except Exception:
            made = Exception(message)
        cause = data.get("cause")
        if isinstance(cause, dict):
            made.__cause__ = self._exception(cause)
        return made

    def _library(self, kind: str, data: dict[str, Any]) -> Any:
        """Values of numpy and pandas, where the kernel has loaded them."""
        name = "numpy" if kind.startswith("numpy.") else "pandas"
        library = sys.modules.get(name)
        if library is None:
            raise AgentError("GC_WIRE", f'A value of type "{kind}" needs {name}.', f"Import {name} in a cell first.")
        if kind == "pandas.Timestamp":
            return library.Timestamp(data["value"])
        if kind == "numpy.ndarray":
            return library.array(self.decode(data["value"]), dtype=data.get("dtype"))
        if kind == "DataFrame":
            index = library.Index(self.decode(data.get("index", [])), name=self.decode(data.get("index_name")))
            return library.DataFrame(self.decode(data["rows"]), columns=self.decode(data["columns"]), index=index)
        if kind == "Series":
            values, index = self.decode(data["values"]), self.decode(data.get("index"))
            return library.Series(values, index=index, name=self.decode(data.get("name")))
        return getattr(library, kind.split(".", 1)[1])(self.decode(data["value"]))


def _make_dict(decoder: Decoder, data: dict[str, Any]) -> Any:
    entries = decoder.made({})
    for k, v in data["items"]:
        entries[decoder.decode(k)] = decoder.decode(v)
    return entries


def _make_set(decoder: Decoder, data: dict[str, Any]) -> Any:
    items = decoder.made(set())
    for x in data["items"]:
        items.add(decoder.decode(x))
    return items


def _make_bytes(_: Decoder, data: dict[str, Any]) -> bytes:
    text = data.get("utf8")
    return text.encode("utf8") if isinstance(text, str) else base64.b64decode(data["base64"])


def _make_timedelta(_: Decoder, data: dict[str, Any]) -> datetime.timedelta:
    text = str(data["value"])
    days = 0
    if "day" in text:
        head, _comma, text = text.partition(",")
        days = int(head.split()[0])
    hours, minutes, seconds = (text.strip() or "0:0:0").split(":")
    return datetime.timedelta(days=days, hours=int(hours), minutes=int(minutes), seconds=float(seconds))


def _make_response(decoder: Decoder, data: dict[str, Any]) -> Any:
    from .context import response_class

    return response_class()(
        headers=decoder.decode(data.get("headers")),
        body=decoder.decode(data.get("body")),
        content_type=data.get("content_type"),
        status_code=data.get("status_code", 200),
    )


def _make_event(decoder: Decoder, data: dict[str, Any]) -> Any:
    fields = {k: v for k, v in data.items() if k not in ("$type", "class")}
    return decoder.event(fields, data.get("class") == "Event")


def _make_request(decoder: Decoder, data: dict[str, Any]) -> RequestContext:
    params = {k: decoder.decode(v) for k, v in data.get("params", {}).items()}
    return RequestContext(decoder.decode(data.get("original_body")), params)


def _make_object(decoder: Decoder, data: dict[str, Any]) -> Any:
    """Storey's HTTP response; any other object of a class stays where it is, and comes with its handle."""
    if data.get("class") != "storey.flow.HttpResponse" or "attributes" not in data:
        raise AgentError("GC_WIRE", f'A value of class "{data.get("class")}" can\'t be made in the kernel.')
    fields = decoder.decode(data["attributes"])
    return sys.modules["storey.flow"].HttpResponse(fields.get("status"), fields.get("body"))


def _make_text_enum(_: Decoder, data: dict[str, Any]) -> str:
    """The member itself; its text where the library is not there."""
    module, _dot, name = str(data.get("class")).rpartition(".")
    made = getattr(sys.modules.get(module), name, None) if f"{module}.{name}" in TEXT_ENUMS else None
    try:
        return str(data["value"]) if made is None else cast(str, made(data["value"]))
    except ValueError:
        return str(data["value"])


def _make_cycle(_decoder: Decoder, _data: dict[str, Any]) -> Any:
    from .event import CYCLE

    return CYCLE


#: Kinds whose parts are lists, dicts and sets that others may hold, too.
_OPEN = frozenset(("tuple", "dict", "set", "shared"))

_MAKERS: dict[str, Callable[[Decoder, dict[str, Any]], Any]] = {
    "float": lambda _, data: float(data["value"]),
    "int": lambda _, data: int(data["value"]),
    "tuple": lambda decoder, data: tuple(decoder.decode(x) for x in data["items"]),
    "set": _make_set,
    "frozenset": lambda decoder, data: frozenset(decoder.decode(x) for x in data["items"]),
    "shared": lambda decoder, data: decoder.shared(data),
    "dict": _make_dict,
    "bytes": _make_bytes,
    "datetime": lambda _, data: datetime.datetime.fromisoformat(data["value"]),
    "date": lambda _, data: datetime.date.fromisoformat(data["value"]),
    "timedelta": _make_timedelta,
    "exception": lambda decoder, data: decoder._exception(data),
    "Response": _make_response,
    "RequestContext": _make_request,
    "Event": _make_event,
    "text_enum": _make_text_enum,
    "callable": lambda decoder, data: decoder.callable(data),
    "cycle": _make_cycle,
    "object": _make_object,
    "context": lambda decoder, _: decoder.context,
}
