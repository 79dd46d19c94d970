"""The agent: answers calls, whatever way they came."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from typing import Any

from .batch import run_batch
from .decoder import Decoder
from .namespace import Namespace
from .parity import MockRuns
from .preview import preview_of
from .protocol import PROTOCOL_VERSION, AgentError, Interrupted, error_reply, read_request, reply_text
from .raised import CellFiles, describe_raised
from .resolve import function_module
from .run import GraphSource, Run
from .segment import run_segment
from .sources import emitted
from .store import Store
from .wire import Encoder

Reply = dict[str, Any]

#: Runs that may be open at once; the oldest is ended when there are more.
MAX_RUNS = 8

#: The front end whose request is answered; empty for one that comes as an execution.
_client: contextvars.ContextVar[str] = contextvars.ContextVar("graphcell_client", default="")


class Agent:
    """What the kernel keeps for Graphcell: runs, values, and the last look at the namespace."""

    def __init__(self, variables: dict[str, Any], shell: Any = None, version: str = "") -> None:
        """`variables` is the user's namespace, `shell` IPython's shell when there is one."""
        self.version = version
        self.variables = variables
        self.shell = shell
        self.store = Store()
        self.cells = CellFiles(shell)
        self.namespace = Namespace(variables, set(getattr(shell, "user_ns_hidden", None) or ()))
        self._runs: dict[str, Run] = {}
        self._mocks = MockRuns(self.store, self.cells)
        self._lock = threading.RLock()
        self.on_simulated: Callable[[str, dict[str, Any]], bool] | None = None
        self.on_cancel: Callable[[str], None] | None = None
        self.on_listen: Callable[[], Reply] | None = None
        self._ops: dict[str, Callable[[dict[str, Any]], Reply]] = {
            "hello": self._hello,
            "scan": self._scan,
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
            "evaluate": self._evaluate,
            "preview": self._preview,
            "release": self._release,
            "cancel": self._cancel,
            "simulated": self._simulated,
            "mock_open": self._mock_open,
            "mock_send": self._mocks.send,
            "mock_end": self._mocks.end,
            "mock_close": self._mocks.close,
            "listen": self._listen,
        }

    def answer(self, text: str, client: str = "") -> str:
        """The reply's text to a request's text; `client` names the front end that it came from. Never raises."""
        _client.set(client)
        request = ""
        try:
            request, calls = read_request(text)
        except AgentError as error:
            return reply_text(request, [error_reply(error)])
        replies: list[Reply] = []
        stopped: BaseException | None = None
        for call in calls:
            if stopped is not None:
                replies.append(error_reply(stopped))
                continue
            try:
                replies.append(self._answer(call))
            except KeyboardInterrupt:
                stopped = Interrupted()
                replies.append(error_reply(stopped))
            except BaseException as error:
                replies.append(error_reply(error))
        return reply_text(request, replies)

    def forget(self, client: str) -> None:
        """A front end is gone: its runs end."""
        for ident in [ident for ident, run in list(self._runs.items()) if run.client == client]:
            self._close(ident)

    def close(self) -> None:
        """Ends all runs and lets all values go: another version of the agent takes over."""
        for run in list(self._runs.values()):
            run.close()
        self._runs.clear()
        self.store.clear()

    def _answer(self, call: dict[str, Any]) -> Reply:
        op = self._ops.get(call["op"])
        if op is None:
            raise AgentError("GC_PROTOCOL", f'The agent knows no call "{call["op"]}".')
        return op(call)

    def _hello(self, _: dict[str, Any]) -> Reply:
        return {"version": self.version, "protocol": PROTOCOL_VERSION}

    def _scan(self, call: dict[str, Any]) -> Reply:
        with self._lock:
            self.namespace.scan()
            if call.get("since") == self.namespace.revision:
                return {"revision": self.namespace.revision, "same": True}
            return self.report(set(call.get("known") or ()))

    def report(self, known: set[int]) -> Reply:
        """The namespace as it was at the last look, for who knows graphs of these revisions."""
        return self.namespace.report(Encoder(self.store).encode, known)

    def _open(self, call: dict[str, Any]) -> Reply:
        """Begins a run: finds the graph's object and the namespaces where its names are looked up."""
        source, owner = self.namespace.source(call.get("variable"), call.get("name") or "")
        decoder = Decoder(self.store)
        decoder.find = self.variables.get
        given = decoder.decode(call.get("spec") or {})
        if source.graph is None and given:
            source = GraphSource(source.kind, None, given, source.uri or str(call.get("name") or ""))
        namespaces: list[Any] = []
        if source.kind == "serving" and hasattr(owner, "spec"):
            module = self._code_of(owner)
            if module is not None:
                namespaces.append(module)
        namespaces.append(self.variables)
        while len(self._runs) >= MAX_RUNS:
            self._close(next(iter(self._runs)))
        run = self._runs[call["run"]] = Run(call["run"], self.store, namespaces, source, self.cells)
        run.client = _client.get()
        run.initialize()
        return {}

    def _mock_open(self, call: dict[str, Any]) -> Reply:
        """Starts MLRun's own mock server for a graph, to compare the simulation with."""
        source, owner = self.namespace.source(call.get("variable"), call.get("name") or "")
        if source.kind == "storey":
            raise AgentError(
                "GC_VERIFY_STOREY",
                "A pure Storey flow has no mock server of MLRun.",
                "Verify a serving function's graph.",
            )
        return self._mocks.open(call, owner, source.graph, self.variables, [])

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
            self.store.end(ident)

    def _evaluate(self, call: dict[str, Any]) -> Reply:
        try:
            value = eval(compile(str(call["expression"]).strip(), "<expression>", "eval"), self.variables)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return {"raised": describe_raised(error, self.cells)}
        return {"value": Encoder(self.store).encode(value)}

    def _preview(self, call: dict[str, Any]) -> Reply:
        handle = str(call["handle"])
        limit = max(256, int(call.get("bytes") or 8192))
        return preview_of(handle, self.store.get(handle), self.store, limit, self.shell)

    def _release(self, call: dict[str, Any]) -> Reply:
        for handle in call.get("handles") or []:
            self.store.release(str(handle))
        return {}

    def _cancel(self, _: dict[str, Any]) -> Reply:
        if self.on_cancel is not None:
            self.on_cancel(_client.get())
        return {}

    def _simulated(self, call: dict[str, Any]) -> Reply:
        """A front end takes a `%%simulate` cell, or has its result; `yours` when it may go on."""
        yours = self.on_simulated is not None and self.on_simulated(str(call.get("display_id", "")), call)
        return {"yours": yours}

    def _listen(self, _: dict[str, Any]) -> Reply:
        """Opens a socket for a front end that has no comms: its port, and the token that opens it."""
        return self.on_listen() if self.on_listen is not None else {}
