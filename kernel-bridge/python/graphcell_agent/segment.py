"""Runs a chain of loaded steps over a batch of events, in one go."""

from __future__ import annotations

import copy
import inspect
from time import perf_counter
from typing import Any

from .capture import captured
from .event import event_fields
from .paths import read_mlrun, read_storey, write_mlrun, write_storey
from .run import Run


class Step:
    """One step of the chain, ready to be called."""

    def __init__(self, run: Run, spec: dict[str, Any]) -> None:
        """`spec` as the request tells it."""
        self.ref = str(spec["ref"])
        self.target = run.target(self.ref, "")
        self.function = run.target(self.ref, spec["method"])
        self.input_path = spec.get("input_path")
        self.result_path = spec.get("result_path")
        self.full_event = bool(spec.get("full_event"))
        self.kwargs = {"context": run.context_of(self.ref)} if spec.get("context") else {}
        self.storey = spec.get("walker") == "storey"
        self.form = str(spec.get("form", "map"))

    def read(self, event: Any) -> Any:
        """What the step's function gets."""
        if self.full_event:
            return event
        return (read_storey if self.storey else read_mlrun)(self.input_path, event.body)

    def write(self, event: Any, result: Any) -> Any:
        """The event after the step: Storey goes on with a shallow copy, MLRun with the event itself."""
        if self.full_event:
            return result
        if self.storey:
            mapped = copy.copy(event)
            if self.result_path:
                write_storey(self.result_path, event.body, result)
            else:
                mapped.body = result
            return mapped
        event.body = write_mlrun(self.result_path, event.body, result)
        return event


def run_segment(run: Run, request: dict[str, Any]) -> dict[str, Any]:
    """`{"outputs": [{steps, out}]}`, one output for each event of the batch, in order."""
    steps = [Step(run, spec) for spec in request["steps"]]
    storey = run.graph.kind == "storey"
    outputs = []
    with captured(run.capture, run.threads):
        for data in request["batch"]:
            outputs.append(Pass(run, steps).event(run.decoder.event(data, storey)))
    return {"outputs": outputs}


class Pass:
    """The way of one event through the chain; a step may give it several followers."""

    def __init__(self, run: Run, steps: list[Step]) -> None:
        """Serves one event."""
        self._run = run
        self._steps = steps
        self._results: list[dict[str, Any]] = []
        self._out: list[Any] = []

    def event(self, event: Any) -> dict[str, Any]:
        """`{steps, out}` of the event."""
        self._enter(0, event, self._encode_body(event), None)
        return {"steps": self._results, "out": self._out}

    def resume(self, at: int, event: Any, before: list[Any], value: Any) -> dict[str, Any]:
        """
        Goes on from a step that gave `value` for `event`; `before` are the body that the event came with and what each
        step before gave.
        """
        step = self._steps[at]
        result = self._told(before)
        try:
            if inspect.isawaitable(value) and step.storey:
                value = self._run.loop.run(value)[0]
            followers = self._followers(step, event, value)
        except BaseException as error:
            result["raised"] = self._run.raised(error)
        else:
            self._emit(at, step, followers, at)
        return {"steps": self._results, "out": self._out}

    def raised(self, before: list[Any], error: BaseException) -> dict[str, Any]:
        """The way of an event that ended with an error of the step that the last value came to."""
        self._told(before)["raised"] = self._run.raised(error)
        return {"steps": self._results, "out": self._out}

    def ended(self, values: list[Any]) -> dict[str, Any]:
        """The way of an event that went through all steps: its body, and what each step gave."""
        self._told(values)
        last = self._results.pop()
        self._out.append({"body": self._results[-1]["out"][0] if "from" in last else last["in"]})
        return {"steps": self._results, "out": self._out}

    def _told(self, values: list[Any]) -> dict[str, Any]:
        """Writes what is known of an event's way; gives the entry of the step that the last value came to."""
        for at, value in enumerate(values):
            body = self._run.encoder.encode(value)
            if at > 0:
                self._results[-1]["out"].append(body)
            given = {"in": body} if at == 0 else {"from": [at - 1, 0]}
            self._results.append({"at": at, "out": [], **given, "ms": 0.0})
        return self._results[-1]

    def _encode_body(self, event: Any) -> Any:
        return self._run.encoder.encode(getattr(event, "body", None))

    def _enter(self, at: int, event: Any, body: Any, source: list[int] | None) -> None:
        """
        `body` is the event's body in wire form. What a step emitted is what the next one gets: it is written once, and
        `source` says where, as the index of that step's entry and of its output.
        """
        if at == len(self._steps):
            fields = {k: self._run.encoder.encode(v) for k, v in event_fields(event).items() if k != "body"}
            self._out.append({**fields, "body": body})
            return
        step = self._steps[at]
        result: dict[str, Any] = {"at": at, "out": []}
        if source is None:
            result["in"] = body
        else:
            result["from"] = source
        index = len(self._results)
        self._results.append(result)
        self._run.capture.take()
        began = perf_counter()
        followers: list[Any] = []
        try:
            followers = self._call(step, event)
        except BaseException as error:
            result["raised"] = self._run.raised(error)
        result["ms"] = round((perf_counter() - began) * 1000, 3)
        printed = self._run.capture.take()
        if printed:
            result["stdout"] = printed
        self._emit(at, step, followers, index)

    def _emit(self, at: int, step: Step, followers: list[Any], index: int) -> None:
        """Depth first, as Storey does: each follower goes to the chain's end before the next one is made."""
        result = self._results[index]
        for count, follower in enumerate(followers):
            try:
                emitted = step.write(*follower) if isinstance(follower, tuple) else follower
                body = self._run.encoder.encode(emitted.body)
            except BaseException as error:
                result["raised"] = self._run.raised(error)
                return
            result["out"].append(body)
            if step.storey and is_generator(emitted.body):
                # A stream of chunks: what follows is for each of them, which is the engine's business.
                self._enter(len(self._steps), emitted, body, None)
                continue
            before = len(self._results)
            self._enter(at + 1, emitted, body, [index, count])
            if any("raised" in later for later in self._results[before:]):
                # Storey's emit fails with the later step: what would follow is never made.
                return

    def _call(self, step: Step, event: Any) -> list[Any]:
        """Events that leave the step, or pairs from which `write` makes them when their turn comes."""
        element = step.read(event)
        value, _ = self._run.invoke(step.function, [element], dict(step.kwargs), step.storey)
        return self._followers(step, event, value)

    def _followers(self, step: Step, event: Any, value: Any) -> list[Any]:
        if step.form == "map":
            return [] if self._run.filtered(step.ref) else [(event, value)]
        if step.form == "filter":
            return [event] if value else []
        if step.form == "flat_map":
            return [(event, item) for item in value]
        if step.form == "extend":
            for key, item in value.items():
                event.body[key] = item
            return [event]
        if step.result_path and not step.full_event:
            step.write(event, value)
        return [event]


def is_generator(value: Any) -> bool:
    """The value is a stream of chunks."""
    return inspect.isgenerator(value) or inspect.isasyncgen(value)
