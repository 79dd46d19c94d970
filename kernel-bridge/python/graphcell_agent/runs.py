"""Runs of graphs, and what is asked of them. The kernel gets this and what it imports with its first run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .batch import run_batch
from .decoder import Decoder
from .graph_source import GraphSource
from .namespace import Namespace
from .parity import MockRuns
from .protocol import AgentError
from .raised import CellFiles
from .resolve import function_module
from .run import Run
from .segment import run_segment
from .sources import emitted
from .store import Store

Reply = dict[str, Any]

#: Runs that may be open at once; the oldest is ended when there are more.
MAX_RUNS = 8


class Runs:
    """The runs that are open in this kernel; `ops` answers the calls that concern them."""

    def __init__(
        self,
        variables: dict[str, Any],
        store: Store,
        cells: CellFiles,
        namespace: Namespace,
        client: Callable[[], str],
    ) -> None:
        """`variables` is the user's namespace; `client` names the front end whose call is answered."""
        self._variables = variables
        self._store = store
        self._cells = cells
        self._namespace = namespace
        self._client = client
        self._runs: dict[str, Run] = {}
        self._mocks = MockRuns(store, cells)
        self.ops: dict[str, Callable[[dict[str, Any]], Reply]] = {
            "open": self._open,
            "prepare": self._prepare,
            "load": lambda call: self._run(call).load(call),
            "call": lambda call: self._run(call).call(call),
            "run": lambda call: run_segment(self._run(call), call),
            "host": lambda call: self._run(call).host(call),
            "tables": lambda call: self._run(call).tables(),
            "emitted": lambda call: emitted(self._run(call), call),
            "batch": lambda call: run_batch(self._run(call), call),
            "end": self._end,
            "mock_open": self._mock_open,
            "mock_send": self._mocks.send,
            "mock_end": self._mocks.end,
            "mock_close": self._mocks.close,
        }

    def forget(self, client: str) -> None:
        """A front end is gone: its runs end."""
        for ident in [ident for ident, run in list(self._runs.items()) if run.client == client]:
            self._close(ident)

    def close(self) -> None:
        """Ends all runs."""
        for run in list(self._runs.values()):
            run.close()
        self._runs.clear()

    def _open(self, call: dict[str, Any]) -> Reply:
        """Begins a run: finds the graph's object and the namespaces where its names are looked up."""
        source, owner = self._namespace.source(call.get("variable"), call.get("name") or "")
        decoder = Decoder(self._store)
        decoder.find = self._variables.get
        given = decoder.decode(call.get("spec") or {})
        if source.graph is None and given:
            source = GraphSource(source.kind, None, given, source.uri or str(call.get("name") or ""))
        namespaces: list[Any] = []
        if source.kind == "serving" and hasattr(owner, "spec"):
            module = self._code_of(owner)
            if module is not None:
                namespaces.append(module)
        namespaces.append(self._variables)
        while len(self._runs) >= MAX_RUNS:
            self._close(next(iter(self._runs)))
        run = self._runs[call["run"]] = Run(call["run"], self._store, namespaces, source, self._cells)
        run.client = self._client()
        run.initialize()
        return {}

    def _mock_open(self, call: dict[str, Any]) -> Reply:
        """Starts MLRun's own mock server for a graph, to compare the simulation with."""
        source, owner = self._namespace.source(call.get("variable"), call.get("name") or "")
        if source.kind == "storey":
            raise AgentError(
                "GC_VERIFY_STOREY",
                "A pure Storey flow has no mock server of MLRun.",
                "Verify a serving function's graph.",
            )
        return self._mocks.open(call, owner, source.graph, self._variables, [])

    def _code_of(self, owner: Any) -> Any:
        try:
            return function_module(owner)
        except Exception as error:
            raise AgentError(
                "GC_FUNCTION_CODE",
                f"The function's own code could not be loaded: {type(error).__name__}: {error}",
                "Correct the file that the function was made from.",
            ) from error

    def _prepare(self, call: dict[str, Any]) -> Reply:
        """Loads steps in order, up to the first that raises, as a server's start does."""
        run = self._run(call)
        replies: list[Reply] = []
        for load in call.get("loads") or []:
            replies.append(run.load(load))
            if "raised" in replies[-1]:
                break
        return {"replies": replies}

    def _run(self, call: dict[str, Any]) -> Run:
        run = self._runs.get(call.get("run", ""))
        if run is None:
            raise AgentError("GC_RUN_GONE", "The kernel no longer has this run.", "Run the events again.")
        return run

    def _end(self, call: dict[str, Any]) -> Reply:
        self._close(call.get("run", ""))
        return {}

    def _close(self, ident: str) -> None:
        run = self._runs.pop(ident, None)
        if run is not None:
            run.close()
            self._store.end(ident)
