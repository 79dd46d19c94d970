"""The direct channel: requests while the main shell runs a cell, over comms on a subshell.

A front end opens our comm target twice: with `{"role": "request"}`, on which requests come and replies go, and with
`{"role": "push"}`. Work is done in a thread of its own, so that a request to cancel it gets through; its reply is sent
in the context of the request's handler, because ipykernel reads from it which subshell the comm belongs to.
"""

from __future__ import annotations

import contextvars
import ctypes
import json
import queue
import threading
from typing import Any

from .agent import Agent
from .capture import abandon
from .protocol import COMM_TARGET, PROTOCOL_VERSION, Interrupted, error_reply, reply_text

#: Calls that are answered at once, in the handler's own thread.
QUICK = {"hello", "preview", "release", "cancel", "simulated", "scan"}

#: Seconds that cancelled work gets to end before it is left behind.
GRACE = 2.0


class _Job:
    """A request that is worked on."""

    def __init__(self, comm: Any, ident: str, text: str) -> None:
        self.comm = comm
        self.ident = ident
        self.text = text
        self.context = contextvars.copy_context()
        self.done = threading.Event()
        self._lock = threading.Lock()

    def reply(self, text: str) -> None:
        """Sends the reply; only the first one goes."""
        with self._lock:
            if self.done.is_set():
                return
            self.done.set()
        self.context.run(self.comm.send, {"id": self.ident, "text": text})


class _Worker(threading.Thread):
    """Does the jobs one after another."""

    def __init__(self, agent: Agent) -> None:
        super().__init__(daemon=True, name="graphcell-work")
        self.jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self.current: _Job | None = None
        self.abandoned = False
        self._agent = agent

    def run(self) -> None:
        while not self.abandoned:
            try:
                job = self.jobs.get()
                if job is None:
                    return
                self.current = job
                text = self._agent.answer(job.text)
                self.current = None
                job.reply(text)
            except KeyboardInterrupt:
                # A cancel that came when its work had just ended.
                self.current = None
            except Exception:
                # The front end closed its comm: it no longer waits, others do.
                self.current = None

    def interrupt(self) -> None:
        """Raises KeyboardInterrupt in the thread at its next step of Python code."""
        if self.ident is not None and self.current is not None:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(KeyboardInterrupt))


class Channel:
    """Our comm target and what is open on it."""

    def __init__(self, agent: Agent) -> None:
        """Registers nothing yet."""
        self._agent = agent
        self._worker: _Worker | None = None
        self._pushes: dict[str, Any] = {}
        self._requests: dict[str, Any] = {}
        self._manager: Any = None
        agent.on_cancel = self.cancel

    @property
    def attached(self) -> bool:
        """A front end listens."""
        return bool(self._pushes)

    def register(self) -> None:
        """Offers the target, where the kernel has comms."""
        try:
            from comm import get_comm_manager

            self._manager = get_comm_manager()
        except ImportError:
            shell = self._agent.shell
            self._manager = getattr(getattr(shell, "kernel", None), "comm_manager", None)
        if self._manager is not None:
            self._manager.register_target(COMM_TARGET, self._opened)

    def close(self) -> None:
        """Withdraws the target and closes what is open; front ends open it anew."""
        if self._manager is not None:
            self._manager.unregister_target(COMM_TARGET, self._opened)
        for comm in [*self._requests.values(), *self._pushes.values()]:
            comm.close()
        self._requests.clear()
        self._pushes.clear()
        if self._worker is not None:
            self._worker.jobs.put(None)

    def push(self, text: str) -> None:
        """Sends to all front ends that listen."""
        for comm in list(self._pushes.values()):
            comm.send({"text": text})

    def _opened(self, comm: Any, message: Any) -> None:
        role = _data(message).get("role")
        comms = self._pushes if role == "push" else self._requests
        comms[comm.comm_id] = comm
        comm.on_close(lambda _: comms.pop(comm.comm_id, None))
        if role != "push":
            comm.on_msg(lambda received: self._received(comm, _data(received)))

    def _received(self, comm: Any, data: dict[str, Any]) -> None:
        ident, text = data.get("id"), data.get("text")
        if not isinstance(ident, str) or not isinstance(text, str):
            return
        if _is_quick(text):
            comm.send({"id": ident, "text": self._agent.answer(text)})
            return
        if self._worker is None or not self._worker.is_alive():
            self._worker = _Worker(self._agent)
            self._worker.start()
        self._worker.jobs.put(_Job(comm, ident, text))

    def cancel(self) -> None:
        """Interrupts the work at hand; what does not end within `GRACE` is left behind in its thread."""
        worker = self._worker
        job = worker.current if worker is not None else None
        if worker is None or job is None:
            return
        worker.interrupt()
        if job.done.wait(GRACE):
            return
        worker.abandoned = True
        abandon(worker.ident)
        self._worker = None
        job.reply(reply_text(_request_id(job.text), [error_reply(Interrupted())] * _calls(job.text)))


def _data(message: Any) -> dict[str, Any]:
    data = message.get("content", {}).get("data")
    return data if isinstance(data, dict) else {}


def _parsed(text: str) -> dict[str, Any]:
    try:
        data = json.loads(text)
    except ValueError:
        return {}
    return data if isinstance(data, dict) and data.get("graphcell") == PROTOCOL_VERSION else {}


def _is_quick(text: str) -> bool:
    # Work comes in large texts: they are not read twice.
    if len(text) > 20_000:
        return '"op":"simulated"' in text[:200]
    calls = _parsed(text).get("calls") or []
    return all(isinstance(c, dict) and c.get("op") in QUICK for c in calls)


def _request_id(text: str) -> str:
    return str(_parsed(text).get("id", ""))


def _calls(text: str) -> int:
    return len(_parsed(text).get("calls") or [])
