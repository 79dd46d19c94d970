"""Looks at namespaces that hold real graphs; skipped where mlrun is not installed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from conftest import ROOT, Caller, define


def graphs(caller: Caller) -> list[dict[str, Any]]:
    return caller.ask("scan")["graphs"]


@pytest.fixture(scope="module")
def mlrun() -> Any:
    return pytest.importorskip("mlrun")


def serving(mlrun: Any, name: str = "fn", steps: int = 2) -> Any:
    function = mlrun.new_function(name, kind="serving", image="x")
    graph = function.set_topology("flow", engine="async")
    at = graph
    for i in range(steps):
        at = at.to(name=f"s{i}", handler="inc")
    at.respond()
    return function


def test_what_is_installed_meanwhile_is_told(tmp_path: Path) -> None:
    code = (
        "import os, sys; sys.path[:0] = sys.argv[1:]\n"
        "from graphcell_agent.agent import Agent\n"
        "agent = Agent({})\n"
        "def look(): return agent.namespace.scan(), agent.report(set())['mlrun_installed']\n"
        "print(look(), look())\n"
        "os.mkdir(os.path.join(sys.argv[2], 'mlrun'))\n"
        "open(os.path.join(sys.argv[2], 'mlrun', '__init__.py'), 'w').close()\n"
        "print(look(), look(), 'mlrun' in sys.modules)"
    )
    # Without site-packages: mlrun is not installed.
    command = [sys.executable, "-S", "-c", code, str(ROOT / "kernel-bridge/python"), str(tmp_path)]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\n")
    assert out[:2] == ["(True, False) (False, False)", "(True, True) (False, True) False"]


def test_nothing_is_imported_to_look() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from graphcell_agent.agent import Agent\n"
        "agent = Agent({'x': 1}); agent.namespace.scan(); r = agent.report(set())\n"
        "loaded = [m for m in ('mlrun', 'storey', 'numpy', 'pandas', 'yaml', 'IPython') if m in sys.modules]\n"
        "print(r['mlrun'], r['mlrun_installed'] in (True, False), r['names'], loaded)"
    )
    command = [sys.executable, "-c", code, str(ROOT / "kernel-bridge/python")]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert told == "None True ['x'] []\n"


def test_finds_a_function_and_says_when_it_changes(mlrun: Any) -> None:
    function = serving(mlrun)
    caller = Caller({"fn": function, "graph": function.spec.graph, "_private": function, "n": 1})
    report = caller.ask("scan")
    assert report["names"] == ["fn", "graph", "n"]
    assert report["mlrun"] == mlrun.__version__
    (found,) = report["graphs"]
    assert (found["variables"], found["name"], found["kind"]) == (["fn", "graph"], "fn", "serving")
    assert list(found["graph"]["steps"]) == ["s0", "s1"]
    same = {"revision": report["revision"], "same": True}
    assert caller.ask("scan", since=report["revision"]) == same


def test_a_graph_that_the_reader_knows_is_not_told_again(mlrun: Any) -> None:
    caller = Caller({"fn": serving(mlrun, "a"), "g": serving(mlrun, "b")})
    known = [g["revision"] for g in graphs(caller)]
    caller.variables["g"].spec.graph.engine = "sync"
    caller.variables["x"] = 1
    a, b = caller.ask("scan", since=0, known=known)["graphs"]
    assert a == {"variables": ["fn"], "name": "a", "kind": "serving", "revision": known[0], "same": True}
    assert b["graph"]["engine"] == "sync"


# What is done to the graph of two steps; each is seen.
CHANGES = [
    "fn.spec.graph.add_step(name='more', handler='inc', after='s1')",
    "fn.spec.graph.steps['s0'].class_args['x'] = 1",
    "fn.spec.graph.steps['s0'].after.append('s1')",
    "fn.spec.graph.steps['s1'].full_event = True",
    "del fn.spec.graph['s1']",
    "fn.spec.graph.engine = 'sync'",
    "fn.spec.parameters['factor'] = 2",
    "fn.spec.graph.steps['s0'].error_handler('catcher', handler='inc')",
    "fn.metadata.name = 'other'",
    "other = fn",
    "extra = 1",
    "del fn",
]


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_is_seen_once(mlrun: Any, change: str) -> None:
    variables = {"fn": serving(mlrun)}
    caller = Caller(variables)
    before = caller.ask("scan")["revision"]
    exec(change, {"__builtins__": __builtins__}, variables) if change != "del fn" else variables.pop("fn")
    after = caller.ask("scan", since=before)
    assert after["revision"] == before + 1
    assert caller.ask("scan", since=after["revision"])["same"] is True


def test_finds_graphs_in_lists_and_dicts_and_by_other_names(mlrun: Any) -> None:
    functions = [serving(mlrun, f"f{i}") for i in range(3)]
    caller = Caller({"many": functions[:2], "by_name": {"x": functions[2]}, "renamed": functions[0]})
    found = {g["name"]: g["variables"] for g in graphs(caller)}
    assert found == {"f0": ["renamed"], "f1": [], "f2": []}
    del caller.variables["many"]
    assert {g["name"] for g in graphs(caller)} == {"f0", "f2"}


def test_finds_routers_and_feature_sets(mlrun: Any) -> None:
    import mlrun.feature_store as fstore

    router = mlrun.new_function("r", kind="serving", image="x")
    router.set_topology("router")
    router.add_model("m1", class_name="M", model_path="x")
    features = fstore.FeatureSet("fs", entities=[fstore.Entity("id")])
    features.graph.to("storey.Extend", _fn="({'extra': 1})")
    empty = fstore.FeatureSet("empty", entities=[fstore.Entity("id")])
    caller = Caller({"router": router, "features": features, "empty": empty})
    found = {g["name"]: g for g in graphs(caller)}
    assert found["r"]["graph"]["kind"] == "router"
    assert list(found["r"]["graph"]["routes"]) == ["m1"]
    assert found["fs"]["kind"] == "feature-set"
    assert list(found["fs"]["graph"]["steps"]) == ["Extend"]
    assert "empty" not in found


def test_finds_storey_flows_with_their_functions() -> None:
    storey = pytest.importorskip("storey")
    flow = storey.build_flow([storey.SyncEmitSource(), storey.Map(lambda x: x + 1), storey.Reduce(0, max)])
    caller = Caller({"flow": flow}).open("flow")
    (found,) = graphs(caller)
    steps = found["graph"]["steps"]
    assert list(steps) == ["SyncEmitSource", "Map", "Reduce"]
    assert steps["Map"]["class_name"] == "storey.Map"
    assert steps["Map"]["after"] == ["SyncEmitSource"]
    assert steps["Map"]["class_args"]["_fn"].startswith("<lambda>@")
    loaded = caller.load(steps["Map"]["class_args"]["_fn"])
    assert caller.call(loaded["ref"], 4)["value"] == {"value": 5}
    before = caller.ask("scan")["revision"]
    assert caller.ask("scan", since=before)["same"] is True


def test_a_run_uses_the_functions_own_parameters_and_step(mlrun: Any) -> None:
    program = define(
        "class Step:\n"
        "    def __init__(self, context=None, graph_step=None, name=None):\n"
        "        self.factor = context.get_param('factor')\n"
        "        self.kind = type(context).__name__\n"
        "        self.module = type(context).__module__\n"
        "        self.step_name = graph_step.name\n"
        "    def do(self, x): return x\n"
        "def answer(x, context): return context.Response(body=x, status_code=201)\n"
    )
    function = serving(mlrun)
    function.spec.parameters = {"factor": 7}
    program.variables["fn"] = function
    program.open("fn")
    attributes = program.load(class_name="Step", step="s0", name="s0")["attributes"]
    assert attributes["factor"] == 7
    assert attributes["module"] == "mlrun.serving.server"
    assert attributes["step_name"] == "s0"
    response = program.call(program.load("answer")["ref"], 5, context={"$type": "context"})["value"]["value"]
    assert (response["$type"], response["status_code"], response["body"]) == ("Response", 201, 5)


def test_the_graph_initializer_runs_before_the_steps(mlrun: Any) -> None:
    program = define(
        "def start(server): server.parameters['added'] = 5\n"
        "def broken(server): raise ValueError('no start')\n"
        "class Step:\n"
        "    def __init__(self, context): self.added = context.get_param('added')\n"
        "    def do(self, x): return x\n"
    )
    program.variables["fn"] = function = serving(mlrun)
    function.spec.graph_initializer = "start"
    assert program.open("fn").load(class_name="Step")["attributes"] == {"added": 5}
    function.spec.graph_initializer = "broken"
    assert program.open("fn").load(class_name="Step")["raised"]["message"] == "no start"


def test_a_model_server_is_called_as_a_whole_or_in_parts(mlrun: Any) -> None:
    assert mlrun.__version__
    program = define(
        "import mlrun.serving\n"
        "class Model(mlrun.serving.V2ModelServer):\n"
        "    def load(self):\n"
        "        self.factor = self.get_param('factor', 2)\n"
        "    def predict(self, request):\n"
        "        return [self.factor * x for x in request['inputs']]\n"
    )
    args = {"class_name": "Model", "class_args": {"factor": 3}, "name": "m1", "step": "m1"}
    parts = program.load(**args, post_init=False)
    assert parts["attributes"]["ready"] is False
    assert parts["methods"]["predict"]["user"] is True
    assert parts["methods"]["preprocess"]["user"] is False
    assert parts["mro"][1] == "mlrun.serving.v2_serving.V2ModelServer"
    assert "raised" not in program.call(parts["ref"], method="load")
    assert program.call(parts["ref"], {"inputs": [1, 2]}, method="predict")["value"] == {"value": [3, 6]}
    whole = program.load(**args, offered={"endpoint_type": 3})
    event = {"id": "e1", "body": {"inputs": [1]}, "path": "/", "method": "POST"}
    called = program.call(whole["ref"], {"event": event}, method="do_event")
    assert called["changed"]["0"]["event"]["body"]["outputs"] == [3]


def test_filter_of_a_storey_map_drops_the_event() -> None:
    pytest.importorskip("storey")
    program = define(
        "import storey\n"
        "class Odd(storey.MapClass):\n"
        "    def do(self, x):\n"
        "        if x % 2 == 0: self.filter()\n"
        "        return x\n"
    )
    odd = program.load(class_name="Odd")["ref"]
    assert program.call(odd, 2, method="do")["filtered"] is True
    assert "filtered" not in program.call(odd, 1, method="do")


def test_a_look_at_an_unchanged_namespace_takes_under_two_milliseconds(mlrun: Any) -> None:
    variables: dict[str, Any] = {f"v{i}": i for i in range(2000)}
    variables |= {f"list{i}": list(range(1000)) for i in range(20)}
    variables |= {"large": serving(mlrun, "large", 300), **{f"fn{i}": serving(mlrun, f"f{i}", 5) for i in range(10)}}
    caller = Caller(variables)
    namespace = caller.agent.namespace
    namespace.scan()
    took = []
    for _ in range(30):
        began = time.perf_counter()
        assert namespace.scan() is False
        took.append((time.perf_counter() - began) * 1000)
    # The least of many: other programs share the processor.
    assert min(took) < 2
