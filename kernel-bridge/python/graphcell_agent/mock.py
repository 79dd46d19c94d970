"""A graph in MLRun's own mock server, with every step traced: what the simulation is compared with."""

from __future__ import annotations

import contextlib
import copy
import inspect
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from .flows import flow_steps
from .tracer import Tracer

Reply = dict[str, Any]
Encode = Callable[[Any], Any]

#: Seconds between two looks at a flow that works on an event.
_LOOK = 0.0005
#: Seconds that a flow's loop may take to look at itself: one that works on a step takes longer.
_PATIENCE = 0.05


class _NoAnswerError(Exception):
    """Ends the wait of a caller whom nobody answers."""


class MockServer:
    """One started mock server: takes events one after the other, and ends."""

    def __init__(
        self,
        function: Any,
        namespace: list[Any],
        encode: Encode,
        raised: Encode,
        variables: dict[str, Any] | None = None,
    ) -> None:
        """`function`: MLRun's serving function; `variables`: the globals that MLRun takes for its caller's."""
        self._function = function
        self._namespace = namespace
        self._variables = {"__name__": "__main__"} if variables is None else variables
        self._encode = encode
        self._raised = raised
        self.tracer = Tracer(encode, raised)
        self._server: Any = None
        self._source: Any = None
        self._emitted = 0
        self._worked = 0
        #: Results that callers wait for.
        self._awaited: list[Any] = []
        #: Whoever waits now was given something.
        self._answered = False

    def start(self, **options: Any) -> Reply:
        """`{error}` when it does not start, else the graph as it was deployed."""
        # The frame that calls is the user's namespace, as it would be in a cell.
        scope = {"function": self._function, "options": {"namespace": list(self._namespace), **options}}
        try:
            with self.tracer.initializing():
                server = eval("function.to_mock_server(**options)", self._variables, scope)
        except BaseException as error:
            if isinstance(error, KeyboardInterrupt):
                raise
            return {"error": self._raised(error)}
        self._server = server
        graph = server.graph
        deployed = graph.to_dict()
        self._source = getattr(graph, "_async_flow", None)
        self.tracer.watch_graph(graph)
        if self._source is not None:
            self._count(graph._controller)
        return {"deployed": deployed, "plan": _plan_of(graph)}

    def send(self, event: dict[str, Any], seconds: float) -> Reply:
        """
        Sends one event (arguments of `server.test`) and waits until it is answered, or surely never will be, or the
        time is over: `{status, response | error}`.
        """
        box: list[Reply] = []
        self._answered = False
        before = self._emitted
        thread = threading.Thread(target=self._test, args=(copy.deepcopy(event), box), daemon=True)
        thread.start()
        until = time.monotonic() + seconds
        while not box and time.monotonic() < until:
            # An answer that was given is on its way from one thread to the other, however long that takes.
            if self._emitted > before and self._idle() and not self._answered and not box:
                break
            thread.join(_LOOK)
        # An answer may come before all branches are done: what they change in it would be told or not by chance.
        while self._emitted and not self._idle() and time.monotonic() < until:
            time.sleep(_LOOK)
        if not box:
            return {"status": "timeout"}
        return self._answer(box[0])

    def end(self, seconds: float) -> Reply:
        """Ends the flow: how that went, and what the streams hold."""
        box: list[Reply] = []

        def wait() -> None:
            try:
                root = self._server.graph
                box.append({"value": None if root.kind == "router" else self._server.wait_for_completion()})
            except BaseException as error:
                box.append({"error": error})

        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        thread.join(seconds)
        out: Reply = {"termination": {"status": "timeout"}}
        if box and "error" in box[0]:
            out["termination"] = {"status": "error", "error": self._raised(box[0]["error"])}
        elif box:
            out["termination"] = {"status": "ok", "result": self._encode(box[0]["value"])}
        return {**out, **self._streams()}

    def close(self) -> None:
        """Lets callers go who still wait, and ends a flow that was not ended."""
        for result in self._awaited:
            result._set_error(_NoAnswerError())
        self._awaited.clear()
        controller = getattr(getattr(self._server, "graph", None), "_controller", None)
        if self._source is not None and not self._source._is_terminated and controller is not None:
            with contextlib.suppress(Exception):
                controller.terminate(wait=False)

    def _test(self, event: dict[str, Any], box: list[Reply]) -> None:
        try:
            box.append({"value": self._server.test(silent=True, **event)})
        except BaseException as error:
            box.append({"error": error})

    def _answer(self, given: Reply) -> Reply:
        if "error" in given:
            return {"status": "error", "error": self._raised(given["error"])}
        value = given["value"]
        status = getattr(value, "status_code", 200)
        failed = isinstance(status, int) and status >= 300
        return {"status": "error_response" if failed else "ok", "response": self._drained(value)}

    def _drained(self, value: Any) -> Any:
        """The chunks of a stream; any other value as it is."""
        if not inspect.isgenerator(value):
            return self._encode(value)
        chunks: list[Any] = []
        try:
            chunks.extend(self._encode(chunk) for chunk in value)
        except Exception as error:
            return {"$type": "stream", "chunks": chunks, "error": self._raised(error)}
        return {"$type": "stream", "chunks": chunks}

    # Whether the flow still works

    def _count(self, controller: Any) -> None:
        """Counts events that went in and those that the source is done with."""
        emit, downstream = controller.emit, self._source._do_downstream

        def counted(*args: Any, **kwargs: Any) -> Any:
            self._emitted += 1
            try:
                result = emit(*args, **kwargs)
            except BaseException:
                self._emitted -= 1
                raise
            if result is None:
                self._answered = True
                return None
            self._awaited.append(result)
            put = result._q.put

            def given(item: Any) -> None:
                self._answered = True
                put(item)

            result._q.put = given
            # It may have been there before we looked.
            self._answered = self._answered or not result._q.empty()
            return result

        async def worked(event: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return await downstream(event, *args, **kwargs)
            finally:
                self._worked += 1

        controller.emit = counted
        self._source._do_downstream = worked

    def _idle(self) -> bool:
        """Nothing goes on in the flow, and nothing will by itself."""
        if self._source is None:
            return False
        if self._source._ex is not None:
            return True
        if self._worked < self._emitted or not self._emitted:
            return False
        found: list[bool] = []
        looked = threading.Event()

        def look() -> None:
            # In the loop's own thread: whatever is not ready now waits for something.
            try:
                asleep = not loop._ready and all(timer.cancelled() for timer in loop._scheduled)
                found.append(asleep and not any(_works(step) for step in flow_steps(self._source)))
            finally:
                looked.set()

        try:
            loop = self._source._termination_future.get_loop()
            # Waking the loop makes it ready for a moment: the look comes behind that.
            loop.call_soon_threadsafe(loop.call_soon, look)
        except (AttributeError, RuntimeError):
            return False
        return looked.wait(_PATIENCE) and found == [True]

    # What is left in the end

    def _streams(self) -> Reply:
        graph = self._server.graph
        out: Reply = {}
        streams: dict[str, list[Any]] = {}
        for name, step in graph.steps.items() if graph.kind != "router" else ():
            for holder in (getattr(step, "_stream", None), getattr(step, "_async_object", None)):
                items = self._pushed(holder)
                if items is not None:
                    streams.setdefault(name, []).extend(items)
        if streams:
            out["streams"] = streams
        tracking = getattr(getattr(self._server.context, "stream", None), "output_stream", None)
        errors = getattr(self._server, "_error_stream_object", None)
        for field, stream in (("error_stream", errors), ("tracking_stream", tracking)):
            items = self._pushed(stream)
            if items is not None:
                out[field] = items
        return out

    def _pushed(self, stream: Any) -> list[Any] | None:
        """What a stream in memory holds; None for any other."""
        items = getattr(stream, "event_list", None)
        return None if items is None else [self._encode(item) for item in items]


def _works(step: Any) -> bool:
    """A step that works on several events at a time has some under way."""
    queue: Any = getattr(step, "_q", None)
    return hasattr(queue, "peek") and not queue.empty()


def _plan_of(graph: Any) -> Reply:
    if graph.kind == "router":
        return {"topology": "router", "class_name": graph.class_name, "routes": list(graph.routes.keys())}
    return {
        "topology": "flow",
        "engine": graph.engine,
        "start_steps": [step.name for step in graph._start_steps],
        "next": {name: list(step.next or []) for name, step in graph.steps.items()},
        "responders": [name for name, step in graph.steps.items() if getattr(step, "responder", None)],
        "wait_for_result": bool(graph._wait_for_result),
    }


def serving_function(name: str, spec: dict[str, Any]) -> Any:
    """A function for a graph that is not the user's own object: from its dictionary."""
    mlrun = sys.modules["mlrun"]
    function = mlrun.new_function(name or "graph", kind="serving")
    for field, value in spec.items():
        setattr(function.spec, field, value)
    return function
