"""A Storey flow that was built without MLRun, as a graph dictionary of MLRun's form."""

from __future__ import annotations

import inspect
import sys
from typing import Any

from .describe import class_path

_COMMON = {"self", "args", "kwargs", "context", "name", "full_event", "input_path", "result_path"}


def flow_steps(source: Any) -> list[Any]:
    """All steps that a flow reaches from its source, in the order of a walk, depth first."""
    seen: dict[int, Any] = {}
    waiting = [source]
    while waiting:
        step = waiting.pop()
        if id(step) in seen:
            continue
        seen[id(step)] = step
        waiting.extend(reversed(followers(step)))
    return list(seen.values())


def followers(step: Any) -> list[Any]:
    """Outlets of a step, and the steps to which it recovers."""
    outlets = list(getattr(step, "_outlets", None) or [])
    recovery = getattr(step, "_recovery_step", None)
    if isinstance(recovery, dict):
        outlets.extend(recovery.values())
    elif recovery is not None:
        outlets.append(recovery)
    return outlets


def flow_state(source: Any) -> list[Any]:
    """What a fingerprint of the flow is made of."""
    return [[id(s), s.name, [id(o) for o in followers(s)], sorted(vars(s)), s._full_event] for s in flow_steps(source)]


class FunctionNames:
    """Names for functions in a dictionary: their own where it leads to them, else made ones."""

    def __init__(self, variables: dict[str, Any]) -> None:
        """`variables`: the user's namespace."""
        self._variables = variables
        self.functions: dict[str, Any] = {}

    def name(self, function: Any) -> str:
        """A handler that the executor resolves to this very function."""
        own = getattr(function, "__name__", "")
        if own and self._variables.get(own) is function:
            return str(own)
        module = sys.modules.get(getattr(function, "__module__", None) or "")
        if module is not None and module.__name__ != "__main__" and getattr(module, own, None) is function:
            return f"{module.__name__}.{own}"
        made = f"{own or type(function).__name__}@{id(function):x}"
        self.functions[made] = function
        return made


def flow_dict(source: Any, names_of: FunctionNames) -> dict[str, Any]:
    """The dictionary. Step names are made unique as `Map`, `Map#2`."""
    steps = flow_steps(source)
    names = _names(steps)
    out: dict[str, Any] = {}
    for step in steps:
        entry: dict[str, Any] = {
            "kind": "task",
            "class_name": _class_name(step),
            "class_args": _class_args(step, names_of),
        }
        for field in ("full_event", "input_path", "result_path"):
            value = getattr(step, "_" + field, None)
            if value is not None:
                entry[field] = value
        recovery = getattr(step, "_recovery_step", None)
        if recovery is not None and not isinstance(recovery, dict):
            entry["on_error"] = names[id(recovery)]
        after = [names[id(s)] for s in steps if any(o is step for o in getattr(s, "_outlets", ()))]
        if after:
            entry["after"] = after
        out[names[id(step)]] = {k: v for k, v in entry.items() if v not in (None, {}, [])}
    return {"engine": "async", "steps": out}


def _names(steps: list[Any]) -> dict[int, str]:
    counts: dict[str, int] = {}
    names: dict[int, str] = {}
    for step in steps:
        base = str(getattr(step, "name", None) or type(step).__name__)
        counts[base] = counts.get(base, 0) + 1
        names[id(step)] = base if counts[base] == 1 else f"{base}#{counts[base]}"
    return names


def _class_name(step: Any) -> str:
    """Storey's own classes by their public name, the user's as MLRun writes them."""
    cls = type(step)
    if cls.__module__.split(".")[0] == "storey":
        storey = sys.modules.get("storey")
        return f"storey.{cls.__name__}" if getattr(storey, cls.__name__, None) is cls else class_path(cls)
    return cls.__qualname__ if cls.__module__ == "__main__" else class_path(cls)


def _class_args(step: Any, names_of: FunctionNames) -> dict[str, Any]:
    """Constructor's arguments as far as the object still has them under their own names."""
    out: dict[str, Any] = {}
    for cls in type(step).__mro__:
        init = cls.__dict__.get("__init__")
        if init is None or cls is object or cls.__name__ == "Flow":
            continue
        for name in inspect.signature(init).parameters:
            if name in _COMMON or name in out or "_" + name in out:
                continue
            for attribute in ("_" + name, name):
                if attribute in vars(step):
                    value = vars(step)[attribute]
                    if callable(value) and not isinstance(value, type):
                        out["_" + name] = names_of.name(value)
                    elif value is not None:
                        out[name] = value
                    break
    for name, value in (getattr(step, "_kwargs", None) or {}).items():
        if name not in _COMMON:
            out.setdefault(name, value)
    return out
