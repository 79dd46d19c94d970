"""
The kernel of the embedded Python: what Graphcell's agent and plain notebooks need of IPython, in a few pages.

It runs in Pyodide, in a worker. `send` takes an iopub message (its type, and its content as JSON); the worker gives it
the header of the request that is worked on.
"""

from __future__ import annotations

import ast
import base64
import builtins
import inspect
import io
import json
import linecache
import sys
import time
import traceback
import types
from collections.abc import Callable, Sequence
from typing import Any

Send = Callable[[str, str], None]

#: Characters and seconds after which printed text is sent, also in the middle of a line.
FULL = 65_536
PAUSE = 0.1

_RICH = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
    "text/latex": "_repr_latex_",
}


class StdinNotImplementedError(RuntimeError):
    """`input` where nobody can answer."""


class UsageError(Exception):
    """A magic or a command that the embedded Python does not have."""

    def _render_traceback_(self) -> list[str]:
        return [f"UsageError: {self}"]


class _Stream(io.TextIOBase):
    """Standard output or error: text goes in pieces, not letter by letter."""

    def __init__(self, name: str, shell: Shell) -> None:
        self.name = name
        self._shell = shell
        self._text: list[str] = []
        self._size = 0
        self._since = 0.0

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._shell.order(self)
        if not self._text:
            self._since = time.perf_counter()
        self._text.append(text)
        self._size += len(text)
        if self._size >= FULL or time.perf_counter() - self._since > PAUSE:
            self.flush()
        return len(text)

    def flush(self) -> None:
        if self._text:
            text = "".join(self._text)
            self._text.clear()
            self._size = 0
            self._shell.publish("stream", {"name": self.name, "text": text})


class _Events:
    """The hooks that IPython's shell has; those that run after a cell are called."""

    def __init__(self) -> None:
        self._hooks: dict[str, list[Callable[..., Any]]] = {}

    def register(self, event: str, hook: Callable[..., Any]) -> None:
        self._hooks.setdefault(event, []).append(hook)

    def unregister(self, event: str, hook: Callable[..., Any]) -> None:
        self._hooks.get(event, []).remove(hook)

    def trigger(self, event: str, *args: Any) -> None:
        for hook in list(self._hooks.get(event, [])):
            hook(*args)


