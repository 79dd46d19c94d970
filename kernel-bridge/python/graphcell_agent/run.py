"""One run of a graph: its context, its loaded steps, and the calls into them."""

from __future__ import annotations

import copy
import inspect
import sys
from inspect import getfullargspec
from time import perf_counter
from typing import Any, cast

from . import paths
from .capture import Capture, captured
from .context import StepInfo, make_context
from .decoder import Decoder, RequestContext
from .describe import message_of
from .event import event_fields, is_event
from .flows import flow_tables
from .graph_source import GraphSource
from .hosted import Hosted
from .loop import SUSPENDED, Loop
from .methods import base_names, function_info, method_infos, plain_attributes
from .protocol import AgentError
from .raised import CellFiles, describe_raised
from .resolve import find_class, find_function
from .route import LoadedStep, Route
from .store import Store
from .twin import Twins
from .watch import Note, unwatched, watch, watch_held
from .wire import Encoder

_INJECTED = ("name", "context", "input_path", "result_path", "full_event")

#: Results that are an argument are told as such: the engine has them, with what the call changed in them.
_TOLD_ONCE = (list, tuple, set, frozenset)

#: Exceptions of a run that may come back as an event's error.
_KEPT_EXCEPTIONS = 200


class Run:
    """Holds what lives for one run; `close` lets it go."""

    def __init__(
        self,
        ident: str,
        store: Store,
        namespaces: list[Any],
        graph: GraphSource,
        cells: CellFiles,
    ) -> None:
        """`namespaces` are searched in order for names of functions and classes."""
        self.ident = ident
        #: The front end that opened it; empty where it came by an execution.
        self.client = ""
        self.graph = graph
        self.namespaces = namespaces
        self.threads: set[int] = set()
        self.exceptions: dict[tuple[str, str], BaseException] = {}
        self.context = make_context(graph.spec, graph.uri, graph.graph, graph.secrets)
        self.encoder = Encoder(store, ident)
        self.decoder = Decoder(store, self.exceptions)
        self.encoder.remember = self.remember
        self.decoder.context = self.context
        self.decoder.find = self._function
        self.loop = Loop(self.threads)
        self.capture = Capture()
        self.store = store
        self._cells = cells
        self._failed: dict[str, Any] | None = None
        self._targets: dict[str, Any] = {}
        #: Loaded steps by full name: a router's own code may run its routes.
        self._steps: dict[str, LoadedStep] = {}
        self._methods: dict[type, dict[str, Any]] = {}
        #: Lists, dicts and sets that generators were made with, by their handles: chunks may hold them.
        self._streams: dict[str, list[Any]] = {}
        #: Names of the steps that loaded functions and objects belong to.
        self._owners: dict[str, str] = {}
        self._hosted: dict[str, Hosted] = {}
        self._twins = Twins()
        #: Calls that watched objects made by themselves, since they were last told.
        self.notes: list[dict[str, Any]] = []

    def initialize(self) -> None:
        """Calls the function's `graph_initializer`, as MLRun does before it makes the steps."""
        initializer = self.graph.spec.get("graph_initializer")
        if not initializer:
            return
        server = self.context._server
        # It may add steps: to a graph of this run's own, not to the user's.
        server.graph = self.context.root = copy.deepcopy(self.graph.graph)
        server.context = self.context
        with captured(self.capture, self.threads):
            try:
                find_function(initializer, self.namespaces)(server)
            except BaseException as error:
                self._failed = self.raised(error)
            finally:
                self.capture.take()

    def close(self) -> None:
        """Ends the run's loop and forgets its steps."""
        self.loop.close()
        self._targets.clear()
        self._steps.clear()
        self._streams.clear()
        self._hosted.clear()
        self.exceptions.clear()

    def raised(self, error: BaseException) -> dict[str, Any]:
        """Describes an exception of user code; an interrupt goes on as such."""
        if isinstance(error, (KeyboardInterrupt, AgentError)):
            raise error
        self.remember(error)
        return describe_raised(error, self._cells)

    def remember(self, error: BaseException) -> None:
        """Keeps an exception for when it comes back as an event's error."""
        if len(self.exceptions) >= _KEPT_EXCEPTIONS:
            self.exceptions.pop(next(iter(self.exceptions)))
        self.exceptions[(type(error).__name__, message_of(error))] = error

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        """Resolves a step's function or makes its object."""
        if self._failed is not None:
            return {"raised": self._failed}
        # User's import and constructor may print: it belongs to no step, and not to a cell either.
        with captured(self.capture, self.threads):
            try:
                return self._load(request)
            except BaseException as error:
                return {"raised": self.raised(error)}
            finally:
                self.capture.take()
                self.notes.clear()

    def _load(self, request: dict[str, Any]) -> dict[str, Any]:
        ref = f"s{len(self._targets) + 1}"
        self._owners[ref] = request["step"]
        handler = self.decoder.decode(request.get("handler"))
        class_name = self.decoder.decode(request.get("class_name"))
        if handler and not class_name:
            function = self._function(handler)
            self._targets[ref] = function
            self._steps[request["step"]] = LoadedStep(function, request, None)
            info = function_info(getattr(function, "__name__", str(handler)), function)
            return {"ref": ref, "kind": "function", "methods": {"": info}, "mro": [], "attributes": {}}
        held = self.graph.steps.get(request["step"])
        target = (
            self._twins.of(held)
            if held is not None
            else self._make(find_class(class_name or "", self.namespaces), request)
        )
        if request.get("post_init") and hasattr(target, "post_init"):
            target.post_init("sync", **_post_init_kwargs(request, target))
        self._targets[ref] = target
        self._steps[request["step"]] = LoadedStep(target, request, handler)
        infos = method_infos(target, handler if isinstance(handler, str) else None, self._methods)
        if request.get("watch"):
            watch(target, request["step"], self)
            watch_held(target, request["step"], self, self.graph.kind == "storey")
        return {
            "ref": ref,
            **({"handle": self.store.put(target, self.ident)} if request.get("from_dict") else {}),
            "kind": "object",
            "methods": infos,
            "mro": base_names(type(target)),
            "attributes": self.encoder.encode(plain_attributes(target)),
        }

    def _function(self, name: Any) -> Any:
        known = self.graph.functions.get(name) if isinstance(name, str) else None
        return known if known is not None else find_function(name, self.namespaces)

    def _make(self, cls: Any, request: dict[str, Any]) -> Any:
        class_args: dict[str, Any] = self.decoder.decode(request.get("class_args") or {})
        offered: dict[str, Any] = self.decoder.decode(request.get("offered") or {})
        if request.get("from_dict"):
            return _from_dict(cls, class_args, offered)
        args: dict[str, Any] = {}
        for key, value in class_args.items():
            if key.startswith("_"):
                args[key[1:]] = self._function(value)
            else:
                args[key] = value
        routes: dict[str, str] | None = offered.pop("routes", None)
        if routes is not None:
            args["routes"] = {key: self._route(key, step) for key, step in routes.items()}
        accepted = getfullargspec(cls)
        for key in _INJECTED:
            if key in offered and (accepted.varkw or key in accepted.args):
                args[key] = offered[key]
        if offered and (accepted.varkw or "graph_step" in accepted.args):
            args["graph_step"] = self._graph_step(request, offered)
        try:
            return cls(**args)
        except TypeError as error:
            raise TypeError(f"failed to init step {request.get('name')}\n args={class_args}") from error

    def _route(self, key: str, step: str) -> Route:
        return Route(key, lambda: self._steps.get(step))

    def _graph_step(self, request: dict[str, Any], offered: dict[str, Any]) -> Any:
        """The graph's own step where the kernel has the graph; else its fields."""
        try:
            found = self.graph.graph.path_to_step(request["step"]) if self.graph.graph is not None else None
        except Exception:
            found = None
        if found is not None:
            found.context = self.context
            return found
        fields = {k: request.get(k) for k in ("name", "class_name", "class_args", "handler")}
        return StepInfo(**{**offered, **fields, "fullname": request.get("step"), "context": self.context})

    def target(self, ref: str, method: str) -> Any:
        """The callable of a loaded step, or of a value under a handle: `__next__` of a generator."""
        if ref not in self._targets and method in ("__next__", "close"):
            return self._generator(self.store.get(ref), method)
        if ref == "paths":
            return getattr(paths, method)
        if ref not in self._targets:
            raise AgentError("GC_STEP_GONE", f'The kernel no longer has step "{ref}".', "Run the event again.")
        found = self._targets[ref]
        return unwatched(getattr(found, method)) if method else found

    def host(self, call: dict[str, Any]) -> dict[str, Any]:
        """Drives a Storey step that runs as its own object: see hosted.py."""
        ref = str(call.get("ref"))
        hosted = self._hosted.get(ref)
        if hosted is None:
            hosted = self._hosted[ref] = Hosted(self, self.target(ref, ""))
        return self._noted(hosted.answer(call))

    def context_of(self, ref: str) -> Any:
        """What a step's function gets as `context`: in a flow of Storey's own the step has one, or none."""
        if self.graph.kind != "storey":
            return self.context
        return getattr(self.graph.steps.get(self._owners.get(ref, "")), "context", None)

    def tables(self) -> dict[str, Any]:
        """Rows of the tables of a Storey flow, by the tables' names: `{"tables": {name: {key: attributes}}}`."""
        tables = flow_tables(list(self.graph.steps.values()))
        rows = {
            name: {str(key): row.static_attrs or {} for key, row in table._attrs_cache.items()}
            for name, table in tables.items()
        }
        return {"tables": self.encoder.encode(rows)}

    def begin_note(self, step: str, name: str, args: Any, kwargs: Any) -> Note:
        """A watched object's method is called."""
        return Note(self, step, name, args, kwargs)

    def _noted(self, reply: dict[str, Any]) -> dict[str, Any]:
        if self.notes:
            reply["calls"] = self.notes
            self.notes = []
        return reply

    def _generator(self, generator: Any, method: str) -> Any:
        """The next chunk of a generator, sync or async; its end is raised as Python raises it."""
        if not inspect.isasyncgen(generator):
            return getattr(generator, method)
        step = generator.__anext__ if method == "__next__" else generator.aclose
        return lambda: self.loop.run(step())[0]

    def call(self, request: dict[str, Any]) -> dict[str, Any]:
        """Calls a function or a method once."""
        function = self.target(request["ref"], request["method"])
        self.decoder.context = self.context_of(request["ref"])
        sent = request.get("args") or []
        containers = self.decoder.begin()
        try:
            args = [self._argument(a) for a in sent]
            kwargs = self.decoder.decode(request.get("kwargs") or {})
        finally:
            self.decoder.end()
        before = Contents(args, self._streams.get(request["ref"], containers))
        out: dict[str, Any] = {}
        result: list[Any] = []
        began = perf_counter()
        with captured(self.capture, self.threads):
            try:
                value, suspended = self.invoke(function, args, kwargs, bool(request.get("awaits")))
                if suspended is not None:
                    out["suspended_ms"] = suspended
                result.append(value)
            except BaseException as error:
                suspended = getattr(error, SUSPENDED, None)
                if suspended is not None:
                    out["suspended_ms"] = suspended
                out["raised"] = self.raised(error)
            finally:
                out["ms"] = round((perf_counter() - began) * 1000, 3)
                printed = self.capture.take()
        if result and self.filtered(request["ref"]):
            out["filtered"] = True
        out.update(self._told(result, args, before))
        if printed:
            out["stdout"] = printed
        return self._noted(out)

    def _told(self, result: list[Any], args: list[Any], before: Contents) -> dict[str, Any]:
        """The result, and what of the arguments is not as it was: their lists and dicts are named by their numbers."""
        encoder = self.encoder
        encoder.arguments = {id(c): i for i, c in enumerate(before.containers)}
        encoder.events = {id(a): i for i, a in enumerate(args) if is_event(a)}

        def tell() -> dict[str, Any]:
            out = self._result(result[0], args) if result else {}
            changed = {str(i): self.written(args[i]) for i in before.changed_events()}
            contents = {str(i): encoder.content(c) for i, c in before.changed_containers()}
            if result and inspect.isgenerator(result[0]):
                self._streams[out["value"]["value"]["handle"]] = before.containers
            return {**out, **({"changed": changed} if changed else {}), **({"contents": contents} if contents else {})}

        try:
            return cast(dict[str, Any], encoder.together(tell))
        finally:
            encoder.arguments = {}
            encoder.events = {}

    def invoke(self, function: Any, args: list[Any], kwargs: dict[str, Any], awaits: bool) -> tuple[Any, float | None]:
        """
        The call itself: its result, and for how many milliseconds it gave way to other work when it was a coroutine
        that did. Coroutines are awaited in async flows only; generators are results like any other.
        """
        if args and isinstance(args[0], RequestContext):
            kwargs = {**args[0], **kwargs}
            args = [args[0].original_body, *args[1:]]
        result = function(*args, **kwargs)
        if awaits and inspect.isawaitable(result):
            return self.loop.run(result)
        return result, None

    def filtered(self, ref: str) -> bool:
        """The step's object asked for this event to be dropped (`self.filter()` of a Storey map); asked once."""
        found = self._targets.get(ref)
        flow = sys.modules.get("storey.flow")
        if flow is None or not isinstance(found, flow.MapClass) or not found._filter:
            return False
        found._filter = False
        return True

    def _argument(self, data: Any) -> Any:
        if isinstance(data, dict) and "event" in data and len(data) == 1:
            return self.decoder.event(data["event"], self.graph.kind == "storey")
        return self.decoder.decode(data["value"])

    def _result(self, result: Any, args: list[Any]) -> dict[str, Any]:
        for index, arg in enumerate(args):
            # Small immutable values are the same object by chance; what stays here is told anew, as it is now.
            if result is arg and (is_event(arg) or type(arg) in _TOLD_ONCE or isinstance(arg, dict)):
                return {"same": index}
        return {"value": self.written(result)}

    def written(self, value: Any) -> dict[str, Any]:
        """A value, or an event with its fields, as it goes into a message."""
        if is_event(value) and hasattr(value, "__dict__"):
            return {"event": {k: self.encoder.encode(v) for k, v in event_fields(value).items()}}
        return {"value": self.encoder.encode(value)}


