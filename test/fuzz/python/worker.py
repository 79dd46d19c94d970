"""
Runs programs in the real mlrun. Reads one JSON object a line, answers with one a line:

    {"record": {"id", "source"}}   forks; the child runs the program as a notebook would, sends its events to MLRun's
                                   mock server and answers with a golden case; then it is this process' other end, and
                                   answers agent requests (`{"agent": TEXT}`) for the same program, until `{"end": 1}`

A child whose program hangs is ended by whoever waits for it: its process id is the first thing that it tells.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import platform
import signal
import sys
import tempfile
import types
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("MLRUN_LOG_LEVEL", "ERROR")
warnings.filterwarnings("ignore")
sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "kernel-bridge" / "python"))

import mlrun  # noqa: E402
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
import storey  # noqa: E402
from graphcell_agent.agent import Agent  # noqa: E402
from graphcell_agent.mock import MockServer  # noqa: E402

from described import canonical, described, exception  # noqa: E402

_SPEC = (
    "graph",
    "parameters",
    "load_mode",
    "graph_initializer",
    "function_refs",
    "models",
    "default_content_type",
    "error_stream",
    "default_class",
    "secret_sources",
    "track_models",
    "streaming",
    "api_handler_config",
)


def record(case: dict[str, Any]) -> dict[str, Any]:
    """The golden case of a program: what the real mlrun makes of it."""
    versions = {
        "mlrun": mlrun.__version__,
        "storey": storey.__version__,
        "python": platform.python_version(),
        "pandas": pd.__version__,
        "numpy": np.__version__,
    }
    out: dict[str, Any] = {**case, "recorded_from": versions, "mode": "mock", "volatile": []}
    module = _module()
    scope = vars(module)
    try:
        exec(compile(case["source"], f"<{case['id']}>", "exec"), scope)
    except BaseException as error:
        out["mode"] = "mock" if "fn" in scope else "build"
        out["error"] = {"stage": "build", **exception(error)}
        if "fn" in scope:
            _tell_function(scope["fn"], out)
        return out
    _tell_function(scope["fn"], out)
    _run(module, out)
    return out


def _module() -> types.ModuleType:
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    return module


def _tell_function(function: Any, out: dict[str, Any]) -> None:
    data = function.to_dict()
    metadata = {k: v for k, v in data.get("metadata", {}).items() if k in ("name", "project", "tag")}
    spec = canonical(described({k: v for k, v in data.get("spec", {}).items() if k in _SPEC}))
    out["function"] = {"kind": data.get("kind"), "metadata": metadata, "spec": spec}
    if function.spec.graph is not None:
        out["graph"] = canonical(described(function.spec.graph.to_dict()))


def _run(module: types.ModuleType, out: dict[str, Any]) -> None:
    scope = vars(module)
    seconds = scope.get("TIMEOUT", 8)
    server = MockServer(scope["fn"], [module], described, exception, scope)
    started = server.start(**scope.get("MOCK_KW", {}))
    if "error" in started:
        out["error"] = {"stage": "init", **started["error"]}
        if server.tracer.ops:
            out["trace"] = server.tracer.ops
        return
    deployed = canonical(described(started["deployed"]))
    if deployed != out.get("graph"):
        out["graph_deployed"] = deployed
    out["plan"] = started["plan"]
    out["events"], out["results"] = [], []
    for number, event in enumerate(scope.get("EVENTS", []), 1):
        event = {**event, "event_id": event.get("event_id", f"e{number}")}
        out["events"].append(described(event))
        out["results"].append(server.send(event, seconds))
    given = {str(event["event_id"]) for event in scope.get("EVENTS", []) if "event_id" in event}
    given.update(f"e{number}" for number in range(1, len(out["events"]) + 1))
    out.update(_sorted(server.end(seconds), given))
    if server.tracer.ops:
        out["trace"] = server.tracer.ops


def _sorted(ended: dict[str, Any], given: set[str]) -> dict[str, Any]:
    """A step and the request handler push errors from two threads: put in the order of cases.

    Ids that Storey makes are random: they come last, so that two runs of a program have one order.
    """
    errors = []
    for item in ended.get("error_stream", []):
        item = {**item, "host": "<host>"}
        item["message_first_line"] = str(item.pop("message", "")).split("\n")[0]
        errors.append(item)
    if "error_stream" in ended:

        def place(item: dict[str, Any]) -> tuple[bool, str, bool]:
            event = str((item.get("event") or {}).get("id"))
            late = item["source"] == "_handler"
            return (False, event, late) if event in given or event == "None" else (True, "", late)

        ended["error_stream"] = sorted(errors, key=place)
    return ended


class Lines:
    """Lines over a pipe, read byte by byte as they come: nothing is taken that belongs to a child."""

    def __init__(self, source: int, target: int) -> None:
        self._source = source
        self._target = target
        self._rest = b""

    def read(self) -> dict[str, Any] | None:
        """The next line; None at the end."""
        while b"\n" not in self._rest:
            data = os.read(self._source, 1 << 20)
            if not data:
                return None
            self._rest += data
        line, _, self._rest = self._rest.partition(b"\n")
        return json.loads(line)

    def write(self, answer: Any) -> None:
        """Writes a line."""
        data = (answer if isinstance(answer, str) else json.dumps(answer)).encode() + b"\n"
        while data:
            data = data[os.write(self._target, data) :]


def child(case: dict[str, Any], lines: Lines) -> None:
    """One program: its record, then its kernel."""
    lines.write({"pid": os.getpid()})
    os.chdir(tempfile.mkdtemp(prefix="graphcell-fuzz-"))
    lines.write(record(case))
    module = _module()
    with contextlib.suppress(BaseException):
        exec(compile(case["source"], f"<{case['id']}>", "exec"), vars(module))
    agent = Agent(vars(module))
    while (asked := lines.read()) is not None and "agent" in asked:
        lines.write(agent.answer(asked["agent"]))


_WARM = """
import mlrun
fn = mlrun.new_function("warm", kind="serving")
graph = fn.set_topology("flow", engine="async")
graph.to(name="a", handler="(event)").to("storey.Filter", "b", _fn="(True)").respond()
EVENTS = [{"body": 1}]
"""


def main() -> None:
    """Serves until the pipe ends."""
    lines = Lines(0, os.dup(1))
    quiet = os.open(os.environ.get("GRAPHCELL_FUZZ_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    # What MLRun does once only is done before the first fork.
    record({"id": "warm", "source": _WARM})
    gc.collect()
    gc.freeze()
    lines.write({"ready": mlrun.__version__})
    while (asked := lines.read()) is not None:
        process = os.fork()
        if process == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                child(asked["record"], lines)
            finally:
                os._exit(0)
        os.waitpid(process, 0)
        lines.write({"ended": process})


if __name__ == "__main__":
    main()
