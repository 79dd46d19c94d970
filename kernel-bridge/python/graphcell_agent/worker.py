"""Does a front end's requests one after another in a thread of its own, and leaves behind what does not end."""

from __future__ import annotations

import contextvars
import ctypes
import json
import queue
import threading
from typing import Any

from .agent import Agent
from .capture import abandon
from .protocol import Interrupted, error_reply, reply_text

#: Seconds that cancelled work gets to end before it is left behind.
GRACE = 2.0

#: How often work that nobody wants is told to end: steps may catch what they should not.
TELLINGS = 5


class Job:
    """A request that is worked on."""

    def __init__(self, comm: Any, ident: str, text: str) -> None:
        """Keeps the context of the request's handler for the reply."""
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

    def interrupted(self) -> None:
        """Replies to each call that it was interrupted."""
        self.reply(_interrupted_reply(self.text))


class Worker(threading.Thread):
    """The thread of one front end."""

    def __init__(self, agent: Agent) -> None:
        """Waits for jobs once it is started."""
        super().__init__(daemon=True, name="graphcell-work")
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._current: Job | None = None
        self._left = False
        self._agent = agent

    @property
    def usable(self) -> bool:
        """Takes further jobs."""
        return self.is_alive() and not self._left

    @property
    def busy(self) -> bool:
        """Works on a job."""
        return self._current is not None

    def put(self, job: Job) -> None:
        """Does the job when those before it are done."""
        self._jobs.put(job)

    def finish(self) -> None:
        """Ends when all jobs are done."""
        self._jobs.put(None)

    def run(self) -> None:
        """The thread's own work: not for others to call."""
        while not self._left:
            try:
                job = self._jobs.get()
                if job is None:
                    return
                self._current = job
                text = self._agent.answer(job.text, job.comm.comm_id)
                self._current = None
                job.reply(text)
            except KeyboardInterrupt:
                # A cancel that came when its work had just ended.
                self._current = None
            except Exception:
                # The front end closed its comm: it no longer waits, others do.
                self._current = None

    def cancel(self) -> list[Job]:
        """
        Interrupts the work at hand; what does not end within `GRACE` is left behind in its thread. Then the jobs that
        waited for it are given back: another worker must do them.
        """
        job = self._current
        if job is None:
            return []
        self._interrupt(job)
        if job.done.wait(GRACE):
            return []
        self._abandon()
        job.interrupted()
        return self._waiting()

    def leave(self) -> None:
        """Nobody waits any longer: the work at hand is told to end, the rest is dropped. Does not wait for it."""
        self._left = True
        self._waiting()
        self.finish()
        if self._current is not None:
            threading.Thread(target=self._let_go, daemon=True, name="graphcell-leave").start()

    def _let_go(self) -> None:
        for _ in range(TELLINGS):
            job = self._current
            if job is None:
                return
            self._interrupt(job)
            self.join(GRACE)
            if not self.is_alive():
                return
            abandon(self.ident)

    def _abandon(self) -> None:
        self._left = True
        abandon(self.ident)

    def _waiting(self) -> list[Job]:
        """Takes away what waits."""
        jobs: list[Job] = []
        try:
            while True:
                job = self._jobs.get_nowait()
                if job is not None:
                    jobs.append(job)
        except queue.Empty:
            return jobs

    def _interrupt(self, job: Job) -> None:
        """Raises KeyboardInterrupt in the thread at its next step of Python code."""
        if self.ident is not None and self._current is job:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self.ident), ctypes.py_object(KeyboardInterrupt))


def _interrupted_reply(text: str) -> str:
    try:
        request = json.loads(text)
        ident, calls = str(request["id"]), len(request["calls"])
    except (ValueError, KeyError, TypeError):
        ident, calls = "", 0
    return reply_text(ident, [error_reply(Interrupted())] * calls)
