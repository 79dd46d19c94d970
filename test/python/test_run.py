from __future__ import annotations

import json
import time
from typing import Any

import pytest

from conftest import Caller, define, step

PROGRAM = """
import asyncio, sys

def inc(x):
    return {**x, "n": x["n"] + 1}

def mutate(x):
    x["seen"] = True
    return x

def with_context(x, context):
    context.logger.info("hello", n=x["n"])
    return context.get_param("factor", 0) * x["n"]

async def slow(x):
    await asyncio.sleep(0.02)
    return x

async def eager(x):
    return x

def chunks(x):
    yield 1
    yield 2

async def achunks(x):
    yield 1
    raise ValueError("broken")

def loud(x):
    print("to stdout")
    print("to stderr", file=sys.stderr)
    return x

def flood(x):
    for _ in range(100):
        sys.stdout.write("x" * 1_000_000)
    return x

def bad(x):
    return 1 / x

def leave(x):
    sys.exit(3)

def cause(x):
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise KeyError("outer") from e

class Adder:
    def __init__(self, by, context=None, name=None, full_event=None):
        self.by = by
        self.name = name
        self.context = context
        self.total = 0
    def do(self, x):
        self.total += self.by
        return self.total
    async def later(self, x):
        return self.by
    def _hidden(self):
        pass

class Eventful:
    def do_event(self, event):
        event.path = "/seen"
        event.mark = [1, 2]
        return event

class Needy:
    def __init__(self, a, b):
        pass

class Inits:
    def post_init(self, mode="sync", **kwargs):
        self.mode = mode
        self.got = sorted(kwargs)
        self.text = ",".join(self.got)
"""


@pytest.fixture
def program() -> Caller:
    return define(PROGRAM)


def ref(program: Caller, *args: Any, **kwargs: Any) -> str:
    loaded = program.load(*args, **kwargs)
    assert "raised" not in loaded, loaded
    return str(loaded["ref"])


# name asked for, class of the exception, its message
MISSING = [
    ({"handler": "nowhere"}, "ImportError", "state/function init failed, handler 'nowhere' not found"),
    ({"handler": "no.such.thing"}, "ImportError", "state/function init failed, handler 'no.such.thing' not found"),
    ({"handler": "json.nothing"}, "AttributeError", "module 'json' has no attribute 'nothing'"),
    ({"handler": "(event"}, "ValueError", 'function expression must start with "(" and end with ")"'),
    ({"class_name": "Nowhere"}, "ImportError", "Failed to import Nowhere"),
    ({"class_name": "no.Such"}, "ImportError", "Failed to import no.Such"),
    ({"class_name": "Needy", "class_args": {"a": 1}}, "TypeError", "failed to init step s\n args={'a': 1}"),
]


@pytest.mark.parametrize(("asked", "name", "message"), MISSING)
def test_what_is_not_found_is_told_in_mlruns_words(program: Caller, asked: Any, name: str, message: str) -> None:
    raised = program.load(**asked)["raised"]
    assert (raised["class"], raised["message"]) == (name, message)


# handler, argument, value
FOUND = [
    ("inc", {"n": 1}, {"n": 2}),
    ("(event + 1)", 1, 2),
    (" ( event['n'] ) ", {"n": 4}, 4),
    ("json.dumps", {"n": 1}, '{"n": 1}'),
    ("builtins.len", [1, 2], 2),
]


@pytest.mark.parametrize(("handler", "argument", "value"), FOUND)
def test_functions_are_found_by_name_path_and_expression(
    program: Caller, handler: str, argument: Any, value: Any
) -> None:
    assert program.call(ref(program, handler), argument)["value"] == {"value": value}


def test_an_expression_sees_no_globals(program: Caller) -> None:
    assert program.call(ref(program, "(inc(event))"), 1)["raised"]["class"] == "NameError"


def test_an_object_gets_what_its_constructor_accepts(program: Caller) -> None:
    loaded = program.load(class_name="Adder", class_args={"by": 2}, offered={"full_event": None, "input_path": "a"})
    assert loaded["kind"] == "object"
    assert loaded["mro"] == ["__main__.Adder", "builtins.object"]
    assert loaded["attributes"] == {"by": 2, "name": "s", "total": 0}
    assert set(loaded["methods"]) == {"_hidden", "do", "later"}
    assert loaded["methods"]["later"] == {"name": "later", "user": True, "flavour": "coroutine", "params": ["x"]}


