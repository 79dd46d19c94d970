"""A Storey step that runs as its own object: events go in one at a time, and so does what it emits come out."""

from __future__ import annotations

import asyncio
import contextvars
import sys
import weakref
from collections.abc import Awaitable
from typing import Any

from .capture import captured
from .protocol import AgentError, dump

#: Attribute of an event: the engine's number for the event that it is, or is a copy of.
ORIGIN = "_graphcell_origin"
#: Attribute of an event: the body that it came with.
BODY = "_graphcell_body"

_job: contextvars.ContextVar[int] = contextvars.ContextVar("graphcell_job", default=0)


class _Emission:
    """What a step emitted, until those after it have worked on it."""

    def __init__(self, number: int, job: int, what: Any, outlets: list[int] | None) -> None:
        self.number = number
        self.job = job
        self.what = what
        self.outlets = outlets
        self.done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()


class Hosted:
    """
    Drives one step in the run's event loop. Each call gives what happened next: the step emitted something (and is
    held up there until it is told to go on), or it is done with what it was given.
    """

    def __init__(self, run: Any, step: Any) -> None:
        """`run` gives the loop, the encoder and the decoder."""
        self._run = run
        self._step = step
        self._termination = sys.modules["storey.dtypes"]._termination_obj
        self._completion = sys.modules["storey.dtypes"].StreamCompletion
        self._jobs: dict[int, asyncio.Task[Any]] = {}
        self._waiting: list[_Emission] = []
        self._emissions: dict[int, _Emission] = {}
        self._events: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._numbers = 0
        self._bell: asyncio.Event | None = None

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """One call's reply: `{state, ...}`, or `{raised}`."""
        run = self._run
        with captured(run.capture, run.threads):
            try:
                reply: dict[str, Any] = run.loop.run(self._act(call))[0]
            except BaseException as error:
                reply = {"state": "done", "raised": run.raised(error)}
            printed = run.capture.take()
        if printed:
            reply["stdout"] = printed
        return reply

    async def _act(self, call: dict[str, Any]) -> dict[str, Any]:
        action = call.get("action")
        self._bell = self._bell or asyncio.Event()
        if action == "start":
            return self._start([str(name) for name in call.get("outlets") or []])
        if action == "take":
            return await self._begin(self._step._do(self._event(call)))
        if action == "end":
            return await self._begin(self._step._do(self._termination))
        if action == "stream_end":
            end = self._completion(str(call.get("streaming_step")), self._event(call), call.get("error"))
            return await self._begin(self._step._do(end))
        if action in ("resume", "fail"):
            return await self._settle(call, action)
        raise AgentError("GC_PROTOCOL", f'A step can\'t "{action}".')

    def _start(self, names: list[str]) -> dict[str, Any]:
        flow = sys.modules["storey.flow"].Flow
        outlets = [_Outlet.made(flow, name, self, i) for i, name in enumerate(names)]
        self._step._outlets = outlets
        self._step._inlets = []
        self._step._init()
        self._step._do_downstream = self._downstream
        return {"state": "done", "value": None}

    def _event(self, call: dict[str, Any]) -> Any:
        event = self._run.decoder.event(call["event"], storey=True)
        number = int(call["origin"])
        setattr(event, ORIGIN, number)
        setattr(event, BODY, event.body)
        event._awaitable_result = None
        self._events[number] = event
        return event

    async def _begin(self, work: Awaitable[Any]) -> dict[str, Any]:
        self._numbers += 1
        job = self._numbers
        token = _job.set(job)
        try:
            self._jobs[job] = asyncio.ensure_future(work)
        finally:
            _job.reset(token)
        return await self._follow(job)

    async def _follow(self, job: int) -> dict[str, Any]:
        """Waits for the next thing that this job emits, or that work nobody waits for emits, or for its end."""
        task, bell = self._jobs[job], self._bell
        assert bell is not None
        while True:
            for emission in self._waiting:
                if emission.job == job or emission.job not in self._jobs:
                    emission.job = job
                    return self._written(emission)
            if task.done():
                del self._jobs[job]
                return {"state": "done", "value": self._run.encoder.encode(task.result())}
            bell.clear()
            ring = asyncio.ensure_future(bell.wait())
            await asyncio.wait({task, ring}, return_when=asyncio.FIRST_COMPLETED)
            ring.cancel()

    def _written(self, emission: _Emission) -> dict[str, Any]:
        self._waiting.remove(emission)
        self._emissions[emission.number] = emission
        reply: dict[str, Any] = {"emission": emission.number, "outlets": emission.outlets}
        what = emission.what
        if what is self._termination:
            return {**reply, "state": "forward"}
        event = what.original_event if isinstance(what, self._completion) else what
        if not hasattr(event, "body"):
            raise AttributeError(f"'{type(event).__name__}' object has no attribute 'body'")
        origin = getattr(event, ORIGIN, None)
        told = {
            **reply,
            "event": self._run.written(event).get("event"),
            "origin": origin,
            "same": origin is not None and self._events.get(origin) is event,
            "shares_body": event.body is getattr(event, BODY, None),
        }
        if isinstance(what, self._completion):
            return {**told, "state": "stream_end", "streaming_step": what.streaming_step, "error": what.error}
        return {**told, "state": "emit"}

    async def _settle(self, call: dict[str, Any], action: str) -> dict[str, Any]:
        emission = self._emissions.pop(int(call["emission"]))
        ended = emission.what is self._termination or isinstance(emission.what, self._completion)
        if call.get("event") is not None and not ended:
            self._update(emission.what, call["event"])
        if action == "fail":
            emission.done.set_exception(self._run.decoder.decode(call["error"]))
        else:
            emission.done.set_result(self._run.decoder.decode(call.get("value")))
        return await self._follow(emission.job)

    def _update(self, event: Any, fields: dict[str, Any]) -> None:
        """Those after the step may have changed the event's body in place."""
        written = fields.get("body")
        if dump(self._run.encoder.encode(event.body)) == dump(written):
            return
        body = self._run.decoder.decode(written)
        if isinstance(body, dict) and isinstance(event.body, dict):
            event.body.clear()
            event.body.update(body)
        elif isinstance(body, list) and isinstance(event.body, list):
            event.body[:] = body
        else:
            event.body = body

    async def _downstream(self, event: Any, outlets: Any = None, select_outlets: bool = True) -> Any:
        """Stands for the step's `_do_downstream`."""
        if not outlets and select_outlets:
            # The engine asks the step which way to go.
            return await self.emit(event, None)
        chosen = self._step._outlets if outlets is None else outlets
        return await self.emit(event, [outlet.graphcell_index for outlet in chosen])

    async def emit(self, event: Any, outlets: list[int] | None) -> Any:
        """Hands over what the step emits, and waits until those after it are done with it."""
        self._numbers += 1
        emission = _Emission(self._numbers, _job.get(), event, outlets)
        self._waiting.append(emission)
        if self._bell is not None:
            self._bell.set()
        return await emission.done


class _Outlet:
    """Makes what stands for the steps after a hosted one."""

    @staticmethod
    def made(flow: Any, name: str, hosted: Hosted, index: int) -> Any:
        class Outlet(flow):  # type: ignore[misc]
            graphcell_index = index

            async def _do(self, event: Any) -> Any:
                return await hosted.emit(event, [index])

            async def _do_and_recover(self, event: Any) -> Any:
                return await hosted.emit(event, [index])

        return Outlet(name=name)
