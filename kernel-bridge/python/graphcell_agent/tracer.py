"""Writes down all that happens in the steps of a real mock server, in the form that the engine's traces have."""

from __future__ import annotations

import contextlib
import functools
import inspect
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from .flows import flow_steps

Op = dict[str, Any]

#: Attributes of Storey's steps that hold the user's functions.
_FUNCTIONS = (
    "_fn",
    "_event_processor",
    "_key_extractor",
    "_join_function",
    "predicate",
    "_request_builder",
    "_join_from_response",
)

_PROCESSES = ("process_pool", "dedicated_process")


class Tracer:
    """Collects the operations of one server or flow; `encode` writes a value as it is now."""

    def __init__(self, encode: Callable[[Any], Any], raised: Callable[[BaseException], Any]) -> None:
        """`raised` describes an exception."""
        self.ops: list[Op] = []
        self._encode = encode
        self._raised = raised
        self._names: dict[int, str] = {}
        #: Exceptions that a step has reported already, so that those it passed through don't. Kept: ids are reused.
        self._seen: dict[int, BaseException] = {}
        self._thread = threading.get_ident()

    def take(self) -> list[Op]:
        """What happened since the last time."""
        ops, self.ops = self.ops, []
        return ops

    def raise_op(self, step: str, error: BaseException) -> None:
        """Reports an exception where it came from."""
        if id(error) not in self._seen:
            self._seen[id(error)] = error
            self.ops.append({"op": "raise", "step": step, "error": self._raised(error)})

    # Calls of the user's code

    def wrap(self, step: str, name: str, function: Any) -> Any:
        """The function with its calls written down; generators are told by what their step emits."""
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            return function
        if getattr(function, "_graphcell_traced", False):
            return function
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def traced(*args: Any, **kwargs: Any) -> Any:
                op = self._call_op(step, name, args, kwargs)
                try:
                    return self._returned(op, await function(*args, **kwargs))
                except Exception as error:
                    op["raise"] = self._raised(error)
                    raise
                finally:
                    self.ops.append(op)
        else:

            @functools.wraps(function)
            def traced(*args: Any, **kwargs: Any) -> Any:
                op = self._call_op(step, name, args, kwargs)
                try:
                    return self._returned(op, function(*args, **kwargs))
                except Exception as error:
                    op["raise"] = self._raised(error)
                    raise
                finally:
                    self.ops.append(op)

        traced._graphcell_traced = True  # type: ignore[attr-defined]
        return traced

    def _call_op(self, step: str, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Op:
        shown = [self._encode(arg) for arg in args if not _is_context(arg)]
        op: Op = {"op": "call", "step": step, "fn": name, "args": shown}
        if kwargs:
            op["kwargs"] = {k: self._encode(v) for k, v in kwargs.items()}
        return op

    def _returned(self, op: Op, value: Any) -> Any:
        op["result"] = self._encode(value)
        return value

    def wrap_methods(self, step: str, target: Any) -> set[str]:
        """Wraps the methods that the user's classes define; gives their names."""
        done: set[str] = set()
        for cls in type(target).__mro__:
            if not _is_user(cls) or cls.__module__ in ("builtins", "abc", "typing"):
                continue
            for name, function in vars(cls).items():
                if name.startswith("_") or name in done or not inspect.isfunction(function):
                    continue
                done.add(name)
                with contextlib.suppress(Exception):
                    setattr(target, name, self.wrap(step, name, getattr(target, name)))
        return done

    # MLRun's steps

    @contextlib.contextmanager
    def initializing(self) -> Iterator[None]:
        """While a server starts: its steps' functions and objects get their calls written down."""
        states = sys.modules["mlrun.serving.states"]
        patches = [
            (states.TaskStep, "init_object", self._init_object),
            (states.TaskStep, "_init_class_object_and_handler", self._init_class_object),
            (states.ModelRunnerStep, "init_object", self._init_runner),
        ]
        originals = [cls.__dict__[name] for cls, name, _ in patches]
        for (cls, name, patch), original in zip(patches, originals):
            setattr(cls, name, self._beside(original, patch))
        try:
            yield
        finally:
            for (cls, name, _), original in zip(patches, originals):
                setattr(cls, name, original)

    def _beside(self, original: Any, after: Callable[[Any], None]) -> Any:
        """The method, and after it ours; for this thread only: other servers may start in others."""

        def both(step: Any, *args: Any, **kwargs: Any) -> Any:
            result = original(step, *args, **kwargs)
            if threading.get_ident() == self._thread:
                after(step)
            return result

        return both

    def _init_object(self, step: Any) -> None:
        handler = step._handler
        if handler is not None and step.handler and not step.class_name and _is_user(handler):
            step._handler = self.wrap(step.fullname, getattr(handler, "__name__", "handler"), handler)

    def _init_class_object(self, step: Any) -> None:
        target = step._object
        if target is None:
            return
        done = self.wrap_methods(step.fullname, target)
        name = getattr(step._handler, "__name__", None)
        if name in done:
            step._handler = getattr(target, name)
        if "select_outlets" in done and step._outlets_selector:
            step._outlets_selector = target.select_outlets
        function = getattr(target, "_fn", None)
        if _is_flow(target) and callable(function) and _is_user(function):
            target._fn = self.wrap(step.fullname, "_fn", function)

    def _init_runner(self, step: Any) -> None:
        runner = step._async_object
        if runner is None:
            return
        for model in runner.runnables:
            if runner.execution_mechanism_by_runnable_name.get(model.name) not in _PROCESSES:
                self.wrap_methods(f"{step.name}/{model.name}", model)
        self.wrap_methods(step.name, runner.model_runner_selector)

    def watch_graph(self, root: Any) -> None:
        """Writes down what goes through the steps of a started graph: those that run by themselves, then the flow's."""
        for step in _runnable_steps(root):
            step.run = self._traced_run(step, step.run)
        for step in _runnable_steps(root):
            handler = getattr(step, "_on_error_handler", None)
            if handler is not None:
                step._on_error_handler = handler.__self__.run
        flow = getattr(root, "_async_flow", None)
        if flow is not None:
            for step in root.steps.values():
                part = getattr(step, "async_object", None)
                if part is not None:
                    self._names[id(part)] = step.name
            self.watch_flow(flow, own=False)

    def _traced_run(self, step: Any, run: Any) -> Any:
        if step.kind in ("root", "flow"):
            return run

        def traced(event: Any, *args: Any, **kwargs: Any) -> Any:
            self.ops.append({"op": "in", "step": step.fullname, **self._event_fields(event)})
            try:
                out = run(event, *args, **kwargs)
            except Exception as error:
                self.raise_op(step.fullname, error)
                raise
            if hasattr(out, "body"):
                ended = {"terminated": True} if getattr(out, "terminated", False) else {}
                self.ops.append({"op": "out", "step": step.fullname, **self._event_fields(out), **ended})
            else:
                self.ops.append({"op": "out", "step": step.fullname, "value": self._encode(out)})
            return out

        return traced

    # Storey's steps

    def watch_flow(self, source: Any, own: bool = True) -> None:
        """Writes down what goes through a Storey flow; `own`: the user built it, so its functions are the user's."""
        counts: dict[str, int] = {}
        for step in flow_steps(source):
            if id(step) not in self._names:
                counts[step.name] = counts.get(step.name, 0) + 1
                again = counts[step.name]
                self._names[id(step)] = step.name if again == 1 else f"{step.name}#{again}"
            if step._legal_first_step:
                continue
            if own:
                self._wrap_functions(step)
            step._do = self._traced_do(self._names[id(step)], step._do)
            step._do_downstream = self._traced_downstream(self._names[id(step)], step._do_downstream)

    def _wrap_functions(self, step: Any) -> None:
        name = self._names[id(step)]
        for attribute in _FUNCTIONS:
            function = getattr(step, attribute, None)
            if callable(function) and _is_user(function):
                setattr(step, attribute, self.wrap(name, attribute, function))
        self.wrap_methods(name, step)

    def _traced_do(self, name: str, do: Any) -> Any:
        async def traced(event: Any) -> Any:
            self.ops.append(self._entered(name, event))
            try:
                return await do(event)
            except Exception as error:
                self.raise_op(name, error)
                raise

        return traced

    def _entered(self, name: str, event: Any) -> Op:
        dtypes = sys.modules["storey.dtypes"]
        if event is dtypes._termination_obj:
            return {"op": "terminate", "step": name}
        if isinstance(event, dtypes.StreamCompletion):
            return {"op": "stream_end_in", "step": name}
        return {"op": "in", "step": name, **self._event_fields(event)}

    def _traced_downstream(self, name: str, downstream: Any) -> Any:
        dtypes = sys.modules["storey.dtypes"]

        async def traced(event: Any, *args: Any, **kwargs: Any) -> Any:
            if isinstance(event, dtypes.StreamCompletion):
                self.ops.append({"op": "stream_end", "step": name, "error": event.error})
            elif event is not dtypes._termination_obj:
                self.ops.append({"op": "out", "step": name, **self._event_fields(event)})
            return await downstream(event, *args, **kwargs)

        return traced

    def _event_fields(self, event: Any) -> Op:
        out: Op = {}
        if getattr(event, "id", None) is not None:
            out["event"] = self._encode(event.id)
        out["body"] = self._encode(getattr(event, "body", None))
        if getattr(event, "key", None) not in (None, ""):
            out["key"] = self._encode(event.key)
        if getattr(event, "path", None) not in (None, "/"):
            out["path"] = self._encode(event.path)
        if getattr(event, "error", None):
            out["error"] = self._encode(event.error)
            if getattr(event, "origin_state", None):
                out["origin_state"] = event.origin_state
        if getattr(event, "streaming_step", None):
            out["streaming_step"] = event.streaming_step
            out["chunk_id"] = getattr(event, "chunk_id", None)
        return out


def _runnable_steps(root: Any) -> Iterator[Any]:
    """The root and all steps and routes in it."""
    yield root
    for part in ("_steps", "_routes"):
        children = getattr(root, part, None)
        for child in list(children.values()) if children else []:
            yield from _runnable_steps(child)


def _is_user(function: Any) -> bool:
    module = getattr(function, "__module__", None) or ""
    return module.partition(".")[0] not in ("mlrun", "storey")


def _is_flow(target: Any) -> bool:
    storey = sys.modules.get("storey")
    return storey is not None and isinstance(target, storey.Flow)


def _is_context(value: Any) -> bool:
    return type(value).__name__ == "GraphContext" and type(value).__module__.startswith("mlrun.")
