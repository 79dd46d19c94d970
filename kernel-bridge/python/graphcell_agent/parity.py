"""Runs of MLRun's own mock server beside the simulation: one server for each run, asked event by event."""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .capture import Capture, captured
from .decoder import Decoder
from .mock import MockServer, serving_function
from .protocol import AgentError
from .raised import CellFiles, describe_raised
from .store import Store
from .wire import Encoder

Reply = dict[str, Any]

#: Seconds that MLRun gets for one event, or for its end.
PATIENCE = 60.0


class MockRuns:
    """The mock servers that are at work, by the names of their runs."""

    def __init__(self, store: Store, cells: CellFiles) -> None:
        """`store` keeps what JSON has no form for."""
        self._store = store
        self._cells = cells
        self._runs: dict[str, _MockRun] = {}

    def open(self, call: Reply, owner: Any, found: Any, variables: dict[str, Any], modules: list[Any]) -> Reply:
        """Starts a server for the user's function, or for a graph's dictionary that is in no kernel."""
        mlrun = _mlrun()
        decoder = Decoder(self._store)
        decoder.find = variables.get
        function = owner if hasattr(owner, "to_mock_server") else None
        if function is None:
            spec = dict(decoder.decode(call.get("spec") or {}))
            spec["graph"] = found if found is not None else decoder.decode(call.get("graph"))
            function = serving_function(str(call.get("name") or ""), spec)
        ident = str(call["run"])
        encoder = Encoder(self._store, ident)

        def raised(error: BaseException) -> Any:
            return describe_raised(error, self._cells)

        server = MockServer(function, [*modules, variables], encoder.encode, raised, variables)
        run = self._runs[ident] = _MockRun(server)
        options: dict[str, Any] = {}
        if call.get("error_stream"):
            options["error_stream"] = call["error_stream"]
        if call.get("current_function"):
            options["current_function"] = call["current_function"]
        with run.quiet():
            started = server.start(**options)
        error = {"error": started["error"]} if "error" in started else {}
        return {"mlrun": mlrun.__version__, "ops": server.tracer.take(), **error}

    def send(self, call: Reply) -> Reply:
        """Sends one event; its result and what happened in the steps."""
        run = self._run(call)
        event = Decoder(self._store).decode(call["event"])
        with run.quiet():
            result = run.server.send(event, PATIENCE)
        return {**result, "ops": run.server.tracer.take()}

    def end(self, call: Reply) -> Reply:
        """Ends the flow: what the streams hold, and what happened in the steps."""
        run = self._run(call)
        with run.quiet():
            ended = run.server.end(PATIENCE)
        ops = run.server.tracer.take()
        self.close(call)
        return {**ended, "ops": ops}

    def close(self, call: Reply) -> Reply:
        """Forgets a run, whether it ended or not."""
        run = self._runs.pop(str(call.get("run", "")), None)
        if run is not None:
            with run.quiet():
                run.server.close()
            self._store.end(str(call["run"]))
        return {}

    def _run(self, call: Reply) -> _MockRun:
        run = self._runs.get(str(call.get("run", "")))
        if run is None:
            raise AgentError("GC_RUN_GONE", "The kernel no longer has this mock server.", "Verify again.")
        return run


class _MockRun:
    """A server, and the threads that it began: what they print is nobody's output."""

    def __init__(self, server: MockServer) -> None:
        self.server = server
        self._threads: set[int] = set()

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """While the server works: what it and its steps print, and what MLRun logs, is left out."""
        before = {t.ident for t in threading.enumerate()}
        logger = sys.modules["mlrun.utils"].logger
        level = logger.level
        logger.set_logger_level("CRITICAL")
        try:
            with captured(Capture(), self._threads):
                yield
        finally:
            logger.set_logger_level(level)
            self._threads.update(t.ident for t in threading.enumerate() if t.ident and t.ident not in before)


def _mlrun() -> Any:
    try:
        importlib.import_module("mlrun.serving")
        return importlib.import_module("mlrun")
    except ImportError as error:
        raise AgentError(
            "GC_NO_MLRUN",
            f"MLRun can't be imported in the kernel: {error}.",
            "Install mlrun where the kernel runs: pip install mlrun",
        ) from error
