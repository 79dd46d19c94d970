from __future__ import annotations

import base64
import io
import pickle
from typing import Any

import pytest

from conftest import Caller, define, step

PROGRAM = """
class Odd:
    pass

seen = []
last = {}

def add(x):
    return {**x, "a": x["n"] + 1}

def keep(x):
    return x["n"] % 2 == 0

def note(x):
    seen.append(x["n"])
    return x

def shared(x):
    last["n"] = x["n"]
    return last

def fail(x):
    if x["n"] == 2:
        raise ValueError("two")
    return x

def odd(x):
    return {1: (x["n"], b"b", 1.0, {2, 1})} if x["n"] == 1 else Odd() if x["n"] == 2 else x

def later(x):
    async def give():
        return {"n": x["n"] * 10}
    return give() if x["n"] == 1 else x

def loud(x):
    print("hello", x["n"])
    return x
"""


def batch(caller: Caller, names: list[str], count: int, **more: Any) -> dict[str, Any]:
    """Sends `{"n": 0}`, `{"n": 1}`, ... through functions of the namespace; names with `?` are filters."""
    steps = []
    for name in names:
        loaded = caller.load(name.rstrip("?"))
        steps.append(step(loaded["ref"], form="filter" if name.endswith("?") else "map"))
    bodies = base64.b64encode(pickle.dumps([{"n": i} for i in range(count)], 4)).decode()
    asked = {"steps": steps, "bodies": bodies, "first": 0, "last": count, **more}
    return caller.ask("batch", run="r", **asked)


def values(reply: dict[str, Any]) -> list[Any]:
    """What the reply's pickles hold."""
    source = io.BytesIO(base64.b64decode(reply["values"]))
    out = []
    while source.tell() < len(source.getvalue()):
        out.append(pickle.load(source))
    return out


@pytest.fixture
def caller() -> Caller:
    return define(PROGRAM)


def test_values_come_in_the_order_of_the_events(caller: Caller) -> None:
    reply = batch(caller, ["add", "add"], 100)
    assert values(reply) == [{"n": i, "a": i + 1} for i in range(100)]
    assert (reply["count"], reply["entered"], reply["emitted"]) == (100, [100, 100], [100, 100])
    assert len(reply["ms"]) == 2


def test_dropped_events_name_the_step_that_dropped_them(caller: Caller) -> None:
    reply = batch(caller, ["add", "keep?", "add"], 4)
    assert values(reply) == [{"n": 0, "a": 1}, {"n": 2, "a": 3}]
    assert reply["dropped"] == [[1, 1], [3, 1]]
    assert (reply["entered"], reply["emitted"]) == ([4, 4, 2], [4, 2, 2])


def test_an_error_is_told_step_by_step_and_the_rest_goes_on(caller: Caller) -> None:
    reply = batch(caller, ["add", "fail", "add"], 5)
    assert [value["n"] for value in values(reply)] == [0, 1, 3, 4]
    [[at, output]] = reply["outputs"]
    assert at == 2
    assert [entry["at"] for entry in output["steps"]] == [0, 1]
    assert output["steps"][0]["in"] == {"n": 2}
    assert output["steps"][1]["raised"]["message"] == "two"
    assert "batch" not in output["steps"][1]["raised"]["traceback"]
    assert output["out"] == []


def test_each_event_goes_through_all_steps_before_the_next_begins(caller: Caller) -> None:
    batch(caller, ["note", "note"], 3)
    assert caller.ask("evaluate", expression="seen")["value"] == [0, 0, 1, 1, 2, 2]


def test_a_value_is_told_as_it_was_when_its_event_ended(caller: Caller) -> None:
    assert values(batch(caller, ["shared"], 3)) == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_values_without_a_plain_form_are_written_by_the_encoder(caller: Caller) -> None:
    reply = batch(caller, ["odd"], 4)
    assert values(reply) == [{"n": 0}, None, {"n": 3}]
    [[place, value]] = reply["others"]
    assert place == 1
    assert value["items"][0][1]["items"][3] == {"$type": "set", "items": [1, 2]}
    [[at, output]] = reply["outputs"]
    assert at == 2
    assert output["out"][0]["body"]["handle"]
    assert output["steps"][0]["out"][0]["handle"]


def test_a_coroutine_is_awaited_before_the_next_step(caller: Caller) -> None:
    reply = batch(caller, ["later", "add"], 3)
    assert values(reply) == [{"n": 0, "a": 1}, {"n": 2, "a": 3}]
    [[at, output]] = reply["outputs"]
    assert at == 1
    assert output["out"][0]["body"] == {"n": 10, "a": 11}


def test_events_at_both_ends_are_told_step_by_step(caller: Caller) -> None:
    reply = batch(caller, ["loud", "add"], 6, first=2, last=5)
    assert [at for at, _ in reply["outputs"]] == [0, 1, 5]
    assert reply["outputs"][2][1]["steps"][0]["stdout"] == "hello 5\n"
    assert [value["n"] for value in values(reply)] == [2, 3, 4]


def test_other_pickles_than_plain_data_are_refused(caller: Caller) -> None:
    bodies = base64.b64encode(pickle.dumps([len], 4)).decode()
    steps = [step(caller.load("add")["ref"])]
    answer = caller.ask("batch", run="r", steps=steps, bodies=bodies)
    assert answer["error"]["code"] == "GC_PROTOCOL"
