"""`%%simulate [GRAPH]` and `%simulate [GRAPH] EVENT`: a front end runs the event and fills the cell's output."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

from .agent import Agent
from .protocol import dump, push_text
from .wire import Encoder
from .yamlish import read_yamlish

RESULT_MIME = "application/vnd.graphcell+json"

#: Seconds that a cell waits for a front end to take the event, and then for its result.
TAKEN_TIMEOUT = 15.0
RESULT_TIMEOUT = 600.0

_NO_FRONT_END = (
    "No Graphcell front end is attached to this kernel, so nothing was simulated.\n"
    "In JupyterLab install the extension with `pip install graphcell` and reload the page; "
    "in VS Code install the Graphcell extension. Then run this cell again."
)


_LATER = "Graphcell simulates this as soon as the kernel is free."


class Simulate:
    """The magics, and the cells that wait for a result."""

    def __init__(self, agent: Agent, attached: Callable[[], bool], push: Callable[[str], None]) -> None:
        """`attached` tells whether a front end listens for pushes, `push` sends it a text."""
        self._agent = agent
        self._attached = attached
        self._push = push
        self._waiting: dict[str, _Waiting] = {}
        #: A front end reads what cells leave for it in their outputs.
        self.later = False
        agent.on_simulated = self._simulated

    def register(self) -> None:
        """Adds the magics to the shell."""
        shell = self._agent.shell
        if shell is not None and hasattr(shell, "register_magic_function"):
            shell.register_magic_function(self.cell, "cell", "simulate")
            shell.register_magic_function(self.line, "line", "simulate")

    def line(self, line: str) -> None:
        """`%simulate {"x": 1}` or `%simulate GRAPH {"x": 1}`."""
        first, _, rest = line.strip().partition(" ")
        named = bool(rest.strip()) and first.isidentifier() and not self._is_expression(line)
        self._simulate(first if named else "", rest if named else line)

    def cell(self, line: str, cell: str | None = None) -> None:
        """The first line names the graph, the rest is the event's body, or a list of events after `--events`."""
        words = line.split()
        events = "--events" in words
        names = [w for w in words if not w.startswith("--")]
        self._simulate(names[0] if names else "", cell or "", events)

    def _is_expression(self, text: str) -> bool:
        try:
            compile(text.strip(), "<event>", "eval")
        except SyntaxError:
            return False
        return True

    def _simulate(self, graph: str, text: str, many: bool = False) -> None:
        value = read_body(text, self._agent.variables)
        encode = Encoder(self._agent.store).encode
        # Bodies go as they are: what has no JSON form stays in the kernel under its handle.
        events = [_event(x, encode) for x in value] if many and isinstance(value, list) else [{"body": encode(value)}]
        display_id = uuid.uuid4().hex
        if not self._attached():
            # A front end without a way past the busy kernel finds the request in the output and fills the card later.
            state = {"state": "pending", "graph": graph, "events": dump(events)}
            self._display(display_id, _LATER if self.later else _NO_FRONT_END, state, False)
            return
        waiting = _Waiting()
        self._waiting[display_id] = waiting
        try:
            self._display(display_id, "Simulating …", {"state": "waiting"}, update=False)
            self._agent.namespace.scan()
            self._push(push_text("simulate", {"graph": graph, "events": events, "display_id": display_id}))
            self._await(display_id, waiting)
        except KeyboardInterrupt:
            self._display(display_id, "The simulation was interrupted.", {"state": "interrupted"})
            raise
        finally:
            del self._waiting[display_id]

    def _await(self, display_id: str, waiting: _Waiting) -> None:
        """Blocks the cell; an interrupt ends it as it ends any other cell."""
        if not waiting.wait(waiting.taken, TAKEN_TIMEOUT):
            self._display(display_id, _NO_FRONT_END, {"state": "no-front-end"})
            return
        # As long as there is news, the simulation goes on.
        if not waiting.wait(waiting.done, RESULT_TIMEOUT, lambda: self._show_news(display_id, waiting)):
            message = f"The simulation gave no result within {RESULT_TIMEOUT:.0f} s."
            self._display(display_id, message, {"state": "timeout"})
            return
        self._publish(display_id, waiting.bundle, update=True)
        if waiting.failure:
            raise SimulationError(waiting.failure)

    def _show_news(self, display_id: str, waiting: _Waiting) -> bool:
        """Shows what the simulation has done so far, if that is new."""
        news, waiting.news = waiting.news, None
        if news is not None:
            self._publish(display_id, news, update=True)
        return news is not None

    def _simulated(self, display_id: str, reply: dict[str, Any]) -> bool:
        """A front end took the event, or has its result: the first that took it. False when the cell is not its."""
        waiting = self._waiting.get(display_id)
        by = str(reply.get("by") or "")
        if waiting is None or waiting.by not in ("", by):
            return False
        waiting.by = by
        waiting.taken.set()
        bundle = reply.get("bundle")
        if isinstance(bundle, dict):
            data = {mime: _datum(mime, value) for mime, value in bundle.items()}
            if reply.get("partial"):
                waiting.news = data
                return True
            waiting.bundle = data
            waiting.failure = str(reply.get("failure") or "")
            waiting.done.set()
        return True

    def _display(self, display_id: str, text: str, state: dict[str, Any], update: bool = True) -> None:
        bundle = {"text/plain": text, RESULT_MIME: {"display_id": display_id, **state}}
        self._publish(display_id, bundle, update)

    def _publish(self, display_id: str, bundle: dict[str, Any], update: bool) -> None:
        shell = self._agent.shell
        if shell is None:
            return
        # The second display has the same id: front ends replace the first one by it.
        transient = {"display_id": display_id}
        shell.display_pub.publish(data=bundle, metadata={}, transient=transient, update=update)


