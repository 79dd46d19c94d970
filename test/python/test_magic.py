from __future__ import annotations

import json
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
from graphcell_agent.agent import Agent
from graphcell_agent.magic import BodyError, Simulate, read_body
from graphcell_agent.yamlish import read_yamlish

# text of an event, its value in a namespace where x is 3
BODIES: list[tuple[str, Any]] = [
    ("", None),
    ('{"a": 1, "b": [true, null]}', {"a": 1, "b": [True, None]}),
    ("{'a': x, 'b': (1, 2)}", {"a": 3, "b": (1, 2)}),
    ("[x] * 2", [3, 3]),
    ("x", 3),
    ("a: 1\nb:\n  - 2\n  - c: three", {"a": 1, "b": [2, {"c": "three"}]}),
]


@pytest.mark.parametrize(("text", "value"), BODIES)
def test_bodies(text: str, value: Any) -> None:
    assert read_body(text, {"x": 3}) == value


@pytest.mark.parametrize("text", ["{'a': ", "for x in y", "a: 1\n b: ]"])
def test_what_is_nothing_is_refused(text: str) -> None:
    with pytest.raises(BodyError) as error:
        read_body(text, {})
    assert "The event is not" in str(error.value)


YAML: list[tuple[str, Any]] = [
    ("a: 1", {"a": 1}),
    ("a: 1.5\nb: yes it is\nc: ~\nd: true", {"a": 1.5, "b": "yes it is", "c": None, "d": True}),
    ('- 1\n- [2, 3]\n- {"x": 1}', [1, [2, 3], {"x": 1}]),
    ("a:\n  b:\n    c: 1\n  d: 2", {"a": {"b": {"c": 1}, "d": 2}}),
    ("a:\n- 1\n- 2\nb: 3", {"a": [1, 2], "b": 3}),
    ("- a: 1\n  b: 2\n- a: 3", [{"a": 1, "b": 2}, {"a": 3}]),
    ("# comment\nname: 'it''s'  # more\n\"odd key\": \"q\\n\"", {"name": "it's", "odd key": "q\n"}),
]


@pytest.mark.parametrize(("text", "value"), YAML)
def test_yamlish_reads_as_yaml_does(text: str, value: Any) -> None:
    assert read_yamlish(text) == value
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize("text", ["a: [1", "a: 1\n\tb: 2", "a: 1\n   b: 2", "a: 1\nb"])
def test_yamlish_names_the_line(text: str) -> None:
    with pytest.raises(ValueError, match="line "):
        read_yamlish(text)


def test_a_waiting_cell_shows_what_was_done_so_far() -> None:
    shown: list[tuple[dict[str, Any], bool]] = []
    publisher = SimpleNamespace(publish=lambda data, update, **_: shown.append((data, update)))
    shell = SimpleNamespace(display_pub=publisher)
    pushed: list[str] = []
    agent = Agent({"x": 1}, shell)
    magic = Simulate(agent, lambda: True, pushed.append)

    def answer() -> None:
        ident = json.loads(pushed[0])["display_id"]
        call = {"display_id": ident, "by": "front"}
        assert agent.on_simulated is not None
        assert agent.on_simulated(ident, call)
        assert agent.on_simulated(ident, {**call, "bundle": {"text/plain": "1 of 2"}, "partial": True})
        while len(shown) < 2:
            time.sleep(0.01)
        assert not agent.on_simulated(ident, {**call, "by": "another", "bundle": {}})
        assert agent.on_simulated(ident, {**call, "bundle": {"text/plain": "done"}})

    front = threading.Timer(0.05, answer)
    front.start()
    magic.cell("", '{"a": 1}')
    front.join()
    assert [(data["text/plain"], update) for data, update in shown] == [
        ("Simulating \u2026", False),
        ("1 of 2", True),
        ("done", True),
    ]
