"""Puts the agent into a running kernel, and takes requests that come as executions."""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from .agent import Agent
from .channel import Channel
from .loopback import Loopback
from .magic import Simulate
from .protocol import MARKER, MIME, PROTOCOL_VERSION, push_text

#: File name of our requests' code, one for all: so that they leave nothing behind in the kernel's caches.
REQUEST_FILE = "<graphcell>"

#: Seconds that a cell waits for a front end that said that it is coming.
EXPECTED_TIMEOUT = 60.0


class Kernel:
    """The agent with its hooks in IPython's shell. Everything is taken back by `uninstall`."""

    def __init__(self, shell: Any, version: str) -> None:
        """Changes nothing yet."""
        self.version = version
        self._shell = shell
        self.agent = Agent(shell.user_ns, shell, version)
        self.channel = Channel(self.agent)
        self.loopback = Loopback(self.channel.opened)
        self.agent.on_listen = self.loopback.listen
        self.simulate = Simulate(self.agent, self._listened, self.channel.push)
        #: A front end said that it is about to open its channel.
        self._expecting = False
        self._get_code_name: Any = None
        #: Graphs that were pushed already. Who did not hear of them asks.
        self._pushed: set[int] = set()

    def install(self) -> None:
        """Adds the hooks, the comm target and the magics."""
        self._shell.events.register("post_run_cell", self._after_cell)
        self._name_requests()
        with contextlib.suppress(Exception):
            self.channel.register()
        self.simulate.register()
        self.agent.namespace.scan()

    def uninstall(self) -> None:
        """Takes the hooks back."""
        with contextlib.suppress(ValueError):
            self._shell.events.unregister("post_run_cell", self._after_cell)
        if self._get_code_name is not None:
            self._shell.compile.__dict__.pop("get_code_name", None)
        with contextlib.suppress(Exception):
            self.loopback.close()
            self.channel.close()
        self.agent.close()

    def expect(self) -> None:
        """A front end is about to open its channel, if this kernel lets it; else it reads what cells leave for it."""
        self.simulate.later = True
        self._expecting = bool(getattr(getattr(self._shell, "kernel", None), "_supports_kernel_subshells", False))

    def rpc(self, text: str) -> None:
        """Answers a request that came as an execution: by a display output of our type."""
        reply = self.agent.answer(text)
        self._shell.display_pub.publish(data={MIME: {"graphcell": PROTOCOL_VERSION, "text": reply}}, metadata={})

    def _listened(self) -> bool:
        """A front end hears what is pushed; the one that is expected is waited for, once."""
        if self._expecting:
            self._expecting = False
            return self.channel.wait_attached(EXPECTED_TIMEOUT)
        return self.channel.attached

    def _after_cell(self, result: Any) -> None:
        """After each cell: tells a listening front end what changed. Never fails a cell."""
        try:
            info = getattr(result, "info", None)
            source = getattr(info, "raw_cell", None)
            if isinstance(source, str) and source.startswith(MARKER):
                return
            self.agent.cells.note(getattr(result, "execution_count", None), getattr(info, "cell_id", None))
            if self.channel.attached and self.agent.namespace.scan():
                self.channel.push(push_text("report", self.agent.report(self._pushed)))
                self._pushed = self.agent.namespace.revisions()
        except Exception as error:
            # The user's cell is done: our own trouble goes to the kernel's log, not into its output.
            log = getattr(self._shell, "log", None)
            if log is not None:
                log.warning("graphcell: looking at the namespace failed: %s", error)

    def _name_requests(self) -> None:
        """
        Gives the code of our requests one file name. IPython would hash each request's text in Python, which costs
        more than the request itself, and keep the text for tracebacks.
        """
        compiler = getattr(self._shell, "compile", None)
        original = getattr(compiler, "get_code_name", None)
        if compiler is None or original is None:
            return

        def get_code_name(raw_code: str, *args: Any, **kwargs: Any) -> Any:
            if raw_code.startswith(MARKER):
                return REQUEST_FILE
            return original(raw_code, *args, **kwargs)

        compiler.get_code_name = get_code_name
        self._get_code_name = original


_installed: Kernel | None = None


def install(version: str) -> None:
    """Installs this version in the kernel that runs us."""
    global _installed
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        raise RuntimeError("Graphcell's agent needs an IPython kernel.")
    _installed = Kernel(shell, version)
    _installed.install()


def version() -> str | None:
    """The version that is at work in this kernel."""
    return _installed.version if _installed is not None else None


def expect() -> None:
    """A front end is about to open its channel: `%%simulate` cells wait for it."""
    if _installed is not None:
        _installed.expect()


def uninstall() -> None:
    """Takes this version out of the kernel."""
    global _installed
    if _installed is not None:
        _installed.uninstall()
        _installed = None


def rpc(text: str) -> None:
    """Answers one request."""
    if _installed is not None:
        _installed.rpc(text)