def test_state_is_kept_between_calls_and_is_each_objects_own(program: Caller) -> None:
    a, b = (ref(program, class_name="Adder", class_args={"by": by}) for by in (2, 5))
    values = [program.call(r, 0, method="do")["value"]["value"] for r in (a, a, b, a)]
    assert values == [2, 4, 5, 6]


def test_post_init_is_called_with_mlruns_arguments(program: Caller) -> None:
    attributes = program.load(class_name="Inits", offered={"endpoint_type": 1})["attributes"]
    assert (attributes["mode"], attributes["text"]) == ("sync", "creation_strategy,endpoint_type")
    assert "mode" not in program.load(class_name="Inits", post_init=False)["attributes"]


def test_functions_in_arguments_are_resolved(program: Caller) -> None:
    exec(
        "class Holder:\n    def __init__(self, fn): self.fn = fn\n    def do(self, x): return self.fn(x)",
        program.variables,
    )
    holder = ref(program, class_name="Holder", class_args={"_fn": "(event * 10)"})
    assert program.call(holder, 4, method="do")["value"] == {"value": 40}


def test_the_context_gives_the_functions_parameters(program: Caller) -> None:
    program.open(spec={"parameters": {"factor": 3}})
    called = program.call(ref(program, "with_context"), {"n": 2}, context={"$type": "context"})
    assert called["value"] == {"value": 6}
    assert called["stdout"] == "> [info] hello {'n': 2}\n"


def test_an_argument_that_is_returned_is_told_by_its_index(program: Caller) -> None:
    called = program.call(ref(program, "mutate"), {"n": 1})
    assert called["same"] == 0
    assert called["contents"] == {"0": {"n": 1, "seen": True}}
    assert "value" not in called


def test_an_argument_inside_of_the_result_is_told_as_that_argument(program: Caller) -> None:
    called = program.call(ref(program, "({'caught': event, 'n': [event['a']]})"), {"a": [1]})
    whole, part = {"$type": "argument", "index": 0}, {"$type": "argument", "index": 1}
    assert called["value"] == {"value": {"caught": whole, "n": [part]}}


def test_an_argument_that_was_not_changed_is_not_told(program: Caller) -> None:
    assert "changed" not in program.call(ref(program, "inc"), {"n": 1})


def test_coroutines_are_awaited_only_for_who_awaits(program: Caller) -> None:
    slow = ref(program, "slow")
    called = program.call(slow, 5)
    assert called["value"] == {"value": 5}
    assert called["suspended_ms"] >= 15
    assert "suspended_ms" not in program.call(ref(program, "eager"), 5)
    assert program.call(slow, 5, awaits=False)["value"]["value"]["class"] == "builtins.coroutine"


def test_a_generators_chunks_are_asked_for_one_by_one(program: Caller) -> None:
    generator = program.call(ref(program, "chunks"), 0, awaits=False)["value"]["value"]
    assert generator["$type"] == "generator"
    values = [program.call(generator["handle"], method="__next__") for _ in range(3)]
    assert [v["value"]["value"] for v in values[:2]] == [1, 2]
    assert values[2]["raised"]["class"] == "StopIteration"


def test_an_async_generators_error_reaches_the_caller(program: Caller) -> None:
    handle = program.call(ref(program, "achunks"), 0, awaits=False)["value"]["value"]["handle"]
    assert program.call(handle, method="__next__")["value"] == {"value": 1}
    assert program.call(handle, method="__next__")["raised"]["message"] == "broken"
    assert program.call(handle, method="__next__")["raised"]["class"] == "StopAsyncIteration"


def test_an_event_object_carries_what_user_code_set(program: Caller) -> None:
    event = {"id": "e1", "body": {"n": 1}, "path": "/", "extra": {"note": "x"}}
    called = program.call(ref(program, class_name="Eventful"), {"event": event}, method="do_event")
    assert called["same"] == 0
    changed = called["changed"]["0"]["event"]
    assert changed["path"] == "/seen"
    assert changed["extra"] == {"note": "x", "mark": [1, 2]}
    assert changed["body"] == {"$type": "argument", "index": 0}


