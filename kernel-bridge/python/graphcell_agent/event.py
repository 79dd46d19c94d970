"""The event as user code sees it, made from a message and written back into one."""

from __future__ import annotations

import sys
from typing import Any

from .context import MockEvent, server_module

_FIELDS = ("key", "path", "method", "headers", "content_type", "error", "origin_state", "time")

#: Attributes that the hosts' event classes have of their own: they say nothing about the flow.
_OWN = {
    "id",
    "body",
    "trigger",
    "offset",
    "processing_time",
    "_awaitable_result",
    "_original_events",
    "_cyclic_counter",
    "_graphcell_origin",
    "_graphcell_body",
    "_graphcell_caller",
    *_FIELDS,
}

#: Stands for the body of an event that is its own body.
CYCLE = object()


def make_event(fields: dict[str, Any], storey: bool) -> Any:
    """An event object: MLRun's or Storey's class where it is loaded; `fields` are values, not wire forms."""
    event = _new(storey)
    event._graphcell_caller = True
    event.id = fields.get("id")
    body = fields.get("body")
    event.body = event if body is CYCLE else body
    for name in _FIELDS:
        if name in fields:
            setattr(event, name, fields[name])
    if fields.get("time") is not None:
        event.processing_time = fields["time"]
    for name, value in (fields.get("extra") or {}).items():
        setattr(event, str(name), value)
    return event


def _new(storey: bool) -> Any:
    library = sys.modules.get("storey")
    module = server_module()
    if library is not None and (storey or module is None):
        return library.Event(None)
    return module.MockEvent() if module is not None else MockEvent()


def event_fields(event: Any) -> dict[str, Any]:
    """Fields of an event object as values; what user code set beyond the known ones is in `extra`."""
    out: dict[str, Any] = {"id": getattr(event, "id", None), "body": getattr(event, "body", None)}
    for name in _FIELDS:
        if hasattr(event, name):
            out[name] = getattr(event, name)
    if getattr(event, "processing_time", None) is not None:
        out["time"] = event.processing_time
    extra = {k: v for k, v in vars(event).items() if k not in _OWN} if hasattr(event, "__dict__") else {}
    if extra:
        out["extra"] = extra
    return out


def is_event(value: Any) -> bool:
    """Looks like an event: it has a body and is neither a response nor a request to somewhere."""
    return hasattr(value, "body") and not hasattr(value, "status_code") and not hasattr(value, "url")
