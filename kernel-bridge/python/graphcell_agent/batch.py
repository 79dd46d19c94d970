"""
Many events through a chain of plain functions, in one loop.

An event whose way has to be told step by step goes as in segment.py. All others run in a function that is made for the
chain: a call for each step and nothing between them that Python does not need. What they end with is pickled at once,
before the next event may change it; a pickle of plain data is exact, and the other end reads plain data only.
"""

from __future__ import annotations

import binascii
import inspect
import io
import pickle
import sys
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

from .capture import captured
from .event import make_event
from .protocol import AgentError
from .run import Run
from .segment import Pass, Step, is_generator

#: Events of each batch whose steps are timed one by one: all others are told by their sum.
_TIMED = 8
#: Events between two looks at the clock, and seconds after which a batch that may stop does.
_SLICE = 64
_ENOUGH = 0.05
#: Bytes up to which a value is small; beyond, it may have to stay in the kernel.
_SMALL = 50_000
#: Opcodes of sets, whose items have no order of their own, and of ints too long for text.
_UNSURE = (b"\x8f", b"\x91", b"\x8b")


class _NotPlainError(Exception):
    """The value is not plain data."""


class _OddError(Exception):
    """What a step gave has to be waited for, or is a stream, before the next step may have it."""


class _Pickler(pickle.Pickler):
    """Writes plain data only."""

    def reducer_override(self, _: Any) -> Any:
        raise _NotPlainError


class _Unpickler(pickle.Unpickler):
    """Reads plain data only."""

    def find_class(self, module: str, name: str) -> Any:
        raise AgentError("GC_PROTOCOL", f"A request holds an object of {module}.{name}.")


def run_batch(run: Run, request: dict[str, Any]) -> dict[str, Any]:
    """
    `bodies` is a pickled list in base64. Events before `first` and from `last` on are told step by step; with
    `may_stop`, those that are left after a while are not begun.

    Gives `count` events done; the milliseconds that they `took`; `values`, the pickles of what ended well and is not
    told otherwise, in order; `dropped`, pairs of an event and the step that dropped it; `outputs`, pairs of an event
    and what segment.py tells of it; and `entered`, `emitted` and `ms` of each step over all events that are not in
    `outputs`.
    """
    began = perf_counter()
    batch = _Batch(run, [Step(run, spec) for spec in request["steps"]])
    bodies = _Unpickler(io.BytesIO(binascii.a2b_base64(request["bodies"]))).load()
    enough = began + _ENOUGH if request.get("may_stop") else None
    with captured(run.capture, run.threads):
        batch.work(bodies, int(request.get("first", 0)), int(request.get("last", len(bodies))), enough)
        run.capture.take()
    return {**batch.reply(), "took": round((perf_counter() - began) * 1000, 3)}


class _Batch:
    """The batch while it is worked on."""

    def __init__(self, run: Run, steps: list[Step]) -> None:
        self._run = run
        self._steps = steps
        self._chain = _Chain(steps) if all(_is_tight(step) for step in steps) else None
        self._count = 0
        self._outputs: list[list[Any]] = []

    def work(self, bodies: list[Any], first: int, last: int, enough: float | None) -> None:
        if self._chain is None:
            first = len(bodies)
        at = 0
        while at < len(bodies):
            if enough is not None and at > 0 and perf_counter() > enough:
                break
            if self._chain is None or at < first or at >= last:
                self._outputs.append([at, self._whole(bodies[at])])
                at += 1
            else:
                at = self._tight(self._chain, bodies, at, min(at + _SLICE, last) if enough is not None else last)
        self._count = at

    def _whole(self, body: Any) -> dict[str, Any]:
        event = make_event({"body": body}, self._run.graph.kind == "storey")
        return Pass(self._run, self._steps).event(event)

    def _tight(self, chain: _Chain, bodies: list[Any], begin: int, end: int) -> int:
        """Runs events up to `end`, or to the first that has to be told step by step; gives where to go on."""
        at, stopped = chain.run(bodies, begin, end)
        if stopped is None:
            return at
        error, step, values = stopped
        self._outputs.append([at, self._stopped(error, step, values)])
        return at + 1

    def _stopped(self, error: BaseException, at: int, values: list[Any]) -> dict[str, Any]:
        """
        What an event's steps gave before it left the loop, and what came then: `values` are its body and what each
        step up to `at` made of it.
        """
        told = Pass(self._run, self._steps)
        if isinstance(error, _OddError):
            event = make_event({"body": values[at]}, self._run.graph.kind == "storey")
            return told.resume(at, event, values[: at + 1], values[at + 1])
        if at == len(self._steps):
            return told.ended(values)
        return told.raised(values[: at + 1], error)

    def reply(self) -> dict[str, Any]:
        chain = self._chain
        if chain is None:
            return {"count": self._count, "outputs": self._outputs}
        values, others = chain.values(self._run)
        return {
            "count": self._count,
            "values": values,
            "others": others,
            "dropped": chain.dropped,
            "outputs": self._outputs,
            **chain.sums(),
        }