class _Publisher:
    """`get_ipython().display_pub`."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell

    def publish(
        self,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *_: Any,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **_more: Any,
    ) -> None:
        """Shows a MIME bundle, or its new form."""
        kind = "update_display_data" if update else "display_data"
        content = {"data": data, "metadata": metadata or {}, "transient": transient or {}}
        self._shell.publish(kind, content)

    def clear_output(self, wait: bool = False) -> None:
        self._shell.publish("clear_output", {"wait": wait})


class _Compile:
    """The files that cells are compiled as, so that tracebacks can name them."""

    def __init__(self) -> None:
        self._filename_map: dict[str, int] = {}

    def get_code_name(self, raw_code: str, _transformed: str, number: int) -> str:
        name = f"<cell {number}>" if number else f"<code {abs(hash(raw_code)) % 10**8}>"
        self._filename_map[name] = number
        return name

    def cache(self, code: str, number: int) -> str:
        name = self.get_code_name(code, code, number)
        linecache.cache[name] = (len(code), None, code.splitlines(True), name)
        return name


class Result:
    """What hooks get of a cell that ran."""

    def __init__(self, raw_cell: str, cell_id: str | None, count: int | None) -> None:
        """`count` is None for code that leaves no history."""
        self.info = types.SimpleNamespace(raw_cell=raw_cell, cell_id=cell_id)
        self.execution_count = count
        self.error_in_exec: BaseException | None = None


class Shell:
    """Runs code in `__main__`, and tells what comes of it."""

    def __init__(self, send: Send, ask: Callable[[str, bool], str | None]) -> None:
        """`ask` waits for a line of text; None when the person gave none."""
        self._send = send
        self._ask = ask
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        self.user_ns: dict[str, Any] = main.__dict__
        self.user_ns_hidden: set[str] = set()
        self.user_ns.update({"__builtins__": builtins, "In": [""], "Out": {}, "get_ipython": lambda: self})
        self.user_ns_hidden.update(self.user_ns)
        self.execution_count = 1
        self.events = _Events()
        self.display_pub = _Publisher(self)
        self.compile = _Compile()
        self._magics: dict[str, dict[str, Callable[..., Any]]] = {"line": {}, "cell": {}}
        self._streams = (_Stream("stdout", self), _Stream("stderr", self))
        self._allow_stdin = False
        sys.stdout, sys.stderr = self._streams

    # What the shell tells

    def order(self, stream: _Stream) -> None:
        """Before a stream goes on, the other one's text goes out: so they stay in order."""
        for other in self._streams:
            if other is not stream:
                other.flush()

    def publish(self, kind: str, content: dict[str, Any]) -> None:
        """Sends a message; what was printed before it goes first."""
        if kind != "stream":
            self.flush()
        self._send(kind, json.dumps(content, default=repr))

    def flush(self) -> None:
        """Sends what was printed."""
        for stream in self._streams:
            stream.flush()

    def display(
        self,
        *objects: Any,
        raw: bool = False,
        metadata: dict[str, Any] | None = None,
        display_id: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        """IPython's `display`."""
        transient = {"display_id": display_id} if isinstance(display_id, str) else {}
        for value in objects:
            data = value if raw else formats(value)
            self.display_pub.publish(data, metadata, transient=transient, update=update)

    def _error(self, error: BaseException) -> None:
        name = type(error).__name__
        render = getattr(error, "_render_traceback_", None)
        lines = render() if callable(render) else _traceback(error)
        self.publish("error", {"ename": name, "evalue": str(error), "traceback": lines})

    # What is run

    def execute(self, request: dict[str, Any], cell_id: str | None) -> Any:
        """
        Runs the code of an `execute_request`; gives the reply's content, or, where the code awaits something, an
        awaitable of it. Other code does not run as a task: it may run event loops of its own.
        """
        code = str(request.get("code", ""))
        store = bool(request.get("store_history", True)) and not request.get("silent")
        self._allow_stdin = bool(request.get("allow_stdin"))
        count = self.execution_count
        self.publish("execute_input", {"code": code, "execution_count": count})
        result = Result(code, cell_id, count if store else None)
        try:
            parts = self._parts(code, count if store else 0)
            if any(part.co_flags & inspect.CO_COROUTINE for part in parts):
                return self._run_async(parts, result, count, store)
            value = None
            for part in parts:
                value = eval(part, self.user_ns)
            self._result(value, count, store)
        except BaseException as error:
            # A `SystemExit` of a cell ends the cell, not the kernel.
            self._failed(result, error)
        return self._done(result, count, store)

    async def _run_async(
        self, parts: Sequence[types.CodeType], result: Result, count: int, store: bool
    ) -> dict[str, Any]:
        try:
            value = None
            for part in parts:
                value = eval(part, self.user_ns)
                if part.co_flags & inspect.CO_COROUTINE:
                    value = await value
            self._result(value, count, store)
        except BaseException as error:
            self._failed(result, error)
        return self._done(result, count, store)

    def _parts(self, code: str, number: int) -> Sequence[types.CodeType]:
        """The statements, and apart from them the last one's value (None when there is none to show)."""
        magic = _cell_magic(code)
        source = self._lines(code) if magic is None else f"get_ipython().run_cell_magic{magic!r}"
        name = self.compile.cache(source, number)
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        tree = ast.parse(source, name)
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr) or source.rstrip().endswith(";"):
            return [
                compile(tree, name, "exec", flags=flags, dont_inherit=True),
                compile("None", name, "eval", dont_inherit=True),
            ]
        before = ast.Module(tree.body[:-1], type_ignores=[])
        return [
            compile(before, name, "exec", flags=flags, dont_inherit=True),
            compile(ast.Expression(last.value), name, "eval", flags=flags, dont_inherit=True),
        ]

    def _failed(self, result: Result, error: BaseException) -> None:
        result.error_in_exec = error
        self._error(error)

    def _done(self, result: Result, count: int, store: bool) -> dict[str, Any]:
        if store:
            self.user_ns["In"].append(result.info.raw_cell)
            self.execution_count += 1
        self.flush()
        self.events.trigger("post_run_cell", result)
        self.flush()
        failed = result.error_in_exec
        if failed is None:
            return {"status": "ok", "execution_count": count, "user_expressions": {}, "payload": []}
        return {
            "status": "error",
            "execution_count": count,
            "ename": type(failed).__name__,
            "evalue": str(failed),
            "traceback": [],
        }

    def _result(self, value: Any, count: int, store: bool) -> None:
        if value is None:
            return
        if store:
            self.user_ns["_"] = value
            self.user_ns["Out"][count] = value
        self.publish("execute_result", {"execution_count": count, "data": formats(value), "metadata": {}})

    # Magics

    def register_magic_function(self, function: Callable[..., Any], kind: str, name: str) -> None:
        """Adds a magic of the kind `line` or `cell`."""
        self._magics[kind][name] = function

    def run_line_magic(self, name: str, line: str) -> Any:
        """`%name line`."""
        return self._call("line", name, line)

    def run_cell_magic(self, name: str, line: str, cell: str) -> Any:
        """`%%name line` and what stands below it."""
        return self._call("cell", name, line, cell)

    def _call(self, kind: str, name: str, *args: str) -> Any:
        magic = self._magics[kind].get(name)
        if magic is not None:
            return magic(*args)
        sign = "%" if kind == "line" else "%%"
        raise UsageError(f"The embedded Python has no magic {sign}{name}. Choose a Jupyter kernel to run this cell.")

    def _lines(self, code: str) -> str:
        """`%magic` and `!command` lines as calls."""
        if "%" not in code and "!" not in code:
            return code
        try:
            ast.parse(code)
            return code
        except SyntaxError:
            return "\n".join(_line(line) for line in code.split("\n"))

    # Input

    def input(self, prompt: Any = "", password: bool = False) -> str:
        """Python's `input`, answered by the person."""
        if not self._allow_stdin:
            raise StdinNotImplementedError("input was asked for where nobody can answer")
        self.flush()
        text = self._ask(str(prompt), password)
        if text is None:
            raise KeyboardInterrupt
        return text

    # Completion

    def complete(self, code: str, at: int) -> dict[str, Any]:
        """The content of a `complete_reply`."""
        import rlcompleter

        head = code[:at]
        start = len(head)
        while start > 0 and (head[start - 1].isalnum() or head[start - 1] in "._"):
            start -= 1
        completer = rlcompleter.Completer(self.user_ns)
        word = head[start:]
        matches: list[str] = []
        try:
            while len(matches) < 200 and (match := completer.complete(word, len(matches))) is not None:
                matches.append(match.rstrip("("))
        except Exception:
            # An attribute of the user's own object may raise anything.
            matches = []
        found = sorted(set(matches)) if word else []
        return {"status": "ok", "matches": found, "cursor_start": start, "cursor_end": at, "metadata": {}}


