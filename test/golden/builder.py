"""Records what real MLRun makes of calls of its graph builder: test/golden/builder.json.

A case is a list of calls [result name, target, method, positional, keyword]. The target is `fn` (a serving function),
a step class, or the name of an earlier result. `{"$ref": NAME}` in an argument stands for an earlier result.
Run it with the project's own Python: `python test/golden/builder.py`.
"""

import json
import pathlib
import random

import mlrun
from mlrun.serving import ModelRunnerStep, states

CLASSES = {
    name: getattr(states, name) for name in ("TaskStep", "RouterStep", "QueueStep", "RootFlowStep")
} | {"ModelRunnerStep": ModelRunnerStep}

FLOW = ["g", "fn", "set_topology", ["flow"], {}]
CYCLIC = ["g", "fn", "set_topology", ["flow"], {"allow_cyclic": True}]
ROUTER = ["g", "fn", "set_topology", ["router"], {}]
RUNNER = ["r", "ModelRunnerStep", "", [], {"name": "run"}]

CASES = {
    "names come from the class": [FLOW, ["a", "g", "to", ["pkg.mod.A"], {}], ["b", "a", "to", ["B"], {}]],
    "all options of a step": [
        FLOW,
        ["a", "g", "to", ["A", "a", "run", "box", "f", True, "x.y", "z", "archive"], {"p": 1, "q": None, "l": [], "d": {}}],
    ],
    "false options": [FLOW, ["a", "g", "to", ["A"], {"full_event": False, "input_path": "", "handler": "", "function": ""}]],
    "skip is not registered": [FLOW, ["a", "g", "to", ["A"], {"model_endpoint_creation_strategy": "skip"}]],
    "max_iterations and cycle_to": [
        CYCLIC,
        ["a", "g", "to", ["A"], {}],
        ["b", "a", "to", ["B"], {"cycle_to": ["A"], "max_iterations": 3}],
        ["c", "b", "cycle_to", ["A"], {}],
        ["d", "b", "cycle_to", [["B"]], {}],
    ],
    "max_iterations of the graph": [["g", "fn", "set_topology", ["flow"], {"allow_cyclic": True, "max_iterations": 7}]],
    "cyclic with sync": [["g", "fn", "set_topology", ["flow"], {"allow_cyclic": True, "engine": "sync"}]],
    "cyclic router": [["g", "fn", "set_topology", ["router"], {"allow_cyclic": True}]],
    "cycle_to on the root": [CYCLIC, ["a", "g", "cycle_to", ["zz"], {}]],
    "cycle_to in a router": [ROUTER, ["a", "g", "cycle_to", ["zz"], {}]],
    "cycle_to without cycles": [FLOW, ["a", "g", "to", ["A"], {}], ["b", "a", "cycle_to", [[]], {}], ["c", "a", "cycle_to", ["A"], {}]],
    "no name": [FLOW, ["a", "g", "to", [], {"handler": "h"}]],
    "nothing": [FLOW, ["a", "g", "to", [], {"name": "x"}]],
    "a number as class": [FLOW, ["a", "g", "to", [5], {}]],
    "a name twice": [FLOW, ["a", "g", "to", ["A", "b"], {"name": "c"}]],
    "too many arguments": [FLOW, ["a", "g", "to", list("abcdefghijklm"), {}]],
    "respond takes nothing": [FLOW, ["a", "g", "to", ["A"], {}], ["b", "a", "respond", [1], {}]],
    "respond on the root": [FLOW, ["b", "g", "respond", [], {}]],
    "routes on a task": [FLOW, ["a", "g", "to", ["A"], {}], ["b", "a", "add_route", ["x"], {}]],
    "set_flow on a task": [FLOW, ["a", "g", "to", ["A"], {}], ["b", "a", "set_flow", [[]], {}]],
    "set_flow": [FLOW, ["a", "g", "set_flow", [["A", {"class_name": "B", "name": "b", "x": 1}]], {}], ["b", "a", "to", ["C"], {}]],
    "set_flow forced": [
        FLOW,
        ["a", "g", "to", ["A"], {}],
        ["b", "g", "set_flow", [["X"]], {"force": True}],
        ["c", "g", "add_step", ["Y"], {"after": "$prev"}],
    ],
    "set_flow refused": [FLOW, ["a", "g", "to", ["A"], {}], ["b", "g", "set_flow", [["X"]], {}]],
    "set_flow with a wrong item": [FLOW, ["b", "g", "set_flow", [[5]], {}]],
    "set_flow with a wrong word": [FLOW, ["b", "g", "set_flow", [], {"stepz": 1}]],
    "before takes over": [
        FLOW,
        ["a", "g", "add_step", ["A"], {}],
        ["c", "g", "add_step", ["C"], {"after": "A"}],
        ["b", "g", "add_step", ["B"], {"after": "A", "before": "C"}],
        ["d", "g", "add_step", ["D"], {"before": "C"}],
    ],
    "before itself": [FLOW, ["a", "g", "add_step", ["A"], {"before": "A"}]],
    "before what it is after": [FLOW, ["a", "g", "add_step", ["A"], {}], ["b", "g", "add_step", ["B"], {"after": "A", "before": "A"}]],
    "after a list": [
        FLOW,
        ["a", "g", "add_step", ["A"], {}],
        ["b", "g", "add_step", ["B"], {}],
        ["c", "g", "add_step", ["C"], {"after": ["A", "B"]}],
        ["d", "g", "add_step", ["D"], {"after": []}],
    ],
    "$prev with one step": [FLOW, ["a", "g", "add_step", ["A"], {"after": "$prev"}], ["b", "g", "add_step", ["B"], {"after": "$prev"}]],
    "unknown after": [FLOW, ["a", "g", "add_step", ["A"], {"after": "zz"}]],
    "unknown before": [FLOW, ["a", "g", "add_step", ["A"], {"before": "zz"}]],
    "queues": [
        FLOW,
        ["q", "g", "to", [">>", "q"], {"path": "v3io:///x", "shards": 2, "group": "g", "full_event": False}],
        ["b", "q", "to", ["B"], {}],
    ],
    "a queue without a path": [FLOW, ["q", "g", "to", [">>", "q"], {}]],
    "a queue without a name": [FLOW, ["q", "g", "to", ["$queue"], {"path": ""}]],
    "a step after a queue": [FLOW, ["q", "g", "to", ["$queue", "q"], {"path": None}], ["b", "q", "to", ["B"], {"function": "f"}]],
    "add_step after a queue": [FLOW, ["q", "g", "to", ["$queue", "q"], {"path": None}], ["b", "g", "add_step", ["B"], {"after": "q"}]],
    "a queue object": [FLOW, ["q", "QueueStep", "", ["q"], {"path": "p", "x": 1}], ["s", "g", "to", [{"$ref": "q"}], {}]],
    "a nameless queue object": [FLOW, ["q", "QueueStep", "", [], {"path": "p"}], ["s", "g", "to", [{"$ref": "q"}], {}]],
    "a task object": [
        FLOW,
        ["t", "TaskStep", "", ["pkg.T"], {"full_event": True, "input_path": "a", "function": "f"}],
        ["s", "g", "to", [{"$ref": "t"}], {}],
        ["u", "s", "to", [{"$ref": "t"}], {"name": "again", "input_path": "b", "function": "h"}],
    ],
    "routers": [
        FLOW,
        ["r", "g", "to", ["*"], {"name": "r"}],
        ["m", "r", "add_route", ["m"], {"class_name": "M", "x": 1}],
        ["n", "r", "add_route", ["n"], {"handler": "h", "function": "f", "creation_strategy": "skip"}],
        ["e", "g", "to", ["*mlrun.serving.VotingEnsemble"], {"vote_type": "regression"}],
        ["o", "e", "add_route", ["o"], {"class_name": "M"}],
        ["p", "e", "to", ["After"], {}],
    ],
    "a router with routes": [FLOW, ["r", "g", "to", ["*R"], {"routes": {"a": {"class_name": "A"}, "b": {"kind": "router"}}}]],
    "a router with wrong routes": [FLOW, ["r", "g", "to", ["*R"], {"routes": [1]}]],
    "a router object": [
        FLOW,
        ["r", "RouterStep", "", [], {"class_name": "VotingEnsemble", "class_args": {"x": 1}}],
        ["m", "r", "add_route", ["m"], {"class_name": "M"}],
        ["s", "g", "to", [{"$ref": "r"}], {}],
    ],
    "nothing to route to": [ROUTER, ["m", "g", "add_route", ["m"], {}]],
    "a number to route to": [ROUTER, ["m", "g", "add_route", ["m", 5], {}]],
    "a route replaced": [ROUTER, ["m", "g", "add_route", ["m"], {"class_name": "A"}], ["n", "g", "add_route", ["n"], {"class_name": "A"}], ["o", "g", "add_route", ["m"], {"class_name": "B"}]],
    "a step after the root router": [ROUTER, ["a", "g", "to", ["A"], {}]],
    "a step after a route": [ROUTER, ["m", "g", "add_route", ["m"], {"class_name": "A"}], ["a", "m", "to", ["A"], {}]],
    "an error handler of the root router": [ROUTER, ["a", "g", "error_handler", ["e"], {"handler": "h"}]],
    "respond on a router": [ROUTER, ["a", "g", "respond", [], {}]],
    "a router class": [["g", "fn", "set_topology", ["router", "mlrun.serving.VotingEnsemble"], {"name": "v", "vote_type": "x"}], ["m", "fn", "add_model", ["m"], {"class_name": "M"}]],
    "an unknown topology": [["g", "fn", "set_topology", ["tree"], {}]],
    "a topology twice": [FLOW, ROUTER],
    "a topology replaced": [FLOW, ["a", "g", "to", ["A"], {}], ["h", "fn", "set_topology", ["flow"], {"exist_ok": True, "engine": "sync"}]],
    "models": [
        ["m", "fn", "add_model", ["m", "path/to"], {"class_name": "M", "x": {"y": 1}, "outputs": ["o"]}],
        ["n", "fn", "add_model", ["n"], {"model_url": "http://x", "x": 1}],
        ["o", "fn", "add_model", ["o"], {"class_name": "M", "child_function": "f", "handler": "h", "creation_strategy": "overwrite"}],
    ],
    "a model without a class": [["m", "fn", "add_model", ["m", "path"], {}]],
    "a model in a flow": [FLOW, ["r", "g", "to", ["*"], {"name": "r"}], ["m", "fn", "add_model", ["m"], {"class_name": "M"}], ["n", "fn", "add_model", ["n"], {"model_url": "u"}]],
    "a model without a router": [FLOW, ["m", "fn", "add_model", ["m"], {"class_name": "M"}]],
    "a model of an unknown router": [FLOW, ["m", "fn", "add_model", ["m"], {"class_name": "M", "router_step": "zz"}]],
    "a model of two routers": [FLOW, ["r", "g", "to", ["*"], {"name": "r"}], ["s", "g", "to", ["*"], {"name": "s"}], ["n", "fn", "add_model", ["n"], {"class_name": "M", "router_step": "s"}], ["m", "fn", "add_model", ["m"], {"class_name": "M"}]],
    "tracking": [FLOW, ["t", "fn", "set_tracking", ["dummy://"], {}], ["a", "g", "to", ["A"], {}]],
    "tracking before": [["t", "fn", "set_tracking", [], {"enable_tracking": False}], FLOW],
    "a wrong sampling": [FLOW, ["t", "fn", "set_tracking", [], {"sampling_percentage": 0}]],
    "error handlers": [
        FLOW,
        ["a", "g", "to", ["A"], {}],
        ["b", "a", "to", ["B"], {}],
        ["x", "a", "error_handler", ["e", "E"], {"before": "B", "full_event": True, "input_path": "i", "p": 1}],
        ["y", "b", "error_handler", [], {"class_name": "pkg.F", "before": ["A", "B"], "function": "f"}],
        ["z", "g", "error_handler", ["all"], {"handler": "h"}],
    ],
    "an error handler with before on the graph": [FLOW, ["z", "g", "error_handler", ["all"], {"handler": "h", "before": "x"}]],
    "an error handler without anything": [FLOW, ["z", "g", "error_handler", ["all"], {}]],
    "an error handler without a name": [FLOW, ["z", "g", "error_handler", [], {"handler": "h"}]],
    "a model runner": [
        FLOW,
        RUNNER,
        ["m", "r", "add_model", ["m", "M", "naive"], {"x": 1, "inputs": ["i"], "result_path": "p"}],
        ["n", "r", "add_model", ["n"], {"model_class": "pkg.LLModel", "execution_mechanism": "asyncio"}],
        ["s", "g", "to", [{"$ref": "r"}], {}],
        ["o", "s", "add_model", ["o", "M", "naive"], {}],
        ["t", "s", "respond", [], {}],
        ["p", "r", "configure_pool_resource", [2], {"pool_factor": 3}],
    ],
    "a runner with a selector": [FLOW, ["r", "ModelRunnerStep", "", [], {"name": "run", "model_runner_selector": "S", "model_runner_selector_parameters": {"k": 1}, "raise_exception": False}], ["m", "r", "add_model", ["m", "M", "naive"], {}], ["s", "g", "to", [{"$ref": "r"}], {}]],
    "two selectors": [["r", "ModelRunnerStep", "", [], {"name": "run", "model_runner_selector": "S", "model_selector": "T"}]],
    "a runner in a sync flow": [["g", "fn", "set_topology", ["flow"], {"engine": "sync"}], RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {}], ["s", "g", "to", [{"$ref": "r"}], {}]],
    "a wrong mechanism": [RUNNER, ["m", "r", "add_model", ["m", "M", "magic"], {}]],
    "a model twice": [RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {}], ["n", "r", "add_model", ["m", "M", "naive"], {}]],
    "a model overridden": [FLOW, RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {}], ["n", "r", "add_model", ["m", "N", "asyncio"], {"override": True}], ["s", "g", "to", [{"$ref": "r"}], {}]],
    "a model with another name": [RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {"name": "other"}]],
    "a step named as a model": [FLOW, RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {}], ["s", "g", "to", [{"$ref": "r"}], {}], ["t", "s", "to", ["X", "m"], {}]],
    "a model named as a step": [FLOW, ["t", "g", "to", ["X", "m"], {}], RUNNER, ["m", "r", "add_model", ["m", "M", "naive"], {}], ["s", "t", "to", [{"$ref": "r"}], {}]],
    "shared models": [
        FLOW,
        ["x", "g", "add_shared_model", ["sh", "M", "naive", "store://models/p/k#0:latest@tree"], {"x": 1, "input_path": "i"}],
        ["c", "g", "configure_shared_pool_resource", [1, 2, 3], {}],
    ],
    "a shared shared model": [FLOW, ["x", "g", "add_shared_model", ["sh", "M", "shared_executor", "store://models/p/k"], {}]],
    "a shared model twice": [FLOW, ["x", "g", "add_shared_model", ["sh", "M", "naive", "store://models/p/k"], {}], ["y", "g", "add_shared_model", ["sh", "M", "naive", "store://models/p/k"], {}]],
    "a step that left the graph": [FLOW, ["a", "g", "to", ["A", "x"], {}], ["b", "g", "to", ["B", "x"], {}], ["c", "a", "respond", [], {}], ["d", "a", "to", ["D"], {}]],
    "a step without a graph": [["t", "TaskStep", "", ["T"], {"name": "t"}], ["u", "t", "to", ["U"], {}]],
    "an engine of its own": [["g", "fn", "set_topology", ["flow"], {"engine": "other"}], ["a", "g", "to", ["A"], {}]],
}