def test_prints_are_caught_and_bounded(program: Caller, capsys: pytest.CaptureFixture[str]) -> None:
    assert program.call(ref(program, "loud"), 1)["stdout"] == "to stdout\nto stderr\n"
    flooded = program.call(ref(program, "flood"), 1)
    assert len(flooded["stdout"]) < 66_000
    assert "characters left out" in flooded["stdout"]
    assert capsys.readouterr().out == ""


def test_an_exception_is_told_with_the_users_frames_only(program: Caller) -> None:
    raised = program.call(ref(program, "bad"), 0)["raised"]
    assert (raised["class"], raised["message"]) == ("ZeroDivisionError", "division by zero")
    assert raised["mro"][:2] == ["builtins.ZeroDivisionError", "builtins.ArithmeticError"]
    assert "graphcell" not in raised["traceback"]
    assert raised["traceback"].count("line ") == 1


def test_a_cause_is_told(program: Caller) -> None:
    raised = program.call(ref(program, "cause"), 0)["raised"]
    assert raised["cause"] == {"class": "ZeroDivisionError", "message": "division by zero"}
    assert "direct cause" in raised["traceback"]


def test_sys_exit_is_an_exception_like_any_other(program: Caller) -> None:
    raised = program.call(ref(program, "leave"), 0)["raised"]
    assert (raised["class"], raised["message"]) == ("SystemExit", "3")


def test_a_raised_exception_comes_back_as_itself(program: Caller) -> None:
    exec("def same(e): return (type(e).__name__, e.__traceback__ is not None)", program.variables)
    raised = program.call(ref(program, "bad"), 0)["raised"]
    described = {"$type": "exception", "class": raised["class"], "message": raised["message"]}
    value = program.call(ref(program, "same"), described)["value"]["value"]
    assert value == {"$type": "tuple", "items": ["ZeroDivisionError", True]}


def test_steps_are_prepared_up_to_the_first_that_raises(program: Caller) -> None:
    load = {"step": "s", "name": "s", "class_name": None, "class_args": {}, "offered": {}, "engine": "async"}
    loads = [{**load, "handler": h, "post_init": True} for h in ("inc", "nowhere", "bad")]
    replies = program.ask("prepare", run="r", loads=loads)["replies"]
    assert [("raised" in r) for r in replies] == [False, True]


def test_a_segment_runs_each_event_through_all_steps(program: Caller) -> None:
    inc, loud = ref(program, "inc"), ref(program, "loud")
    outputs = program.run([step(inc), step(loud), step(inc)], {"n": 1}, {"n": 10})
    assert [o["out"][0]["body"] for o in outputs] == [{"n": 3}, {"n": 12}]
    assert [s["in"] for s in outputs[0]["steps"]] == [{"n": 1}, {"n": 2}, {"n": 2}]
    assert [s.get("stdout") for s in outputs[0]["steps"]] == [None, "to stdout\nto stderr\n", None]


def test_a_segment_stops_an_event_where_it_raises(program: Caller) -> None:
    bad, inc = ref(program, "bad"), ref(program, "(event + 1)")
    outputs = program.run([step(inc), step(bad), step(inc)], -1, 1)
    assert [len(o["steps"]) for o in outputs] == [2, 3]
    assert outputs[0]["steps"][1]["raised"]["class"] == "ZeroDivisionError"
    assert outputs[0]["out"] == []
    assert outputs[1]["out"][0]["body"] == 1.5


# form, expression, body, bodies that leave
SEGMENT_FORMS = [
    ("map", "(event['n'])", {"n": 1}, [1]),
    ("filter", "(event['n'] > 0)", {"n": 1}, [{"n": 1}]),
    ("filter", "(event['n'] > 1)", {"n": 1}, []),
    ("flat_map", "(event['n'])", {"n": [1, 2, 3]}, [1, 2, 3]),
    ("flat_map", "(event)", "ab", ["a", "b"]),
    ("extend", "({'m': 2})", {"n": 1}, [{"n": 1, "m": 2}]),
    ("for_each", "(5)", {"n": 1}, [{"n": 1}]),
]


@pytest.mark.parametrize(("form", "expression", "body", "expected"), SEGMENT_FORMS)
def test_forms(program: Caller, form: str, expression: str, body: Any, expected: Any) -> None:
    output = program.run([step(ref(program, expression), form=form)], body)[0]
    assert [e["body"] for e in output["out"]] == expected
    assert output["steps"][0]["out"] == expected


