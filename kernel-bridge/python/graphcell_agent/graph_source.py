"""Where a run finds its graph."""

from __future__ import annotations

from typing import Any


class GraphSource:
    """Where a run's graph comes from: the object in the namespace when there is one."""

    def __init__(self, kind: str, graph: Any, spec: dict[str, Any], uri: str, secrets: Any = None) -> None:
        """`graph` is MLRun's object or None; `spec` the function's spec beside it."""
        self.kind = kind
        self.graph = graph
        self.spec = spec
        self.uri = uri
        self.secrets = secrets
        #: Functions that have no name in the kernel, under the names that the graph's dictionary gives them.
        self.functions: dict[str, Any] = {}
        #: Objects of a Storey flow's steps, by the names that its dictionary gives them.
        self.steps: dict[str, Any] = {}
