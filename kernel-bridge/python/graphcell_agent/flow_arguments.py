"""Constructor arguments of the steps of a Storey flow, read from what the objects kept of them."""

from __future__ import annotations

import inspect
import sys
from typing import Any

#: Arguments that a dictionary tells elsewhere, or that say nothing about what a step does.
_COMMON = {
    "self",
    "args",
    "kwargs",
    "context",
    "name",
    "full_event",
    "input_path",
    "result_path",
    "recovery_step",
    "max_iterations",
    "termination_result_fn",
}

#: Arguments that are kept under a name of another kind.
_KEPT_AS = {
    "fn_select_outlets": "_outlets_selector",
    "initial_state": "_state",
    "aggregates": "_aggregates_metadata",
    "time_field": "_time_extractor",
    "key": "_extract_key",
}


#: Arguments for which Storey puts a function of its own where a field's name, or nothing, was given.
_FIELDS = {"key_field", "key_extractor", "key", "time_field", "join_function", "augmentation_fn"}


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


class Arguments:
    """Reads steps' arguments for a dictionary: functions by name, tables by their rows, and the like."""

    def __init__(self, names_of: FunctionNames, keys: dict[int, str], tables: dict[str, Any]) -> None:
        """`keys`: names of the flow's steps by the ids of their objects; `tables`: those that the steps use."""
        self._names_of = names_of
        self._keys = keys
        self._tables = {id(table): name for name, table in tables.items()}

    def of(self, step: Any) -> dict[str, Any]:
        """Arguments by name; those that hold a function begin with `_`, as in MLRun's dictionaries."""
        out: dict[str, Any] = {}
        for cls in type(step).__mro__:
            init = cls.__dict__.get("__init__")
            if init is None or cls is object or cls.__name__ == "Flow":
                continue
            for name, parameter in inspect.signature(init).parameters.items():
                known = name in _COMMON or name in out or "_" + name in out
                # What a source was given is in its keyword arguments; the rest are its own defaults.
                if not known and not getattr(step, "_legal_first_step", False):
                    self._add(out, step, name)
                    if name in out and parameter.default is out[name]:
                        del out[name]
        if hasattr(step, "_enrich_cols") and hasattr(step, "_aggrs"):
            # A query keeps the names of its features by what they are.
            aggregated = [f"{a.name}_{a.aggregations[0]}_{w}" for a in step._aggrs for _, w in a.windows.windows]
            out["features"] = [*step._enrich_cols, *aggregated]
            for name in ("aggregates", "enrich_with", "use_windows_from_schema", "emit_policy"):
                out.pop(name, None)
        for name, value in (getattr(step, "_kwargs", None) or {}).items():
            if name not in _COMMON and "_" + name not in out:
                out.setdefault(name, value)
        return out

    def _add(self, out: dict[str, Any], step: Any, name: str) -> None:
        kept = vars(step)
        for attribute in (_kept_as(step, name), "_" + name, name):
            if attribute not in kept:
                continue
            value = kept[attribute]
            if callable(value) and not isinstance(value, type):
                known, field = _field_of(value) if name in _FIELDS else (False, None)
                if not known:
                    out["_" + name] = self._names_of.name(value)
                elif field is not None:
                    out[name] = field
                if _drops(value):
                    out["drop_key_field"] = True
            elif value is not None:
                out[name] = self._value(value)
            if id(value) in self._tables and type(value._storage).__name__ != "NoopDriver":
                # A table of a store: what is not in memory yet is not known here.
                out["store"] = type(value._storage).__name__
            return

    def _value(self, value: Any) -> Any:
        if id(value) in self._tables:
            return self._tables[id(value)]
        kind = type(value).__name__
        module = type(value).__module__
        if module.split(".")[0] == "storey":
            if kind == "FieldAggregator":
                return self._aggregator(value)
            if kind.startswith("Emit") and hasattr(value, "emission_type"):
                return _policy(value)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict) and value and all(isinstance(key, type) for key in value):
            return {key.__name__: self._keys.get(id(item)) for key, item in value.items()}
        return value

    def _aggregator(self, aggregator: Any) -> dict[str, Any]:
        windows = aggregator.windows
        told: dict[str, Any] = {
            "name": aggregator.name,
            "column": self._function(getattr(aggregator, "value_extractor", None)),
            "operations": list(aggregator.aggregations),
            "windows": [name for _, name in windows.windows],
        }
        if type(windows).__name__ == "SlidingWindows":
            told["period"] = f"{windows.period_millis / 1000:g}s"
        if getattr(aggregator, "aggr_filter", None) is not None:
            told["aggregation_filter"] = self._function(aggregator.aggr_filter)
        if getattr(aggregator, "max_value", None) is not None:
            told["max_value"] = aggregator.max_value
        return told

    def _function(self, value: Any) -> Any:
        if not callable(value):
            return value
        known, field = _field_of(value)
        return field if known else {"function": self._names_of.name(value)}


def _kept_as(step: Any, name: str) -> str:
    if name == "key_field":
        return "_key_extractor" if "_key_extractor" in vars(step) else "_extract_key"
    return _KEPT_AS.get(name, "_" + name)


def _field_of(function: Any) -> tuple[bool, Any]:
    """Whether a function is one that Storey made of a field's name, and that name: None where it stands for nothing."""
    if (getattr(function, "__module__", None) or "").split(".")[0] != "storey":
        return False, None
    code = getattr(function, "__code__", None)
    if code is None:
        return False, None
    held = inspect.getclosurevars(function).nonlocals
    for name in ("key_field", "key_extractor", "key", "time_field", "aggr_filter", "field", "attribute"):
        if name in held:
            value = held[name]
            return True, f"${value}" if name == "attribute" else value
    # `lambda event: event.key` of a sample, `lambda event: None` of no key at all, and defaults of other arguments.
    return True, "$key" if code.co_names == ("key",) else None


def _drops(function: Any) -> bool:
    code = getattr(function, "__code__", None)
    module = (getattr(function, "__module__", None) or "").split(".")[0]
    return module == "storey" and code is not None and code.co_names[-1:] == ("pop",)


def _policy(policy: Any) -> dict[str, Any]:
    """Storey's own dictionary form of an emit policy."""
    told: dict[str, Any] = {"mode": type(policy).name()}
    for attribute, name in (("max_events", "maxEvents"), ("delay_in_seconds", "delay")):
        value = getattr(policy, attribute, None)
        if value:
            told[name] = value
    if getattr(policy, "timeout_secs", None):
        # Only the object has it: a dictionary of Storey's can't say it.
        told.update(mode="maxEventsOrTimeout", timeout=policy.timeout_secs)
    return told
