"""Watches the user's namespace for graphs. Imports nothing; reads only what the user has imported."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Container
from itertools import chain, compress
from typing import Any

from .digest import graph_digest, plain_digest
from .flow_arguments import FunctionNames
from .flows import flow_dict, flow_objects, flow_state, followers
from .graph_source import GraphSource

#: Items of all lists and dicts of the namespace that one look takes in, and of any one of them.
CONTAINER_ITEMS = 10_000
ONE_CONTAINER = 1_000

#: Names told; a namespace with more is cut.
MAX_NAMES = 20_000

_CONTAINERS = frozenset((list, tuple, dict, set))

_SPEC_FIELDS = (
    "parameters",
    "load_mode",
    "default_class",
    "default_content_type",
    "function_refs",
    "graph_initializer",
    "error_stream",
    "track_models",
    "api_handler_config",
    "streaming",
)


class Found:
    """A graph in the namespace: the object that owns it and the variables that lead to it."""

    __slots__ = ("digest", "graph", "kind", "owner", "revision", "told", "variables")

    def __init__(self, kind: str, owner: Any, graph: Any) -> None:
        """Nothing is told yet."""
        self.kind = kind
        self.owner = owner
        self.graph = graph
        self.variables: list[str] = []
        self.digest = 0
        self.revision = 0
        self.told: dict[str, Any] = {}


class Namespace:
    """The user's namespace and what was last told of it."""

    def __init__(self, variables: dict[str, Any], hidden: set[str] | None = None) -> None:
        """`hidden`: names that the shell itself put there."""
        self.variables = variables
        self._hidden = hidden or set()
        self._kinds: dict[type, str | None] = {}
        #: Classes that are known to be nothing to us.
        self._plain: set[type] = set()
        self._known: dict[int, Found] = {}
        #: All names of the last look, which of them are no private ones, those that are told, and their fingerprint.
        self._all_names: list[str] = []
        self._public: list[bool] = []
        self._names: list[str] = []
        self._named = 0
        self._installed = False
        self._revisions = 0
        self._state = 0
        self._lock = threading.RLock()
        self.revision = 0

    def scan(self) -> bool:
        """Looks again; true when something changed since the last look. May be called from any thread."""
        with self._lock:
            return self._scan()

    def _scan(self) -> bool:
        everything = list(self.variables.items())
        self._see_names([name for name, _ in everything])
        items = list(compress(everything, self._public))
        found = self._graphs(items) if "mlrun" in sys.modules or "storey" in sys.modules else {}
        for key, graph in found.items():
            old = self._known.get(key)
            graph.digest = self._digest(graph)
            if old is not None and old.digest == graph.digest and old.owner is graph.owner:
                graph.revision, graph.told = old.revision, old.told
            else:
                self._revisions += 1
                graph.revision = self._revisions
                graph.told = self._describe(graph, old)
        graphs = [[g.revision, g.variables] for g in found.values()]
        state = plain_digest([self._named, graphs, "mlrun" in sys.modules, self._mlrun_installed()])
        changed = state != self._state or self.revision == 0
        self._known, self._state = found, state
        if changed:
            self.revision += 1
        return changed

    def _see_names(self, names: list[str]) -> None:
        """Most cells define no new name: then all that follows from the names is known."""
        if names == self._all_names:
            return
        self._all_names = names
        self._public = [not name.startswith("_") for name in names]
        self._names = [n for n in compress(names, self._public) if n not in self._hidden][:MAX_NAMES]
        self._named = plain_digest(self._names)

    def report(self, encode: Any, known: Container[int] = ()) -> dict[str, Any]:
        """All that is known, in wire form; of graphs whose revision is `known` to the reader only where they are."""
        mlrun = sys.modules.get("mlrun")
        return {
            "revision": self.revision,
            "graphs": [_graph_entry(g, encode, known) for g in self._known.values()],
            "mlrun": getattr(mlrun, "__version__", "") if mlrun is not None else None,
            "mlrun_installed": self._mlrun_installed(),
            "python": ".".join(map(str, sys.version_info[:3])),
            "names": self._names,
        }

    def revisions(self) -> set[int]:
        """Revisions of all graphs as they are told now."""
        return {g.revision for g in self._known.values()}

    def source(self, variable: str | None, name: str) -> tuple[GraphSource, Any]:
        """The graph that a variable or a name stands for, and its function object; an empty one when there is none."""
        self.scan()
        for graph in self._known.values():
            if variable in graph.variables or (variable is None and name and graph.told["name"] == name):
                owner = graph.owner if graph.kind != "storey" else None
                root = graph.graph if graph.kind != "storey" else None
                source = GraphSource(graph.kind, root, graph.told["spec"], _uri(owner), _secrets(owner))
                source.functions = graph.told["functions"]
                if graph.kind == "storey":
                    source.steps = flow_objects(graph.graph)
                return source, owner
        return GraphSource("serving", None, {}, ""), None

    def _graphs(self, items: list[tuple[str, Any]]) -> dict[int, Found]:
        found: dict[int, Found] = {}
        flows: list[tuple[str | None, Any]] = []
        left = CONTAINER_ITEMS
        plain = self._plain
        skipped = plain | _CONTAINERS if self._containers_plain(items) else plain
        for name, value in [item for item in items if type(item[1]) not in skipped]:
            cls = type(value)
            if cls in _CONTAINERS:
                inner = list(value.values() if cls is dict else value)
                most = min(ONE_CONTAINER, left)
                if len(inner) > most:
                    del inner[most:]
                left -= len(inner)
                # Most containers hold nothing of ours, which is told at C's speed.
                if not plain.issuperset(map(type, inner)):
                    self._add_inner(found, flows, inner)
            else:
                kind = self._kind(cls)
                if kind is not None:
                    self._add(found, flows, kind, name, value)
        self._add_flows(found, flows)
        return found

    def _containers_plain(self, items: list[tuple[str, Any]]) -> bool:
        """
        No container holds anything of ours: told of all of them at once, at C's speed. False where that is not sure, as
        with large containers, of which only a part counts.
        """
        inner = [v.values() if type(v) is dict else v for _, v in items if type(v) in _CONTAINERS]
        sizes = list(map(len, inner))
        if sum(sizes) > CONTAINER_ITEMS or max(sizes, default=0) > ONE_CONTAINER:
            return False
        try:
            return self._plain.issuperset(map(type, chain.from_iterable(inner)))
        except RuntimeError:
            # Another thread changed one of them meanwhile.
            return False

    def _add_inner(self, found: dict[int, Found], flows: list[tuple[str | None, Any]], inner: list[Any]) -> None:
        for item in inner:
            kind = self._kind(type(item))
            if kind is not None:
                self._add(found, flows, kind, None, item)

    def _add(self, found: dict[int, Found], flows: list[Any], kind: str, name: str | None, value: Any) -> None:
        if kind == "storey":
            flows.append((name, value))
            return
        if kind == "project":
            functions = getattr(getattr(value, "spec", None), "_function_objects", None) or {}
            for function in list(functions.values())[:ONE_CONTAINER]:
                if self._kind(type(function)) == "serving":
                    self._add(found, flows, "serving", None, function)
            return
        graph = value if kind == "graph" else getattr(getattr(value, "spec", None), "graph", None)
        if graph is None or self._kind(type(graph)) != "graph":
            return
        if getattr(graph, "_parent", None) is not None:
            # A router inside of a flow is a step of that graph.
            return
        if kind == "feature-set" and not len(getattr(graph, "_steps", None) or ()):
            return
        entry = found.get(id(graph))
        if entry is None:
            entry = found[id(graph)] = Found("serving" if kind == "graph" else kind, value, graph)
        elif kind != "graph" and entry.owner is entry.graph:
            # The function says more than the bare graph: it comes first, with its variables.
            entry.kind, entry.owner = kind, value
            if name is not None:
                entry.variables.insert(0, name)
                return
        if name is not None:
            entry.variables.append(name)

    def _add_flows(self, found: dict[int, Found], flows: list[tuple[str | None, Any]]) -> None:
        """Only the first steps of flows count: what another one leads to is a part of that flow."""
        inner = {id(o) for _, step in flows for o in followers(step)}
        for name, step in flows:
            if not followers(step) or (id(step) in inner) or getattr(step, "_inlets", None):
                continue
            entry = found.get(id(step))
            if entry is None:
                entry = found[id(step)] = Found("storey", step, step)
            if name is not None:
                entry.variables.append(name)

    def _kind(self, cls: type) -> str | None:
        if cls in self._kinds:
            return self._kinds[cls]
        if len(self._kinds) > 2_000:
            self._kinds.clear()
            self._plain.clear()
        kind = self._kinds[cls] = _kind_of(cls)
        if kind is None:
            self._plain.add(cls)
        return kind

    def _digest(self, graph: Found) -> int:
        try:
            if graph.kind == "storey":
                return plain_digest(flow_state(graph.graph))
            spec = getattr(graph.owner, "spec", None)
            fields = [getattr(spec, f, None) for f in _SPEC_FIELDS] if spec is not None else []
            return plain_digest([graph_digest(graph.graph), plain_digest(fields), _name(graph.owner)])
        except Exception:
            # A graph that can't be read is looked at again with each change of its object.
            return id(graph.graph)

    def _describe(self, graph: Found, old: Found | None) -> dict[str, Any]:
        names = FunctionNames(self.variables)
        try:
            structure = flow_dict(graph.graph, names) if graph.kind == "storey" else _named(graph.graph)
        except Exception:
            # A cell may be building it right now, in another thread: its end brings the next look.
            structure = old.told["graph"] if old is not None else {"steps": {}}
        # Writing the dictionary may fill in attributes of the steps: what is compared is what it left.
        graph.digest = self._digest(graph)
        told = {"name": _name(graph.owner), "graph": structure, "spec": _spec(graph.owner)}
        return {**told, "functions": names.functions}

    def _mlrun_installed(self) -> bool:
        """Once it is there it stays; till then each cell may install it."""
        if not self._installed:
            try:
                self._installed = "mlrun" in sys.modules or importlib.util.find_spec("mlrun") is not None
            except (ImportError, ValueError):
                self._installed = False
        return self._installed


