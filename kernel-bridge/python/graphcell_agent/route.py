"""A router's routes as its own Python code sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .paths import read_mlrun, write_mlrun


class LoadedStep:
    """A loaded function or object, and what MLRun does around it when it runs an event."""

    def __init__(self, target: Any, request: dict[str, Any], handler: str | None) -> None:
        """`request` is the one that the step was loaded by; `handler` the name of its function or method."""
        offered = request.get("offered") or {}
        self._input_path = offered.get("input_path")
        self._result_path = offered.get("result_path")
        self._full_event = bool(offered.get("full_event"))
        self._handler: Callable[..., Any] | None = target
        if request.get("class_name"):
            name = handler or next((m for m in ("do_event", "do") if hasattr(target, m)), None)
            # A handler that the class lacks is told by the engine, in MLRun's words.
            self._handler = getattr(target, name, None) if name else None
            self._full_event = self._full_event or (name == "do_event" and not handler)

    def run(self, event: Any) -> Any:
        """The event after the step, or what the handler gave in its place."""
        if self._handler is None:
            raise ValueError("the step does not have a handler")
        if self._full_event:
            return self._handler(event)
        result = self._handler(read_mlrun(self._input_path, event.body))
        event.body = write_mlrun(self._result_path, event.body, result)
        return event


class Route:
    """Stands for a route's step in a router's `routes`: runs the loaded step here."""

    def __init__(self, name: str, find: Callable[[], LoadedStep | None]) -> None:
        """`find` gives the loaded step once it is there."""
        self.name = name
        self._find = find

    def run(self, event: Any, *_: Any, **__: Any) -> Any:
        """MLRun's `TaskStep.run`."""
        found = self._find()
        if found is None:
            raise RuntimeError(
                f"route {self.name} has no Python object of its own in the kernel: "
                "derive its class in a cell, so that this router's code can run it"
            )
        return found.run(event)
