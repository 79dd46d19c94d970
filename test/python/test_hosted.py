"""Storey steps that run as their own objects, and flows that were built without MLRun."""

from __future__ import annotations

from typing import Any

import pytest

from conftest import Caller

storey = pytest.importorskip("storey")

FLOW = """
import storey

class Twice(storey.Flow):
    def _init(self):
        super()._init()
        self.seen = []

    async def _do(self, event):
        if event is storey.dtypes._termination_obj:
            await self._do_downstream(storey.Event(len(self.seen), id="count"))
            return await self._do_downstream(event)
        self.seen.append(event.body)
        await self._do_downstream(event)
        await self._do_downstream(event)

def plus(total, body):
    return total + [body]

table = storey.Table("people", storey.NoopDriver())
table["a"] = {"age": 5}
twice = Twice()
flow = storey.build_flow([
    storey.SyncEmitSource(key_field="k"),
    twice,
    storey.Map(lambda body: body, name="same"),
    storey.Map(lambda body: body, name="same"),
    storey.JoinWithTable(table, "k"),
    storey.SampleWindow(3, key="$key"),
    storey.Batch(2, key_field="k", drop_key_field=True, full_event=False),
    storey.Reduce([], plus),
])
"""


@pytest.fixture
def program() -> Caller:
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec(FLOW, variables)
    return Caller(variables).open("flow")


def told(program: Caller) -> dict[str, Any]:
    graphs = program.ask("scan")["graphs"]
    return next(graph for graph in graphs if "flow" in graph["variables"])["graph"]


def host(program: Caller, ref: str, action: str, **args: Any) -> dict[str, Any]:
    return program.ask("host", run="r", ref=ref, action=action, **args)


def test_a_flow_is_told_as_a_graph(program: Caller) -> None:
    steps = told(program)["steps"]
    assert list(steps) == [
        "SyncEmitSource",
        "Twice",
        "same",
        "same#2",
        "JoinWithTable",
        "SampleWindow",
        "Batch",
        "Reduce",
    ]
    assert steps["same#2"]["name"] == "same"
    assert steps["same#2"]["after"] == ["same"]
    assert steps["Reduce"]["class_args"] == {"initial_value": [], "_fn": "plus"}
    assert steps["JoinWithTable"]["class_args"]["table"] == "people"
    assert steps["JoinWithTable"]["class_args"]["key_extractor"] == "k"
    assert steps["SampleWindow"]["class_args"]["key"] == "$key"
    batch = steps["Batch"]["class_args"]
    assert (batch["key_field"], batch["drop_key_field"], batch["max_events"]) == ("k", True, 2)


def test_tables_are_told_with_their_rows(program: Caller) -> None:
    assert program.ask("tables", run="r") == {"tables": {"people": {"a": {"age": 5}}}}


def test_a_step_tells_what_it_emits_one_at_a_time(program: Caller) -> None:
    ref = program.load(class_name="Twice", step="Twice")["ref"]
    assert host(program, ref, "start", outlets=["next"])["state"] == "done"
    first = host(program, ref, "take", event={"id": "e1", "body": {"n": 1}}, origin=7)
    assert (first["state"], first["origin"], first["same"], first["shares_body"]) == ("emit", 7, True, True)
    second = host(program, ref, "resume", emission=first["emission"], event={"id": "e1", "body": {"n": 2}}, value=None)
    assert second["event"]["body"] == {"n": 2}
    done = host(program, ref, "resume", emission=second["emission"], event=None, value=None)
    assert done["state"] == "done"
    count = host(program, ref, "end")
    assert (count["event"]["id"], count["event"]["body"], count["origin"]) == ("count", 1, None)
    forward = host(program, ref, "resume", emission=count["emission"], event=None, value=None)
    assert forward["state"] == "forward"
    end = host(program, ref, "resume", emission=forward["emission"], event=None, value=[1, 2])
    assert (end["state"], end["value"]) == ("done", [1, 2])


def test_what_raises_after_a_step_is_raised_in_it(program: Caller) -> None:
    ref = program.load(class_name="Twice", step="Twice")["ref"]
    host(program, ref, "start", outlets=["next"])
    first = host(program, ref, "take", event={"id": "e1", "body": 1}, origin=1)
    error = {"$type": "exception", "class": "ValueError", "message": "no"}
    done = host(program, ref, "fail", emission=first["emission"], error=error)
    assert (done["raised"]["class"], done["raised"]["message"]) == ("ValueError", "no")


def test_a_run_leaves_the_users_objects_alone(program: Caller) -> None:
    ref = program.load(class_name="Twice", step="Twice")["ref"]
    host(program, ref, "start", outlets=["next"])
    host(program, ref, "take", event={"id": "e1", "body": 1}, origin=1)
    twice = program.variables["twice"]
    assert not hasattr(twice, "seen")
    assert [outlet.name for outlet in twice._outlets] == ["same"]


def test_a_source_tells_its_own_rows() -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"k": ["a", "b"], "n": [1, 2]})
    source = storey.DataframeSource(frame, key_field="k", id_field="n")
    flow = storey.build_flow([source, storey.Reduce([], lambda all_, body: [*all_, body])])
    program = Caller({"flow": flow}).open("flow")
    ref = program.load(class_name="storey.DataframeSource", step="DataframeSource")["ref"]
    events = program.ask("emitted", run="r", ref=ref)["events"]
    assert [(e["id"], e["key"], e["body"]) for e in events] == [
        (1, "a", {"k": "a", "n": 1}),
        (2, "b", {"k": "b", "n": 2}),
    ]


def test_watched_objects_tell_their_inner_calls() -> None:
    class Model:
        def inner(self, x: int) -> int:
            return x + 1

        def outer(self, x: int) -> int:
            return self.inner(x) * 2

    Model.__module__ = "__main__"
    program = Caller({"Model": Model}).open()
    ref = program.load(class_name="Model", watch=True)["ref"]
    reply = program.call(ref, 1, method="outer")
    assert reply["value"] == {"value": 4}
    assert reply["calls"] == [{"step": "s", "fn": "inner", "args": [1], "kwargs": {}, "result": 2}]
