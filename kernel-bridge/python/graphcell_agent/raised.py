"""A raised exception as plain data, with frames of the user's code only."""

from __future__ import annotations

import linecache
import os
import sys
import traceback
from typing import Any

from .describe import class_path, message_of

_OURS = os.path.dirname(sys._getframe().f_code.co_filename)

#: Characters of a traceback, and number of frames told.
MAX_TRACEBACK = 32_000
MAX_FRAMES = 40


class CellFiles:
    """Which file names of compiled code are cells. Fed by the shell's compile cache and our hook on cells."""

    def __init__(self, shell: Any = None) -> None:
        """Without a shell there are no cells."""
        self._shell = shell
        self._ids: dict[str, str] = {}

    def note(self, execution_count: int | None, cell_id: str | None) -> None:
        """The cell that just ran: its file name is the newest one of its number."""
        if not cell_id or execution_count is None:
            return
        names = self._names()
        for name in reversed(list(names)[-8:]):
            if names[name] == execution_count:
                self._ids[name] = cell_id
                return

    def _names(self) -> dict[str, int]:
        names = getattr(getattr(self._shell, "compile", None), "_filename_map", None)
        return names if isinstance(names, dict) else {}

    def count(self, file: str) -> int | None:
        """Execution count of the cell that the file name stands for; None when it is no cell."""
        count = self._names().get(file)
        return count if isinstance(count, int) else None

    def cell_id(self, file: str) -> str | None:
        """Id of that cell, when the front end told it."""
        return self._ids.get(file)


def describe_raised(error: BaseException, cells: CellFiles | None = None) -> dict[str, Any]:
    """Class, message, cause, bases, HTTP status, traceback and frames of an exception."""
    cells = cells or CellFiles()
    out: dict[str, Any] = {
        "class": type(error).__name__,
        "message": message_of(error),
        "mro": [class_path(c) for c in type(error).__mro__],
    }
    if not out["message"]:
        # MLRun tells the repr where there is no message.
        try:
            out["repr"] = repr(error)[:200]
        except Exception:
            out["repr"] = f"{out['class']}()"
    if error.__cause__ is not None:
        out["cause"] = {"class": type(error.__cause__).__name__, "message": message_of(error.__cause__)}
    status = getattr(error, "error_status_code", None)
    if isinstance(status, int):
        out["status_code"] = status
    try:
        frames = _frames(error)
        out["traceback"] = _text(error, frames, cells)[-MAX_TRACEBACK:]
        out["frames"] = [_frame(f, cells) for f in frames if _is_user(f.filename)]
    except Exception:
        out["traceback"] = f"{out['class']}: {out['message']}"
    return out


def _frames(error: BaseException) -> list[traceback.FrameSummary]:
    """Frames below ours, innermost last; the middle of a deep recursion is left out."""
    stack = []
    tb = error.__traceback__
    while tb is not None:
        code = tb.tb_frame.f_code
        if os.path.dirname(code.co_filename) != _OURS:
            stack.append((code.co_filename, tb.tb_lineno, code.co_name))
        tb = tb.tb_next
    if len(stack) > MAX_FRAMES:
        stack = stack[: MAX_FRAMES // 2] + stack[-MAX_FRAMES // 2 :]
    return [
        traceback.FrameSummary(file, line or 0, name, lookup_line=False, line=linecache.getline(file, line or 0))
        for file, line, name in stack
    ]


def _text(error: BaseException, frames: list[traceback.FrameSummary], cells: CellFiles) -> str:
    lines = ["Traceback (most recent call last):\n"] if frames else []
    for frame in frames:
        count = cells.count(frame.filename)
        place = f'File "{frame.filename}"' if count is None else f"Cell In[{count}]"
        lines.append(f"  {place}, line {frame.lineno}, in {frame.name}\n")
        source = (frame.line or "").strip()
        if source:
            lines.append(f"    {source}\n")
    lines.extend(traceback.format_exception_only(type(error), error))
    cause = error.__cause__
    if cause is None:
        return "".join(lines)
    before = _text(cause, _frames(cause), cells)
    return before + "\nThe above exception was the direct cause of the following exception:\n\n" + "".join(lines)


def _is_user(file: str) -> bool:
    """Not a library: cells and the user's own modules."""
    if file.startswith("<") or "site-packages" in file or "dist-packages" in file:
        return False
    return not file.startswith(os.path.dirname(os.__file__))


def _frame(frame: traceback.FrameSummary, cells: CellFiles) -> dict[str, Any]:
    return {
        "cell_id": cells.cell_id(frame.filename),
        "execution_count": cells.count(frame.filename),
        "file": frame.filename,
        "line": frame.lineno,
        "name": frame.name,
    }
