"""Copies of a Storey flow's steps for one run: simulating leaves the user's own objects as they are."""

from __future__ import annotations

import copy
import sys
import types
from typing import Any


class Twins:
    """Copies made so far: steps that share a table share its copy."""

    def __init__(self) -> None:
        """Begins empty."""
        self._tables: dict[int, Any] = {}

    def of(self, step: Any) -> Any:
        """A step with the same settings and state, which has no neighbours yet."""
        twin = copy.copy(step)
        for name, value in list(vars(step).items()):
            setattr(twin, name, self._part(value, step, twin))
        twin._outlets, twin._inlets, twin._recovery_step = [], [], None
        return twin

    def _part(self, value: Any, step: Any, twin: Any) -> Any:
        table = getattr(sys.modules.get("storey.table"), "Table", None)
        if table is not None and isinstance(value, table):
            return self._table(value)
        if isinstance(value, types.MethodType) and value.__self__ is step:
            return types.MethodType(value.__func__, twin)
        if type(value) in (list, dict, set, bytearray):
            try:
                return copy.deepcopy(value)
            except Exception:
                # It holds what can't be copied, such as a connection: that is shared, as it is.
                return copy.copy(value)
        return value

    def _table(self, table: Any) -> Any:
        """A table with the same rows, which it keeps in memory, whatever store the real one has."""
        known = self._tables.get(id(table))
        if known is not None:
            return known
        made = table._clone()
        made._storage = sys.modules["storey.drivers"].NoopDriver()
        made._aggregates, made._schema = table._aggregates, copy.deepcopy(table._schema)
        made._aggregations_read_only = table._aggregations_read_only
        made._use_windows_from_schema = table._use_windows_from_schema
        made.fixed_window_type = table.fixed_window_type
        for key, row in table._attrs_cache.items():
            made._attrs_cache[key] = type(row)(copy.deepcopy(row.static_attrs), copy.deepcopy(row.aggregations))
        self._tables[id(table)] = made
        return made
