from __future__ import annotations

from typing import Any

import pytest
from graphcell_agent.paths import read_mlrun, read_storey, write_mlrun, write_storey

# path, body, what MLRun's walker gives, what Storey's gives; an exception stands for being raised.
READ: list[tuple[str | None, Any, Any, Any]] = [
    (None, 5, 5, 5),
    ("a.b", {"a": {"b": 1}}, 1, 1),
    ("a.x", {"a": {"b": 1}}, None, None),
    ("x.y", {"a": 1}, None, None),
    ("a.b", {"a": None}, None, None),
    ("a.b", {"a": 0}, None, None),
    ("a.b", {"a": ""}, None, None),
    ("a.b", {"a": []}, None, None),
    ("a.b", {"a": 3}, None, TypeError("argument of type 'int' is not iterable")),
    ("a.b", {"a": "xyz"}, None, None),
    ("a.b", {"a": "abc"}, None, TypeError("string indices must be integers, not 'str'")),
    ("a.upper", {"a": "abc"}, "abc".upper, None),
    ("a", 5, TypeError("input_path parameter supports only dict-like event bodies"), "same"),
    ("a\\.b", {"a\\": {"b": 1}}, 1, 1),
]


@pytest.mark.parametrize(("path", "body", "mlrun", "storey"), READ)
def test_reading(path: str | None, body: Any, mlrun: Any, storey: Any) -> None:
    check(lambda: read_mlrun(path, body), mlrun)
    check(lambda: read_storey(path, body), mlrun if storey == "same" else storey)


WRITE: list[tuple[str | None, Any, Any, Any]] = [
    (None, {"a": 1}, 7, 7),
    ("r", {"a": 1}, {"a": 1, "r": 7}, {"a": 1, "r": 7}),
    ("r.s", {"a": 1}, {"a": 1, "r": {"s": 7}}, {"a": 1, "r": {"s": 7}}),
    ("r", {}, 7, {"r": 7}),
    ("r", 0, 7, TypeError("result_path parameter supports only dict-like event bodies")),
    ("r", 5, TypeError("result_path parameter supports only dict-like event bodies"), "same"),
    ("r.s", {"r": None}, TypeError("argument of type 'NoneType' is not iterable"), {"r": {"s": 7}}),
    ("a\\.b", {"x": 1}, {"x": 1, "a.b": 7}, {"x": 1, "a\\": {"b": 7}}),
    ("a\\.b.c", {"x": 1}, {"x": 1, "a.b.c": 7}, {"x": 1, "a\\": {"b": {"c": 7}}}),
]


@pytest.mark.parametrize(("path", "body", "mlrun", "storey"), WRITE)
def test_writing(path: str | None, body: Any, mlrun: Any, storey: Any) -> None:
    import copy

    check(lambda: write_mlrun(path, copy.deepcopy(body), 7), mlrun)
    check(lambda: write_storey(path, copy.deepcopy(body), 7), mlrun if storey == "same" else storey)


def check(act: Any, expected: Any) -> None:
    if isinstance(expected, Exception):
        with pytest.raises(type(expected)) as caught:
            act()
        assert str(caught.value)[:20] == str(expected)[:20]
    else:
        assert act() == expected


def test_agrees_with_the_installed_libraries() -> None:
    """The originals themselves, where they are installed."""
    storey_utils = pytest.importorskip("storey.utils")
    for path, body, _, expected in READ:
        if path is not None and hasattr(body, "__getitem__") and not isinstance(expected, Exception):
            assert read_storey(path, body) == storey_utils.get_in(body, path)
