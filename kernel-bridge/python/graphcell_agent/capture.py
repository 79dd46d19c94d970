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
        head = "".join(self._head)
        missing = self._length - len(head) - len(self._tail)
        gap = f"\n… {missing} characters left out …\n" if missing > 0 else ""
        text = head + gap + self._tail
        self.__init__()  # type: ignore[misc]
        return text


class _Tee:
    """Stands for `sys.stdout` or `sys.stderr`: output of caught threads goes to the capture, the rest through."""

    def __init__(self, original: Any, capture: Capture, threads: set[int], others: set[int] | None) -> None:
        self._original = original
        self._capture = capture
        self._threads = threads
        self._others = others

    def _caught(self) -> bool:
        ident = threading.get_ident()
        return ident in self._threads or (self._others is not None and ident not in self._others)

    def write(self, text: Any) -> int:
        if not self._caught():
            return int(self._original.write(text) or 0)
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._capture.add(text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if not self._caught():
            self._original.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@contextmanager
def captured(capture: Capture, threads: set[int]) -> Iterator[None]:
    """
    Output of this thread and of `threads` (a live set of thread ids) goes to `capture` while the block runs. In the
    main thread, where no cell can run at the same time, output of threads that the block starts goes there too.
    """
    others = None
    if threading.current_thread() is threading.main_thread():
        others = {t.ident for t in threading.enumerate() if t.ident is not None} - threads
    ident = threading.get_ident()
    threads.add(ident)
    stdout, stderr = sys.stdout, sys.stderr
    out, err = _Tee(stdout, capture, threads, others), _Tee(stderr, capture, threads, others)
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        threads.discard(ident)
        # A step may have put its own stream there: it stays then.
        if sys.stdout is out:
            sys.stdout = stdout
        if sys.stderr is err:
            sys.stderr = stderr
