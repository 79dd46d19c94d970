"""Catches what a step prints, bounded, without touching what other threads print."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

#: Characters of a step's output that are kept: its beginning and its end.
HEAD = 48 * 1024
TAIL = 16 * 1024


class Capture:
    """The output of one step."""

    def __init__(self) -> None:
        """Begins empty."""
        self._head: list[str] = []
        self._room = HEAD
        self._tail = ""
        self._length = 0

    def add(self, text: str) -> None:
        """Takes more output; of what is beyond the head only the end is kept."""
        self._length += len(text)
        if self._room > 0:
            part = text[: self._room]
            self._head.append(part)
            self._room -= len(part)
            text = text[len(part) :]
        if text:
            self._tail = (self._tail + text[-TAIL:])[-TAIL:]

    def take(self) -> str:
        """All that was kept, with a line that says how much is missing; empties the capture."""
        if self._length == 0:
            return ""
        head = "".join(self._head)
        missing = self._length - len(head) - len(self._tail)
        gap = f"\n… {missing} characters left out …\n" if missing > 0 else ""
        text = head + gap + self._tail
        self.__init__()  # type: ignore[misc]
        return text


class _Scope:
    """One capture that is at work, and the threads whose output it takes."""

    def __init__(self, capture: Capture, threads: set[int]) -> None:
        self.capture = capture
        self.owner = threading.get_ident()
        self._threads = threads
        # In the main thread no cell can run at the same time: threads that begin meanwhile are the step's.
        self._others: set[int | None] | None = None
        if threading.current_thread() is threading.main_thread():
            self._others = {t.ident for t in threading.enumerate()} - threads

    def takes(self, ident: int) -> bool:
        if ident == self.owner or ident in self._threads:
            return True
        return self._others is not None and ident not in self._others


_scopes: list[_Scope] = []
_lock = threading.Lock()


def _capture() -> Capture | None:
    """The capture of the thread that asks; None for a thread whose output goes where it always goes."""
    ident = threading.get_ident()
    for scope in reversed(_scopes):
        if scope.takes(ident):
            return scope.capture
    return None


class _Router:
    """Stands for `sys.stdout` or `sys.stderr` while anything is captured."""

    def __init__(self, original: Any) -> None:
        self.original = original

    def write(self, text: Any) -> int:
        capture = _capture()
        if capture is None:
            return int(self.original.write(text) or 0)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        capture.add(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if _capture() is None:
            self.original.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.original, name)


@contextmanager
def captured(capture: Capture, threads: set[int]) -> Iterator[None]:
    """Output of this thread and of `threads` (a live set of thread ids) goes to `capture` while the block runs."""
    scope = _Scope(capture, threads)
    with _lock:
        _scopes.append(scope)
        for name in ("stdout", "stderr"):
            # A cell may have put a stream of its own there meanwhile.
            if not isinstance(getattr(sys, name), _Router):
                setattr(sys, name, _Router(getattr(sys, name)))
    try:
        yield
    finally:
        _end([scope])


def abandon(ident: int | None) -> None:
    """Ends the captures of a thread that is left behind: what it still prints goes where it always goes."""
    _end([scope for scope in _scopes if scope.owner == ident])


def _end(scopes: list[_Scope]) -> None:
    with _lock:
        for scope in scopes:
            if scope in _scopes:
                _scopes.remove(scope)
        if _scopes:
            return
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if isinstance(stream, _Router):
                setattr(sys, name, stream.original)
