"""MLRun's own mock server, with every step traced."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from graphcell_agent.mock import MockServer

mlrun = pytest.importorskip("mlrun")


def told(error: BaseException) -> Any:
    return {"class": type(error).__name__, "message": str(error)}


def plain(value: Any) -> Any:
    return told(value) if isinstance(value, BaseException) else value


def server_of(build: Any, scope: dict[str, Any], **options: Any) -> tuple[MockServer, Any]:
    function = mlrun.new_function("f", kind="serving")
    build(function)
    scope.setdefault("__name__", "__main__")
    server = MockServer(function, [scope], plain, told, scope)
    return server, server.start(**options)


def fail(x: Any) -> Any:
    raise ValueError(f"bad {x}")


def test_tells_each_step_of_an_async_flow() -> None:
    def build(function: Any) -> None:
        graph = function.set_topology("flow", engine="async")
        graph.to(name="double", handler="double").to(name="inc", handler="(event + 1)").respond()

    server, started = server_of(build, {"double": lambda x: 2 * x})
    assert "error" not in started
    assert server.send({"body": 3, "event_id": "e1"}, 10) == {"status": "ok", "response": 7}
    told_ops = [(op["op"], op["step"], op.get("body", op.get("result"))) for op in server.tracer.take()]
    assert told_ops == [
        ("in", "double", 3),
        ("call", "double", 6),
        ("out", "double", 6),
        ("in", "inc", 6),
        ("call", "inc", 7),
        ("out", "inc", 7),
        ("in", "Complete", 7),
        ("out", "Complete", 7),
    ]
    assert server.end(10)["termination"]["status"] == "ok"


def test_a_caller_whom_nobody_answers_is_not_waited_for() -> None:
    def build(function: Any) -> None:
        graph = function.set_topology("flow", engine="async")
        graph.to("storey.Filter", "none", _fn="(False)").to(name="same", handler="(event)").respond()

    server, _ = server_of(build, {})
    assert server.send({"body": 3, "event_id": "e1"}, 60) == {"status": "timeout"}
    assert server.end(10)["termination"]["status"] == "ok"
    server.close()


def test_an_error_is_told_where_it_came_from_and_goes_to_the_stream() -> None:
    def build(function: Any) -> None:
        function.set_topology("flow", engine="sync").to(name="fail", handler="fail")

    server, _ = server_of(build, {"fail": fail}, error_stream="dummy://")
    answer = server.send({"body": 3, "event_id": "e1"}, 10)
    assert answer["status"] == "error_response"
    raised = [op for op in server.tracer.take() if op["op"] == "raise"]
    assert raised == [{"op": "raise", "step": "fail", "error": {"class": "ValueError", "message": "bad 3"}}]
    assert [record["source"] for record in server.end(10)["error_stream"]] == ["_handler"]


def test_a_graph_that_does_not_start_says_why() -> None:
    def build(function: Any) -> None:
        function.set_topology("flow", engine="async").to(name="gone", handler="no_such_function")

    _, started = server_of(build, {})
    assert started["error"]["class"] == "ImportError"


def test_the_classes_of_mlrun_are_as_they_were() -> None:
    states = sys.modules["mlrun.serving.states"]
    before = [vars(states.TaskStep)[name] for name in ("init_object", "run", "_init_class_object_and_handler")]

    def build(function: Any) -> None:
        function.set_topology("flow", engine="sync").to(name="same", handler="(event)")

    server, _ = server_of(build, {})
    server.send({"body": 1}, 10)
    after = [vars(states.TaskStep)[name] for name in ("init_object", "run", "_init_class_object_and_handler")]
    assert before == after
