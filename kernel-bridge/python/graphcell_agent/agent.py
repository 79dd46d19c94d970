"""The agent: answers calls, whatever way they came."""

from __future__ import annotations

import contextvars
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .namespace import Namespace
from .preview import preview_of
from .protocol import PROTOCOL_VERSION, AgentError, Interrupted, error_reply, read_request, reply_text
from .raised import CellFiles, describe_raised
from .store import Store
from .wire import Encoder

if TYPE_CHECKING:
    from .runs import Runs

Reply = dict[str, Any]

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
        #: Comes with the first run.
        self._runs: Runs | None = None
        self._lock = threading.RLock()
        self._loading = threading.Lock()
        self.on_simulated: Callable[[str, dict[str, Any]], bool] | None = None
        self.on_cancel: Callable[[str], None] | None = None
        self.on_listen: Callable[[], Reply] | None = None
        self._ops: dict[str, Callable[[dict[str, Any]], Reply]] = {
            "hello": self._hello,
            "extend": self._extend,
            "scan": self._scan,
            "evaluate": self._evaluate,
            "preview": self._preview,
            "release": self._release,
            "cancel": self._cancel,
            "simulated": self._simulated,
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
        if self._runs is not None:
            self._runs.forget(client)

    def close(self) -> None:
        """Ends all runs and lets all values go: another version of the agent takes over."""
        if self._runs is not None:
            self._runs.close()
        self.store.clear()

    def _answer(self, call: dict[str, Any]) -> Reply:
        op = self._ops.get(call["op"]) or self._all_runs().ops.get(call["op"])
        if op is None:
            raise AgentError("GC_PROTOCOL", f'The agent knows no call "{call["op"]}".')
        return op(call)

    def _all_runs(self) -> Runs:
        """The runs of this kernel. `GC_EXTEND` asks the front end for their code, where it is not here yet."""
        if self._runs is not None:
            return self._runs
        with self._loading:
            if self._runs is None:
                try:
                    from .runs import Runs
                except ModuleNotFoundError as error:
                    if error.name != f"{__package__}.runs":
                        raise
                    raise AgentError("GC_EXTEND", "The agent has no code for runs yet.") from error
                self._runs = Runs(self.variables, self.store, self.cells, self.namespace, _client.get)
            return self._runs

    def _extend(self, call: dict[str, Any]) -> Reply:
        """Takes the code that only runs need: texts of modules by name."""
        with self._loading:
            add: Callable[[dict[str, str]], None] = sys.modules[__package__ or ""].__dict__["add"]
            add({str(name): str(text) for name, text in call["sources"].items()})
        return {}

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