def _named(graph: Any) -> dict[str, Any]:
    """The graph's dictionary, with the names of steps that are not their keys: MLRun leaves those out."""
    structure: dict[str, Any] = graph.to_dict()
    for key, step in list((getattr(graph, "_steps", None) or {}).items()):
        entry = (structure.get("steps") or {}).get(key)
        name = getattr(step, "name", None)
        if isinstance(entry, dict) and isinstance(name, str) and name not in ("", key):
            entry.setdefault("name", name)
    return structure


def _graph_entry(graph: Found, encode: Any, known: Container[int]) -> dict[str, Any]:
    entry = {
        "variables": graph.variables,
        "name": graph.told["name"] or (graph.variables[0] if graph.variables else ""),
        "kind": graph.kind,
        "revision": graph.revision,
    }
    if graph.revision in known:
        return {**entry, "same": True}
    if "wire" not in graph.told:
        graph.told["wire"] = {"graph": encode(graph.told["graph"]), "spec": encode(graph.told["spec"])}
    return {**entry, **graph.told["wire"]}


def _kind_of(cls: type) -> str | None:
    """What an object of the class is to us, by the names of its bases: nothing is imported to ask."""
    for base in cls.__mro__:
        module, name = base.__module__, base.__name__
        if module.startswith("mlrun."):
            if name == "ServingRuntime":
                return "serving"
            if name == "RootFlowStep" or (name == "RouterStep" and module == "mlrun.serving.states"):
                return "graph"
            if name == "FeatureSet":
                return "feature-set"
            if name == "MlrunProject":
                return "project"
        elif name == "Flow" and module == "storey.flow":
            return "storey"
    return None


def _name(owner: Any) -> str:
    name = getattr(getattr(owner, "metadata", None), "name", None)
    return name if isinstance(name, str) else ""


def _spec(owner: Any) -> dict[str, Any]:
    spec = getattr(owner, "spec", None)
    out: dict[str, Any] = {}
    for field in _SPEC_FIELDS:
        value: Any = getattr(spec, field, None)
        if hasattr(value, "to_dict"):
            value = value.to_dict()
        if value is not None and value != {} and value != []:
            out[field] = value
    return out


def _uri(owner: Any) -> str:
    try:
        return str(owner._function_uri())
    except Exception:
        return _name(owner)


def _secrets(owner: Any) -> Any:
    """The function's secrets, for its own steps only: they are never told."""
    module = sys.modules.get("mlrun.secrets")
    if module is None:
        return None
    return module.SecretsStore.from_list(getattr(getattr(owner, "spec", None), "secret_sources", None) or [])