class _Chain:
    """The function that is made for a chain, and what it has done."""

    def __init__(self, steps: list[Step]) -> None:
        self._functions = [partial(s.function, **s.kwargs) if s.kwargs else s.function for s in steps]
        self._forms = [step.form for step in steps]
        watched = [step.storey for step in steps]
        self._bare, self._lines = _compiled(self._forms, watched, False)
        self._timed, self._timed_lines = _compiled(self._forms, watched, True)
        self._chunks: list[bytes] = []
        pickler = _Pickler(_Writer(self._chunks), 4)
        pickler.fast = True
        self._put = pickler.dump
        self.dropped: list[tuple[int, int]] = []
        self._ok = 0
        self._times = [0.0] * len(steps)
        self._seconds = 0.0
        self._sampled = 0

    def run(self, bodies: list[Any], begin: int, end: int) -> tuple[int, tuple[BaseException, int, list[Any]] | None]:
        """Where it came to, and what stopped it there: the error, its step and the values before it."""
        timed = self._sampled < _TIMED
        if timed:
            end = min(end, begin + _TIMED - self._sampled)
        function, lines = (self._timed, self._timed_lines) if timed else (self._bare, self._lines)
        chunks, drops = len(self._chunks), len(self.dropped)
        began = perf_counter()
        done, error, values = function(
            bodies[begin:end], begin, self._put, self.dropped, _check, perf_counter, self._times, self._functions
        )
        self._seconds += perf_counter() - began
        if timed:
            self._sampled += done - begin
        ok = done - begin - (len(self.dropped) - drops)
        self._ok += ok
        if error is None:
            return done, None
        if isinstance(error, (KeyboardInterrupt, AgentError)):
            raise error
        step = lines[error.__traceback__.tb_lineno]
        if step == len(self._forms):
            self._drop_rest(chunks, ok)
        return done, (error, step, values)

    def _drop_rest(self, begin: int, ok: int) -> None:
        """A value that can't be pickled may have left its beginning behind."""
        written = io.BytesIO(b"".join(self._chunks[begin:]))
        for _ in range(ok):
            _Unpickler(written).load()
        self._chunks[begin:] = [written.getvalue()[: written.tell()]]

    def values(self, run: Run) -> tuple[str, list[list[Any]]]:
        """Pickles in base64, and by their place those values that the encoder has to write, for which None stands."""
        data = b"".join(self._chunks)
        others: list[list[Any]] = []
        if max(map(len, self._chunks), default=0) > _SMALL or any(op in data for op in _UNSURE):
            data = self._sorted(data, run, others)
        return binascii.b2a_base64(data, newline=False).decode("ascii"), others

    def _sorted(self, data: bytes, run: Run, others: list[list[Any]]) -> bytes:
        source = io.BytesIO(data)
        kept: list[bytes] = []
        for place in range(self._ok):
            begin = source.tell()
            value = _Unpickler(source).load()
            chunk = data[begin : source.tell()]
            if len(chunk) > _SMALL or any(op in chunk for op in _UNSURE):
                others.append([place, run.encoder.encode(value)])
                chunk = pickle.dumps(None, 4)
            kept.append(chunk)
        return b"".join(kept)

    def sums(self) -> dict[str, Any]:
        """Events that entered and left each step, and its share of the time."""
        count = len(self._forms)
        lost = [0] * count
        for _, at in self.dropped:
            lost[at] += 1
        emitted: list[int] = []
        left = self._ok + len(self.dropped)
        entered = []
        for at in range(count):
            entered.append(left)
            left -= lost[at]
            emitted.append(left)
        timed = sum(self._times)
        shares = [t / timed for t in self._times] if timed > 0 else [1 / count] * count
        return {
            "entered": entered,
            "emitted": emitted,
            "ms": [round(self._seconds * 1000 * share, 4) for share in shares],
        }


class _Writer:
    """A file that keeps what is written."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.write: Callable[[bytes], Any] = chunks.append


def _is_tight(step: Step) -> bool:
    """The step is one call of a function of the body."""
    if step.full_event or step.input_path or step.result_path or step.form not in ("map", "filter"):
        return False
    flow = sys.modules.get("storey.flow")
    return flow is None or not isinstance(step.target, flow.MapClass)


def _check(value: Any) -> type:
    """The value's type, where the next step may have the value as it is."""
    if inspect.isawaitable(value) or is_generator(value):
        raise _OddError
    return type(value)


def _compiled(forms: list[str], watched: list[bool], timed: bool) -> tuple[Callable[..., Any], dict[int, int]]:
    """The loop over events as a function, and which of its lines belongs to which step."""
    count = len(forms)
    lines: list[str] = []
    steps: dict[int, int] = {}

    def add(text: str, step: int | None = None) -> None:
        lines.append(text)
        if step is not None:
            steps[len(lines)] = step

    add("def chain(bodies, at, put, dropped, check, clock, times, functions):")
    add(f"    {''.join(f'f{i}, ' for i in range(count))}= functions")
    add(f"    {''.join(f'k{i} = ' for i in range(count))}None")
    add(f"    {''.join(f'x{i} = ' for i in range(count + 1))}None")
    add("    try:")
    add("        for x0 in bodies:")
    for i, form in enumerate(forms):
        if timed:
            add("            began = clock()")
        made = f"x{i + 1}"
        add(f"            {made} = f{i}(x{i})", i)
        if timed:
            add(f"            times[{i}] += clock() - began")
        if watched[i]:
            add(f"            if type({made}) is not k{i}: k{i} = check({made})", i)
        if form == "filter":
            add(f"            if not {made}:", i)
            add(f"                dropped.append((at, {i}))")
            add("                at += 1")
            add("                continue")
            add(f"            {made} = x{i}")
    add(f"            put(x{count})", count)
    add("            at += 1")
    add("    except BaseException as error:")
    add(f"        return at, error, [{''.join(f'x{i}, ' for i in range(count + 1))}]")
    add("    return at, None, None")
    scope: dict[str, Any] = {}
    # The file name marks the frame as ours: tracebacks leave it out.
    file = sys._getframe().f_code.co_filename
    exec(compile("\n".join(lines), file, "exec"), scope)
    return scope["chain"], steps
