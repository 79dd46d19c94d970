from __future__ import annotations

from typing import Any

import pytest
from graphcell_agent.magic import BodyError, read_body
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