CHOICES = {
    "to": lambda r: (
        [r.choice(["A", "pkg.B", "*", "*pkg.VotingEnsemble", ">>", "$queue", None])],
        {
            k: v
            for k, v in {
                "name": r.choice(["a", "b", "c", "d"]),
                "handler": r.choice([None, "h"]),
                "path": r.choice(["p", ""]),
                "function": r.choice(["", "f", "*"]),
                "full_event": r.choice([True, False, None]),
                "x": r.choice([1, 1.5, None, {}]),
            }.items()
            if r.random() < 0.6
        },
    ),
    "respond": lambda r: ([], {}),
    "error_handler": lambda r: (
        [r.choice(["e", "a"])],
        {k: v for k, v in {"handler": "h", "before": r.choice(["a", "b"])}.items() if r.random() < 0.7},
    ),
    "cycle_to": lambda r: ([r.choice(["a", "b", []])], {}),
    "add_route": lambda r: (
        [r.choice(["m", "n:v1"])],
        {k: v for k, v in {"class_name": "M", "handler": "h", "y": 2}.items() if r.random() < 0.6},
    ),
}


def random_case(seed):
    r = random.Random(seed)
    calls = [r.choice([FLOW, CYCLIC, CYCLIC, ROUTER])]
    known = ["g"]
    for i in range(r.randint(2, 9)):
        method = r.choice(["to", "to", "to", "add_step", "add_step", "respond", "error_handler", "cycle_to", "add_route"])
        positional, keyword = CHOICES["to" if method == "add_step" else method](r)
        target = "g" if method == "add_step" else r.choice(known)
        if method == "add_step":
            for word in ("after", "before"):
                if r.random() < 0.5:
                    keyword[word] = r.choice(["a", "b", "c", "$prev", ["a", "b"]]) if word == "after" else r.choice(["a", "b"])
        name = f"s{i}"
        calls.append([name, target, method, positional, keyword])
        known.append(name)
    return calls


