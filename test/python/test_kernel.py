"""The agent in a real IPython kernel, over Jupyter's own client; skipped where there is none."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from conftest import ROOT

pytest.importorskip("ipykernel")
manager = pytest.importorskip("jupyter_client.manager")

PYTHON = ROOT / "kernel-bridge/python"
MARKER = "# graphcell request\n"
MIME = "application/vnd.graphcell.rpc+json"


class Kernel:
    def __init__(self) -> None:
        self.manager, self.client = manager.start_new_kernel(kernel_name="python3", extra_arguments=["--quiet"])
        sources = {
            "" if p.stem == "__init__" else p.stem: p.read_text("utf8")
            for p in (PYTHON / "graphcell_agent").glob("*.py")
        }
        bootstrap = (PYTHON / "bootstrap.py").read_text("utf8")
        self.inject = (
            MARKER + f"(lambda scope: (exec({bootstrap!r}, scope),"
            f" scope['bootstrap']('_graphcell_agent', 'v1', {sources!r})) and None)({{}})"
        )
        assert self.run(self.inject) == []

    def close(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code: str, history: bool = False, cell_id: str | None = None) -> list[Any]:
        """Outputs of an execution: texts of streams and errors, data of displays."""
        content = {"code": code, "silent": False, "store_history": history, "allow_stdin": False}
        message = self.client.session.msg("execute_request", content)
        if cell_id is not None:
            message["metadata"]["cellId"] = cell_id
        self.client.shell_channel.send(message)
        outputs: list[Any] = []
        while True:
            got = self.client.get_iopub_msg(timeout=30)
            if got["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            kind, content = got["msg_type"], got["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return outputs
            if kind == "stream":
                outputs.append(content["text"])
            elif kind == "error":
                outputs.append(f"{content['ename']}: {content['evalue']}")
            elif "data" in content:
                outputs.append(content["data"])

    def ask(self, *calls: dict[str, Any]) -> list[dict[str, Any]]:
        text = json.dumps({"graphcell": 1, "id": "1", "calls": calls})
        agent = "__import__('sys').modules['_graphcell_agent.kernel']"
        (data,) = self.run(f"{MARKER}{agent}.rpc({text!r})")
        return json.loads(data[MIME]["text"])["replies"]

    def printed(self, expression: str) -> str:
        return "".join(self.run(f"print({expression})"))


@pytest.fixture(scope="module")
def kernel() -> Iterator[Kernel]:
    if sys.platform == "win32":
        pytest.skip("the test's own client is not for Windows' event loop")
    kernel = Kernel()
    yield kernel
    kernel.close()


def call(handler: str, argument: Any) -> tuple[dict[str, Any], ...]:
    load = {"step": "s", "name": "s", "class_name": None, "handler": handler, "engine": "async", "post_init": True}
    return (
        {"op": "open", "run": "r", "variable": None, "name": ""},
        {"op": "load", "run": "r", **load},
        {"op": "call", "run": "r", "ref": "s1", "method": "", "args": [{"value": argument}], "awaits": True},
    )


def test_frames_name_the_cell_by_its_id_and_number(kernel: Kernel) -> None:
    kernel.run("1 + 1", history=True, cell_id="other")
    kernel.run("def broken(x):\n    return x.nothing", history=True, cell_id="cell-a")
    count = int(kernel.printed("get_ipython().execution_count")) - 1
    (frame,) = kernel.ask(*call("broken", 1))[2]["raised"]["frames"]
    assert (frame["cell_id"], frame["execution_count"], frame["line"]) == ("cell-a", count, 2)


def test_requests_leave_nothing_in_history_or_caches(kernel: Kernel) -> None:
    look = "(len(In), sorted(Out), get_ipython().execution_count, len(__import__('linecache').cache) // 50)"
    before = kernel.printed(look)
    for _ in range(60):
        kernel.ask({"op": "hello"})
    assert kernel.printed(look) == before
    assert kernel.printed("[n for n in globals() if 'graphcell' in n]") == "[]\n"


def test_coroutines_run_although_the_kernels_loop_is_busy(kernel: Kernel) -> None:
    kernel.run("import asyncio\nasync def later(x):\n    await asyncio.sleep(0.01)\n    return x * 2")
    assert kernel.ask(*call("later", 4))[2]["value"] == {"value": 8}


def test_injecting_again_replaces_the_agent(kernel: Kernel) -> None:
    hooks = "len([f for f in get_ipython().events.callbacks['post_run_cell'] if 'graphcell' in f.__module__])"
    assert kernel.run(kernel.inject) == []
    assert kernel.run(kernel.inject) == []
    assert kernel.printed(hooks) == "1\n"
    assert kernel.ask({"op": "hello"})[0]["version"] == "v1"


def test_a_broken_hook_never_fails_a_cell(kernel: Kernel) -> None:
    kernel.run("_kernel = __import__('sys').modules['_graphcell_agent.kernel']._installed")
    kernel.run("_kernel.agent.cells.note = None")
    assert kernel.run("print(1)", history=True, cell_id="x") == ["1\n"]
    assert kernel.run(kernel.inject) == []


def test_simulate_without_a_front_end_says_how_to_get_one(kernel: Kernel) -> None:
    (data,) = kernel.run("%%simulate fn\n{'n': 1.0}")
    assert "pip install graphcell" in data["text/plain"]
    pending = data["application/vnd.graphcell+json"]
    assert (pending["state"], pending["graph"], pending["events"]) == ("pending", "fn", '[{"body":{"n":1.0}}]')


def test_simulate_tells_what_is_wrong_with_the_event(kernel: Kernel) -> None:
    assert kernel.run("%%simulate\n{'n': ") == [
        "BodyError: The event is not JSON, YAML or a Python expression: "
        "while parsing a flow node\nexpected the node content, but found '<stream end>'\n"
        "  in \"<unicode string>\", line 1, column 6:\n    {'n':\n         ^"
    ]
    assert kernel.run("%simulate nowhere[0]") == ["NameError: name 'nowhere' is not defined"]