def test_flat_map_goes_depth_first(program: Caller) -> None:
    first, second = ref(program, "(event)"), ref(program, "(event * 10)")
    output = program.run([step(first, form="flat_map"), step(second)], [1, 2])[0]
    assert [(s["at"], s["in"]) for s in output["steps"]] == [(0, [1, 2]), (1, 1), (1, 2)]
    assert [e["body"] for e in output["out"]] == [10, 20]


def test_a_body_written_in_place_reaches_later_steps(program: Caller) -> None:
    paths = {"input_path": "n", "result_path": "r.s"}
    output = program.run([step(ref(program, "(event + 1)"), **paths), step(ref(program, "mutate"))], {"n": 1})[0]
    assert output["out"][0]["body"] == {"n": 1, "r": {"s": 2}, "seen": True}
    assert output["steps"][0]["out"] == [{"n": 1, "r": {"s": 2}}]


def test_full_event_steps_pass_the_event_on(program: Caller) -> None:
    eventful = ref(program, class_name="Eventful")
    output = program.run([step(eventful, "do_event", full_event=True)], {"n": 1})[0]
    assert output["out"][0]["path"] == "/seen"


def test_a_step_that_loses_the_event_fails_as_in_mlrun(program: Caller) -> None:
    output = program.run([step(ref(program, "(5)"), full_event=True)], {"n": 1})[0]
    assert output["steps"][0]["raised"]["message"] == "'int' object has no attribute 'body'"


def test_a_batch_of_a_thousand_events_takes_one_request(program: Caller) -> None:
    inc = ref(program, "inc")
    began = time.perf_counter()
    outputs = program.run([step(inc) for _ in range(10)], *({"n": i} for i in range(1000)))
    took = time.perf_counter() - began
    assert outputs[999]["out"][0]["body"] == {"n": 1009}
    assert took < 2


def test_a_large_value_goes_from_step_to_step_without_being_written(program: Caller) -> None:
    exec("import array\ndef big(x): return bytearray(200 << 20)\ndef size(x): return len(x)", program.variables)
    big, size = ref(program, "big"), ref(program, "size")
    output = program.run([step(big), step(size)], None)[0]
    assert output["steps"][0]["out"][0]["length"] == 200 << 20
    assert len(json.dumps(output)) < 5_000
    assert output["out"][0]["body"] == 200 << 20


def test_evaluate_gives_values_and_errors(program: Caller) -> None:
    assert program.ask("evaluate", expression=" [inc({'n': 1}), 1.0] ") == {"value": [{"n": 2}, 1.0]}
    assert program.ask("evaluate", expression="nope")["raised"]["class"] == "NameError"
    assert program.ask("evaluate", expression="1 +")["raised"]["class"] == "SyntaxError"


def test_previews(program: Caller) -> None:
    program.variables["big"] = list(range(200_000))
    handle = program.ask("evaluate", expression="big")["value"]["handle"]
    preview = program.ask("preview", handle=handle, bytes=1000)
    assert (preview["type"], preview["json"], preview["cut"]) == ("list", None, True)
    assert preview["text"].startswith("[0, 1, 2")
    assert program.ask("preview", handle="v999")["error"]["code"] == "GC_VALUE_GONE"


def test_odd_requests_get_an_error(caller: Caller) -> None:
    assert caller.ask("dance")["error"]["code"] == "GC_PROTOCOL"
    assert caller.ask("call", run="other", ref="s1", method="")["error"]["code"] == "GC_RUN_GONE"
    assert caller.ask("call", run="r", ref="s77", method="")["error"]["code"] == "GC_STEP_GONE"
    for text in ("{", "[]", '{"graphcell": 99, "calls": []}', '{"graphcell": 1}'):
        assert json.loads(caller.agent.answer(text))["replies"][0]["error"]["code"] == "GC_PROTOCOL"


def test_an_interrupt_ends_the_request(program: Caller) -> None:
    exec("def interrupted(x): raise KeyboardInterrupt", program.variables)
    r = ref(program, "interrupted")
    replies = program.request(
        {"op": "call", "run": "r", "ref": r, "method": "", "args": [{"value": 1}]},
        {"op": "hello"},
    )
    assert [x["error"]["code"] for x in replies] == ["GC_INTERRUPTED", "GC_INTERRUPTED"]
    assert "version" in program.ask("hello")