def resolve(value, known):
    if isinstance(value, dict):
        if "$ref" in value:
            return known[value["$ref"]]
        return {k: resolve(v, known) for k, v in value.items()}
    return [resolve(v, known) for v in value] if isinstance(value, list) else value


def plain(value):
    """Tuples become lists; sets' order is made fixed."""
    if isinstance(value, dict):
        return {
            k: sorted(v, key=str) if k.startswith("model_endpoints_") else plain(v) for k, v in value.items()
        }
    return [plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def run(calls):
    """Runs the calls until one raises: `graph` is what was built by then, `errors` the raises."""
    fn = mlrun.new_function("d", kind="serving")
    known = {"fn": fn}
    errors = []
    for name, target, method, positional, keyword in calls:
        if target in CLASSES:
            call = CLASSES[target]
        elif target in known:
            call = None
        else:
            continue
        try:
            call = call or getattr(known[target], method)
            result = call(*resolve(positional, known), **resolve(keyword, known))
            if result is not None:
                known[name] = result
        except Exception as exc:
            errors.append([name, type(exc).__name__, str(exc)])
    graph = fn.spec.graph
    return {"graph": plain(graph.to_dict()) if graph else None, "errors": errors}


def main():
    cases = dict(CASES) | {f"random {seed}": random_case(seed) for seed in range(300)}
    # Arguments are copied through JSON: MLRun may keep and change them.
    rows = [
        {"title": title, "calls": calls, **run(json.loads(json.dumps(calls)))} for title, calls in cases.items()
    ]
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n"
    (pathlib.Path(__file__).parent / "builder.json").write_text(text)


if __name__ == "__main__":
    main()