def formats(value: Any) -> dict[str, Any]:
    """The MIME bundle of a value."""
    data: dict[str, Any] = {"text/plain": _plain(value)}
    bundle = getattr(value, "_repr_mimebundle_", None)
    if callable(bundle) and not isinstance(value, type):
        given = bundle(include=None, exclude=None)
        return {**data, **(given[0] if isinstance(given, tuple) else given)}
    for mime, method in _RICH.items():
        render = None if isinstance(value, type) else getattr(value, method, None)
        made = render() if callable(render) else None
        if isinstance(made, bytes):
            made = base64.b64encode(made).decode("ascii")
        if made is not None:
            data[mime] = made
    return data


def _plain(value: Any) -> str:
    import pprint

    if isinstance(value, (dict, list, tuple, set)):
        return pprint.pformat(value, width=100, sort_dicts=False)
    return repr(value)


def _traceback(error: BaseException) -> list[str]:
    """The traceback without our own frames."""
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(type(error), error)).rstrip("\n").split("\n")
    shown = error.__traceback__
    while shown is not None and shown.tb_frame.f_code.co_filename == __file__:
        shown = shown.tb_next
    return "".join(traceback.format_exception(type(error), error, shown)).rstrip("\n").split("\n")


def _cell_magic(code: str) -> tuple[str, str, str] | None:
    first, _, rest = code.lstrip().partition("\n")
    if not first.startswith("%%"):
        return None
    name, _, line = first[2:].partition(" ")
    return name.strip(), line.strip(), rest


def _line(line: str) -> str:
    text = line.strip()
    indent = line[: len(line) - len(line.lstrip())]
    if text.startswith("%") and not text.startswith("%%"):
        name, _, rest = text[1:].partition(" ")
        return f"{indent}get_ipython().run_line_magic({name!r}, {rest!r})"
    if text.startswith("!"):
        return f"{indent}get_ipython().run_line_magic({text!r}, '')"
    return line


def start(send: Send, ask: Callable[[str, bool], str | None], sleep: Callable[[float], None]) -> Shell:
    """Makes the shell, and what code expects to import of IPython. `sleep` waits for milliseconds, or an interrupt."""
    shell = Shell(send, ask)
    module = types.ModuleType("IPython")
    module.get_ipython = lambda: shell  # type: ignore[attr-defined]
    display = types.ModuleType("IPython.display")
    display.display = shell.display  # type: ignore[attr-defined]
    display.clear_output = shell.display_pub.clear_output  # type: ignore[attr-defined]
    module.display = display  # type: ignore[attr-defined]
    sys.modules["IPython"], sys.modules["IPython.display"] = module, display
    builtins.display = shell.display  # type: ignore[attr-defined]
    builtins.get_ipython = lambda: shell  # type: ignore[attr-defined]
    builtins.input = shell.input

    def sleeping(seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        shell.flush()
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            # In slices: after each one Python looks whether it is interrupted.
            sleep(min(left, 1.0) * 1000)

    time.sleep = sleeping  # type: ignore[assignment]
    return shell
