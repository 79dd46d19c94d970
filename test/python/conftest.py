"""What the agent's tests share: the agent by its own name, and one run of a namespace."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "kernel-bridge/python"))

from graphcell_agent.agent import Agent  # noqa: E402


class Caller:
    """Calls of an agent as a front end makes them: texts in, texts out."""

    def __init__(self, variables: dict[str, Any]) -> None:
        self.variables = variables
        self.agent = Agent(variables)

    def request(self, *calls: dict[str, Any]) -> list[dict[str, Any]]:
        text = json.dumps({"graphcell": 1, "id": "1", "calls": list(calls)})
        reply = json.loads(self.agent.answer(text))
        assert reply["graphcell"] == 1
        assert reply["id"] == "1"
        return reply["replies"]

    def ask(self, op: str, **args: Any) -> dict[str, Any]:
        return self.request({"op": op, **args})[0]

    def open(self, variable: str | None = None, **args: Any) -> Caller:
        assert self.ask("open", run="r", variable=variable, name="", **args) == {}
        return self

    def load(self, handler: Any = None, class_name: Any = None, **args: Any) -> dict[str, Any]:
        defaults = {"step": "s", "name": "s", "class_args": {}, "engine": "async", "post_init": True}
        asked = {**defaults, **args}
        offered = {"name": asked["name"], "context": {"$type": "context"}, **asked.pop("offered", {})}
        return self.ask("load", run="r", handler=handler, class_name=class_name, offered=offered, **asked)

    def call(self, ref: str, *args: Any, method: str = "", awaits: bool = True, **kwargs: Any) -> dict[str, Any]:
        wrapped = [a if isinstance(a, dict) and set(a) in ({"event"}, {"value"}) else {"value": a} for a in args]
        return self.ask("call", run="r", ref=ref, method=method, args=wrapped, kwargs=kwargs, awaits=awaits)

    def run(self, steps: list[dict[str, Any]], *bodies: Any) -> list[dict[str, Any]]:
        batch = [{"id": f"e{i}", "body": body} for i, body in enumerate(bodies, 1)]
        outputs = self.ask("run", run="r", steps=steps, batch=batch)["outputs"]
        for output in outputs:
            for entry in output["steps"]:
                # What a step got from another is written only there.
                if "from" in entry:
                    source, index = entry.pop("from")
                    entry["in"] = output["steps"][source]["out"][index]
        return outputs


def step(ref: str, method: str = "", **fields: Any) -> dict[str, Any]:
    defaults = {"input_path": None, "result_path": None, "full_event": False, "context": False}
    return {"ref": ref, "method": method, "walker": "storey", "form": "map", **defaults, **fields}


@pytest.fixture
def caller() -> Caller:
    return Caller({}).open()


def define(source: str) -> Caller:
    """A caller whose namespace is what `source` defines, as in a notebook."""
    variables: dict[str, Any] = {"__name__": "__main__"}
    exec(source, variables)
    return Caller(variables).open()
