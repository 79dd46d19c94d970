"""Notes the calls that the user's own code, or MLRun's, makes of an object's methods by itself."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from .methods import is_library


def watch(target: Any, step: str, run: Any) -> None:
    """From now on `run.note` hears of each call of the target's public methods that its own class defines."""
    for cls in type(target).__mro__:
        if cls is object or is_library(cls.__module__):
            continue
        for name, function in vars(cls).items():
            if name.startswith("_") or not inspect.isfunction(function):
                continue
            bound = getattr(target, name, None)
            if bound is None or hasattr(bound, "graphcell_inner") or _generates(bound):
                continue
            try:
                setattr(target, name, _watched(bound, name, step, run))
            except (AttributeError, TypeError):
                # Slots and the like: such an object can't be watched.
                return


#: Functions that Storey's steps hold, in MLRun's graphs and in flows of Storey's own.
_HELD = ("_fn",)
_HELD_IN_FLOWS = (
    "_fn",
    "_event_processor",
    "_key_extractor",
    "_join_function",
    "predicate",
    "_request_builder",
    "_join_from_response",
)


def watch_held(target: Any, step: str, run: Any, storey: bool) -> None:
    """From now on `run.note` hears of each call of the functions that a Storey step was made with."""
    if not any(cls.__name__ == "Flow" and cls.__module__ == "storey.flow" for cls in type(target).__mro__):
        return
    for name in _HELD_IN_FLOWS if storey else _HELD:
        function = vars(target).get(name)
        if not callable(function) or _generates(function):
            continue
        if (getattr(function, "__module__", None) or "").split(".")[0] not in ("mlrun", "storey"):
            setattr(target, name, _watched(function, name, step, run))


def unwatched(function: Any) -> Any:
    """The function itself: a call that the engine asks for is told by the engine."""
    return getattr(function, "graphcell_inner", function)


def _generates(function: Any) -> bool:
    return inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function)


def _watched(bound: Any, name: str, step: str, run: Any) -> Any:
    if inspect.iscoroutinefunction(bound):

        @functools.wraps(bound)
        async def call(*args: Any, **kwargs: Any) -> Any:
            note = run.begin_note(step, name, args, kwargs)
            try:
                note.result(value := await bound(*args, **kwargs))
                return value
            except Exception as error:
                note.raised(error)
                raise

    else:

        @functools.wraps(bound)
        def call(*args: Any, **kwargs: Any) -> Any:
            note = run.begin_note(step, name, args, kwargs)
            try:
                note.result(value := bound(*args, **kwargs))
                return value
            except Exception as error:
                note.raised(error)
                raise

    call.graphcell_inner = bound  # type: ignore[attr-defined]
    return call


class Note:
    """One call, told once it has ended."""

    def __init__(self, run: Any, step: str, name: str, args: Any, kwargs: Any) -> None:
        """Writes the arguments as they are before the call."""
        self._run = run
        self._told = {
            "step": step,
            "fn": name,
            "args": [run.encoder.encode(arg) for arg in args],
            "kwargs": {key: run.encoder.encode(value) for key, value in kwargs.items()},
        }

    def result(self, value: Any) -> None:
        """The call gave `value`."""
        self._run.notes.append({**self._told, "result": self._run.encoder.encode(value)})

    def raised(self, error: BaseException) -> None:
        """The call raised."""
        self._run.notes.append({**self._told, "raised": self._run.raised(error)})