def _datum(mime: str, value: Any) -> Any:
    """JSON comes as text: what stands in it is data of the result, not values in wire form."""
    return json.loads(value) if mime.endswith("+json") and isinstance(value, str) else value


class SimulationError(Exception):
    """A simulation of `%%simulate` that could not be done."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class _Waiting:
    """A cell that waits."""

    def __init__(self) -> None:
        self.taken = threading.Event()
        self.done = threading.Event()
        self.bundle: dict[str, Any] = {}
        #: What to show in the meantime, until the cell's own thread has shown it.
        self.news: dict[str, Any] | None = None
        self.failure = ""
        self.by = ""

    def wait(self, event: threading.Event, seconds: float, news: Callable[[], bool] = lambda: False) -> bool:
        """Waits so long from the last news on."""
        until = time.monotonic() + seconds
        while not event.is_set():
            if news():
                until = time.monotonic() + seconds
            if time.monotonic() >= until:
                return False
            # In slices: a wait without end is deaf to interrupts on Windows.
            event.wait(0.25)
        return True


class BodyError(Exception):
    """The text of an event is no JSON, no YAML that we read, and no Python expression."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def read_body(text: str, variables: dict[str, Any]) -> Any:
    """
    The value of an event's text: JSON, else a Python expression of the user's namespace, else simple YAML
    (`key: value` lines, nested by indentation, `- item` lists), where yaml is installed all of YAML.
    """
    text = text.strip()
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        pass
    try:
        code = compile(text, "<event>", "eval")
    except SyntaxError as error:
        return _yaml(text, error)
    return eval(code, variables)


def _yaml(text: str, error: SyntaxError) -> Any:
    try:
        value = _read_yaml(text)
    except ValueError as failed:
        raise BodyError(f"The event is not JSON, YAML or a Python expression: {failed}") from None
    if isinstance(value, str):
        # YAML takes nearly any text for a string: somebody who writes one line of Python with a slip means Python.
        raise BodyError(f"The event is not a Python expression: {error.msg} (line {error.lineno}).")
    return value


def _read_yaml(text: str) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        return read_yamlish(text)
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as failed:
        raise ValueError(str(failed)) from None


def _event(value: Any, encode: Callable[[Any], Any]) -> dict[str, Any]:
    if isinstance(value, dict) and "body" in value:
        return {str(k): encode(v) for k, v in value.items()}
    return {"body": encode(value)}
