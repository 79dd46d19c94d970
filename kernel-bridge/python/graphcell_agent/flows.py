"""A Storey flow that was built without MLRun, as a graph dictionary of MLRun's form."""

from __future__ import annotations

import sys
from typing import Any

from .describe import class_path
from .flow_arguments import Arguments, FunctionNames


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
    """Outlets of a step, the steps to which it recovers, and those to which it sends what failed after it."""
    outlets = list(getattr(step, "_outlets", None) or [])
    recovery = getattr(step, "_recovery_step", None)
    if isinstance(recovery, dict):
        outlets.extend(recovery.values())
    elif recovery is not None:
        outlets.append(recovery)
    failed = getattr(step, "_exception_to_downstream", None)
    if isinstance(failed, dict):
        outlets.extend(failed.values())
    return outlets


def flow_state(source: Any) -> list[Any]:
    """What a fingerprint of the flow is made of."""
    return [[id(s), s.name, [id(o) for o in followers(s)], sorted(vars(s)), s._full_event] for s in flow_steps(source)]


def flow_dict(source: Any, names_of: FunctionNames) -> dict[str, Any]:
    """
    The dictionary, in which each step is a task. Its keys are made unique as `Map`, `Map#2`; a step's own name, where
    that is another, is its `name`. `outlets` stands where the order of the steps does not tell that of the outlets,
    and `recovery` where errors of several classes go several ways.
    """
    steps = flow_steps(source)
    keys = _keys(steps)
    arguments = Arguments(names_of, keys, flow_tables(steps))
    out: dict[str, Any] = {}
    for step in steps:
        key = keys[id(step)]
        entry: dict[str, Any] = {
            "kind": "task",
            "name": step.name if step.name != key else None,
            "class_name": _class_name(step),
            "class_args": arguments.of(step),
            "max_iterations": getattr(step, "_max_iterations", None),
        }
        for field in ("full_event", "input_path", "result_path"):
            entry[field] = getattr(step, "_" + field, None)
        _add_recovery(entry, step, keys)
        entry["after"] = [keys[id(s)] for s in steps if any(o is step for o in getattr(s, "_outlets", ()))]
        outlets = list(getattr(step, "_outlets", ()))
        ordered = [s for s in steps if any(o is s for o in outlets)]
        if [id(s) for s in outlets] != [id(s) for s in ordered]:
            entry["outlets"] = [keys[id(s)] for s in outlets]
        out[key] = {k: v for k, v in entry.items() if v not in (None, {}, [])}
    cyclic = {"allow_cyclic": True} if _loops(steps) else {}
    return {"engine": "async", **cyclic, "steps": out}


def _loops(steps: list[Any]) -> bool:
    """Whether events may come to a step again."""
    left = {id(step): len(list(getattr(step, "_inlets", ()))) for step in steps}
    ready = [step for step in steps if left[id(step)] == 0]
    seen = 0
    while ready:
        step = ready.pop()
        seen += 1
        for outlet in getattr(step, "_outlets", ()):
            left[id(outlet)] -= 1
            if left[id(outlet)] == 0:
                ready.append(outlet)
    return seen < len(steps)


def flow_objects(source: Any) -> dict[str, Any]:
    """The steps of a flow by their keys in its dictionary."""
    steps = flow_steps(source)
    keys = _keys(steps)
    return {keys[id(step)]: step for step in steps}


def flow_tables(steps: list[Any]) -> dict[str, Any]:
    """The tables that steps use, by their paths; a further one of the same path gets a number."""
    table = getattr(sys.modules.get("storey.table"), "Table", None)
    tables: dict[str, Any] = {}
    for step in steps:
        for value in list(vars(step).values()):
            if table is not None and isinstance(value, table) and not any(value is known for known in tables.values()):
                path = str(value).strip("/") or "table"
                numbered = [f"{path}#{n}" for n in range(2, len(tables) + 2)]
                tables[next(name for name in [path, *numbered] if name not in tables)] = value
    return tables


def _add_recovery(entry: dict[str, Any], step: Any, keys: dict[int, str]) -> None:
    recovery = getattr(step, "_recovery_step", None)
    if isinstance(recovery, dict):
        entry["recovery"] = {cls.__name__: keys[id(s)] for cls, s in recovery.items()}
    elif recovery is not None:
        entry["on_error"] = keys[id(recovery)]


def _keys(steps: list[Any]) -> dict[int, str]:
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
