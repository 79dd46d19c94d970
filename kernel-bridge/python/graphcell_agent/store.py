"""Values that stay in the kernel, under handles."""

from __future__ import annotations

import sys
from collections import OrderedDict
from threading import RLock
from typing import Any

from .protocol import AgentError

#: Bounds while a run goes on: the values least used go first.
RUN_VALUES = 100_000
RUN_BYTES = 4 << 30

#: Bounds for what previews may still ask for once its run has ended.
KEPT_VALUES = 500
KEPT_BYTES = 256 << 20


class Entry:
    """A value, the run that made it, and its size in bytes as far as it is known."""

    __slots__ = ("run", "size", "value")

    def __init__(self, value: Any, run: str | None, size: int) -> None:
        """Holds the value itself, not a copy."""
        self.value = value
        self.run = run
        self.size = size


class Store:
    """Holds values under handles, the least used first out. One object has one handle."""

    def __init__(self) -> None:
        """Begins empty."""
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._handles: dict[int, str] = {}
        self._next = 0
        self._bytes = 0
        self._lock = RLock()

    def __len__(self) -> int:
        """How many values it holds."""
        return len(self._entries)

    def __contains__(self, handle: str) -> bool:
        """The value of the handle is still here."""
        return handle in self._entries

    def put(self, value: Any, run: str | None) -> str:
        """The handle of `value`, which is kept from now on."""
        with self._lock:
            handle = self._handles.get(id(value))
            if handle is not None:
                self._entries.move_to_end(handle)
                self._entries[handle].run = run
                return handle
            self._next += 1
            handle = f"v{self._next}"
            entry = Entry(value, run, size_of(value))
            self._entries[handle] = entry
            self._handles[id(value)] = handle
            self._bytes += entry.size
            self._shrink(RUN_VALUES, RUN_BYTES)
            return handle

    def get(self, handle: str) -> Any:
        """The value of a handle; `AgentError` (GC_VALUE_GONE) when it is no longer kept."""
        with self._lock:
            entry = self._entries.get(handle)
            if entry is None:
                raise AgentError(
                    "GC_VALUE_GONE",
                    "The value is no longer kept in the kernel.",
                    "Run the event again to see it.",
                )
            self._entries.move_to_end(handle)
            return entry.value

    def end(self, run: str) -> None:
        """The run is over: what it made may go, but for the newest values."""
        with self._lock:
            for entry in self._entries.values():
                if entry.run == run:
                    entry.run = None
            if all(entry.run is None for entry in self._entries.values()):
                self._shrink(KEPT_VALUES, KEPT_BYTES)

    def release(self, handle: str) -> None:
        """Lets a value go; a handle that is gone already is fine."""
        with self._lock:
            entry = self._entries.pop(handle, None)
            if entry is not None:
                self._handles.pop(id(entry.value), None)
                self._bytes -= entry.size

    def clear(self) -> None:
        """Lets all values go."""
        with self._lock:
            self._entries.clear()
            self._handles.clear()
            self._bytes = 0

    def _shrink(self, values: int, size: int) -> None:
        while self._entries and (len(self._entries) > values or self._bytes > size):
            if len(self._entries) == 1 and values == RUN_VALUES:
                return
            self.release(next(iter(self._entries)))


def size_of(value: Any) -> int:
    """Bytes of a value, without walking into it: its own buffer where it has one."""
    try:
        size = getattr(value, "nbytes", None)
        if isinstance(size, int):
            return size
        pandas = sys.modules.get("pandas")
        if pandas is not None and isinstance(value, pandas.DataFrame):
            return int(value.memory_usage(index=False).sum())
        return sys.getsizeof(value)
    except Exception:
        return 0
