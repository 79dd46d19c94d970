"""The direct channel: requests while the main shell runs a cell, over comms on a subshell.

A front end opens our comm target twice: with `{"role": "request"}`, on which requests come and replies go, and with
`{"role": "push"}`; an empty request is its goodbye. Work is done in a thread of its own, one for each front end, so
that a request to cancel it gets through and nobody waits for another's step that never returns; a reply is sent in the
context of the request's handler, because ipykernel reads from it which subshell the comm belongs to.
"""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any

from .agent import Agent
from .protocol import COMM_TARGET, PROTOCOL_VERSION
from .worker import Job, Worker

#: Calls that are answered at once, in the handler's own thread.
QUICK = {"hello", "preview", "release", "cancel", "simulated", "scan"}

#: A front end that works with us says something at least once in this many seconds; after so many silent spans of
#: that length it is taken for gone. A connection may be cut for as long.
SPAN = 60.0
SILENT_SPANS = 10


class _FrontEnd:
    """One that sends requests: its comm, and who does its work."""

    def __init__(self, comm: Any) -> None:
        self.comm = comm
        self.worker: Worker | None = None
        #: Spans since its last message.
        self.silent = 0


class Channel:
    """Our comm target and what is open on it."""

    def __init__(self, agent: Agent) -> None:
        """Registers nothing yet."""
        self._agent = agent
        self._pushes: dict[str, Any] = {}
        self._front_ends: dict[str, _FrontEnd] = {}
        self._manager: Any = None
        self._opening = threading.Event()
        self._closed = threading.Event()
        self._watch: threading.Thread | None = None
        agent.on_cancel = self._cancel

    @property
    def attached(self) -> bool:
        """A front end listens."""
        return bool(self._pushes)

    def wait_attached(self, seconds: float) -> bool:
        """Waits for a front end that listens; in slices, so that an interrupt ends it on every platform."""
        left = seconds
        while not self.attached and left > 0:
            self._opening.wait(0.25)
            left -= 0.25
        return self.attached

    def register(self) -> None:
        """Offers the target, where the kernel has comms."""
        try:
            from comm import get_comm_manager

            self._manager = get_comm_manager()
        except ImportError:
            shell = self._agent.shell
            self._manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
        if self._manager is not None:
            self._manager.register_target(COMM_TARGET, self.opened)

    def close(self) -> None:
        """Withdraws the target and closes what is open; front ends open it anew."""
        if self._manager is not None:
            self._manager.unregister_target(COMM_TARGET, self.opened)
        self._closed.set()
        front_ends = list(self._front_ends.values())
        for comm in [*(f.comm for f in front_ends), *self._pushes.values()]:
            comm.close()
        for front_end in front_ends:
            if front_end.worker is not None:
                front_end.worker.finish()
        self._front_ends.clear()
        self._pushes.clear()

    def push(self, text: str) -> None:
        """Sends to all front ends that listen."""
        for comm in list(self._pushes.values()):
            comm.send({"text": text})

    def opened(self, comm: Any, message: Any) -> None:
        """A front end opened one of its two comms."""
        data = _data(message)
        if data.get("role") == "push":
            client = str(data.get("client"))
            self._pushes[client] = comm
            comm.on_close(lambda _: self._pushes.pop(client, None))
            self._opening.set()
            return
        front_end = self._front_ends[comm.comm_id] = _FrontEnd(comm)
        comm.on_close(lambda _: self._gone(front_end, tell=False))
        comm.on_msg(lambda received: self._received(front_end, _data(received)))

    def _received(self, front_end: _FrontEnd, data: dict[str, Any]) -> None:
        ident, text = data.get("id"), data.get("text")
        if not isinstance(ident, str) or not isinstance(text, str):
            return
        comm = front_end.comm
        front_end.silent = 0
        if text == "":
            comm.send({"id": ident, "text": ""})
            self._gone(front_end, tell=False)
            return
        if _is_quick(text):
            comm.send({"id": ident, "text": self._agent.answer(text, comm.comm_id)})
        else:
            self._work(front_end, Job(comm, ident, text))

    def _work(self, front_end: _FrontEnd, job: Job) -> None:
        if front_end.worker is None or not front_end.worker.usable:
            front_end.worker = Worker(self._agent)
            front_end.worker.start()
            self._watch_out()
        front_end.worker.put(job)

    def _cancel(self, client: str) -> None:
        front_end = self._front_ends.get(client)
        if front_end is not None and front_end.worker is not None:
            for job in front_end.worker.cancel():
                self._work(front_end, job)

    def _gone(self, front_end: _FrontEnd, tell: bool) -> None:
        """It took its leave, or is silent for long: then, if it is there after all, it hears it and opens anew."""
        client = front_end.comm.comm_id
        if self._front_ends.pop(client, None) is None:
            return
        if front_end.worker is not None:
            front_end.worker.leave()
        self._agent.forget(client)
        push = self._pushes.pop(client, None)
        for comm in (push, front_end.comm):
            if comm is not None and tell:
                comm.close()
            elif comm is not None:
                with contextlib.suppress(KeyError):
                    self._manager.unregister_comm(comm)

    def _watch_out(self) -> None:
        """A page that was killed closes nothing: its silence tells."""
        if self._watch is None or not self._watch.is_alive():
            self._watch = threading.Thread(target=self._listen, daemon=True, name="graphcell-watch")
            self._watch.start()

    def _listen(self) -> None:
        # Spans, not seconds, are counted: while compiled code holds Python's lock neither this thread nor the one that
        # hears messages goes on.
        while not self._closed.wait(SPAN):
            for front_end in list(self._front_ends.values()):
                if front_end.worker is None or not front_end.worker.busy:
                    continue
                front_end.silent += 1
                if front_end.silent > SILENT_SPANS:
                    self._gone(front_end, tell=True)


def _data(message: Any) -> dict[str, Any]:
    data = message.get("content", {}).get("data")
    return data if isinstance(data, dict) else {}


def _is_quick(text: str) -> bool:
    # Work comes in large texts: they are not read twice.
    if len(text) > 20_000:
        return '"op":"simulated"' in text[:200]
    try:
        data = json.loads(text)
    except ValueError:
        return True
    if not isinstance(data, dict) or data.get("graphcell") != PROTOCOL_VERSION:
        return True
    calls = data.get("calls")
    return isinstance(calls, list) and all(isinstance(c, dict) and c.get("op") in QUICK for c in calls)
