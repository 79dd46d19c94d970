"""What MLRun hands to steps: the graph's context, events, responses. Its own classes where it is loaded."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from typing import Any


class Response:
    """Stands for MLRun's response where MLRun is not loaded."""

    def __init__(
        self, headers: Any = None, body: Any = None, content_type: str | None = None, status_code: int = 200
    ) -> None:
        """The same arguments and defaults as MLRun's."""
        self.headers = headers or {}
        self.body = body
        self.status_code = status_code
        self.content_type = content_type or "text/plain"

    def __repr__(self) -> str:
        """All attributes by name."""
        return f"Response({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"


class MockEvent:
    """Stands for MLRun's event where MLRun is not loaded."""

    def __init__(self, body: Any = None, event_id: Any = None, path: Any = None, method: Any = None) -> None:
        """The same attributes as MLRun's event in its mock server."""
        self.id = event_id or uuid.uuid4().hex
        self.key: Any = ""
        self.body = body
        self.headers: Any = {}
        self.method = method
        self.path = path or "/"
        self.content_type: Any = None
        self.error: Any = None
        self.offset = 0

    def __str__(self) -> str:
        """As MLRun prints an event."""
        error = f", error={self.error}" if self.error else ""
        return f"Event(id={self.id}, body={self.body}, method={self.method}, path={self.path}{error})"


class StepLogger:
    """The context's logger: its lines belong to the step's own output."""

    def __init__(self) -> None:
        """Level names are MLRun's."""
        self.level = "info"

    def _line(self, level: str, message: Any, args: tuple[Any, ...], fields: dict[str, Any]) -> None:
        text = str(message)
        if args:
            try:
                text = text % args
            except Exception:
                text = f"{text} {args}"
        more = f" {fields}" if fields else ""
        sys.stdout.write(f"> [{level}] {text}{more}\n")

    def debug(self, message: Any, *args: Any, **fields: Any) -> None:
        """Not shown: MLRun's own level is info."""

    def info(self, message: Any, *args: Any, **fields: Any) -> None:
        """Writes a line."""
        self._line("info", message, args, fields)

    def warning(self, message: Any, *args: Any, **fields: Any) -> None:
        """Writes a line."""
        self._line("warning", message, args, fields)

    def error(self, message: Any, *args: Any, **fields: Any) -> None:
        """Writes a line."""
        self._line("error", message, args, fields)

    def exception(self, message: Any, *args: Any, **fields: Any) -> None:
        """Writes a line."""
        self._line("error", message, args, fields)

    def set_logger_level(self, level: str) -> None:
        """Kept, without effect."""
        self.level = level

    warn = warning
    debug_with = debug
    info_with = info
    warn_with = warning
    error_with = error


class Server:
    """The part of MLRun's graph server that a context reads."""

    def __init__(self, spec: dict[str, Any], uri: str, graph: Any, secrets: Any) -> None:
        """`spec`: the function's spec beside the graph."""
        self.graph = graph
        self.function_uri = uri
        self.parameters: dict[str, Any] = dict(spec.get("parameters") or {})
        self.verbose = bool(spec.get("verbose"))
        self.load_mode = spec.get("load_mode") or "sync"
        self.functions: dict[str, Any] = dict(spec.get("functions") or {})
        self.track_models = spec.get("track_models")
        self.streaming = bool(spec.get("streaming"))
        self.project = uri.split("/", 1)[0] if "/" in uri else ""
        self.model_endpoint_creation_task_name = None
        self.http_trigger = True
        self.result_handler = None
        self._secrets = secrets
        self._error_stream_object: Any = None


class GraphContext:
    """Stands for MLRun's context where MLRun is not loaded."""

    def __init__(self, logger: Any = None, server: Any = None, **_: Any) -> None:
        """The same attributes as MLRun's."""
        self.state = None
        self.logger = logger
        self.worker_id = 0
        self.Response = Response
        self.verbose = False
        self.stream: Any = None
        self.root: Any = None
        self.executor = None
        self._server = server
        self.current_function: Any = None
        self.get_store_resource: Any = None
        self.get_table: Any = None
        self.is_mock = False
        self.monitoring_mock = False

    @property
    def server(self) -> Any:
        """The graph's server."""
        return self._server

    @property
    def project(self) -> str:
        """Project of the function."""
        return str(self._server.project)

    def push_error(self, event: Any, message: Any, source: Any = None, **kwargs: Any) -> None:
        """Goes to the error stream where there is one; `%%simulate` shows the step's own errors anyway."""
        stream = self._server._error_stream_object
        if stream is not None:
            body = {"id": getattr(event, "id", None), "body": getattr(event, "body", None)}
            stream.push({"source": source, "event": body, "message": message, "args": kwargs})

    def get_param(self, key: str, default: Any = None) -> Any:
        """A parameter of the function."""
        return self._server.parameters.get(key, default)

    def get_secret(self, key: str) -> Any:
        """A secret of the function, as MLRun finds it in its mock server."""
        secrets = self._server._secrets
        return secrets.get(key) if secrets else None


class _Stream:
    """No model tracking inside the kernel: the engine does it."""

    enabled = False
    output_stream = None
    hostname = ""

    def __init__(self, uri: str) -> None:
        self.function_uri = uri


class StepInfo:
    """Stands for the graph's own step object where a constructor asks for `graph_step`."""

    def __init__(self, **fields: Any) -> None:
        """Fields of the step's dictionary."""
        self.__dict__.update(fields)


def server_module() -> Any:
    """MLRun's serving server module when the user has loaded it; else None."""
    return sys.modules.get("mlrun.serving.server")


def response_class() -> Callable[..., Any]:
    """Class of responses."""
    module = server_module()
    return module.Response if module is not None else Response


def make_context(spec: dict[str, Any], uri: str, graph: Any, secrets: Any) -> Any:
    """The context that steps of one run share."""
    server = Server(spec, uri, graph, secrets)
    module = server_module()
    cls = module.GraphContext if module is not None else GraphContext
    context = cls(logger=StepLogger(), server=server)
    context.is_mock = True
    context.root = graph
    context.verbose = server.verbose
    context.stream = _Stream(uri)
    context.current_function = "*"
    _add_resources(context)
    return context


def _add_resources(context: Any) -> None:
    """Tables and store objects as in MLRun's server, where MLRun can give them."""
    resources = sys.modules.get("mlrun.datastore.store_resources")
    cache_class = getattr(resources, "ResourceCache", None)
    if cache_class is None:
        context.get_table = context.get_store_resource = lambda *_, **__: None
        return
    cache = cache_class()
    context.get_table = cache.get_table

    def get_store_resource(uri: str, *args: Any, **kwargs: Any) -> Any:
        # The run database is asked for only when a step wants a stored resource.
        return cache.resource_getter(sys.modules["mlrun"].get_run_db(), None)(uri, *args, **kwargs)

    context.get_store_resource = get_store_resource