class Contents:
    """What the arguments of a call hold before it: which of them it changed is told by this."""

    def __init__(self, args: list[Any], containers: list[Any]) -> None:
        """`containers`: the lists, dicts and sets in the arguments, by their numbers."""
        self.containers = containers
        self._before = [_content(c) for c in containers]
        self._events = [(i, a, dict(vars(a))) for i, a in enumerate(args) if is_event(a) and hasattr(a, "__dict__")]

    def changed_containers(self) -> list[tuple[int, Any]]:
        """Numbers of those that hold other things now, or the same in another order."""
        pairs = enumerate(zip(self.containers, self._before))
        return [(i, container) for i, (container, before) in pairs if not _same(_content(container), before)]

    def changed_events(self) -> list[int]:
        """Numbers of events that have other attributes now."""
        return [
            i
            for i, event, before in self._events
            if type(event.body).__name__ in _TABLES or not _same(list(vars(event).items()), list(before.items()))
        ]


#: What code may have changed in place, and no list or dict tells of it.
_TABLES = frozenset(("DataFrame", "Series", "ndarray"))


def _content(container: Any) -> list[Any]:
    return list(container.items()) if isinstance(container, dict) else list(container)


def _same(now: list[Any], before: list[Any]) -> bool:
    """The same objects in the same order."""
    if len(now) != len(before):
        return False
    for a, b in zip(now, before):
        if a is not b and not (type(a) is tuple and type(b) is tuple and len(a) == 2 == len(b) and _pair(a, b)):
            return False
    return True


def _pair(a: tuple[Any, Any], b: tuple[Any, Any]) -> bool:
    return a[0] is b[0] and a[1] is b[1]


def _from_dict(cls: Any, fields: dict[str, Any], attributes: dict[str, Any]) -> Any:
    """A model or selector of a model runner, as MLRun makes them: fields that the constructor lacks are left out."""
    target = cls.from_dict(fields, init_with_params=True)
    for name, value in attributes.items():
        setattr(target, name, value)
    return target


def _post_init_kwargs(request: dict[str, Any], target: Any) -> dict[str, Any]:
    """Arguments that MLRun adds, where the method takes them."""
    accepted = getfullargspec(target.post_init)
    offered = request.get("offered") or {}
    kwargs = {
        "creation_strategy": offered.get("creation_strategy", "skip"),
        "endpoint_type": offered.get("endpoint_type"),
    }
    if kwargs["endpoint_type"] is None:
        del kwargs["endpoint_type"]
    return {k: v for k, v in kwargs.items() if accepted.varkw or k in accepted.args}
