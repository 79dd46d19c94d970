from __future__ import annotations

import datetime
import json
import time
from array import array
from collections import OrderedDict, deque, namedtuple
from dataclasses import dataclass
from typing import Any

import pytest
from graphcell_agent.decoder import Decoder
from graphcell_agent.protocol import AgentError
from graphcell_agent.store import KEPT_VALUES, Store
from graphcell_agent.wire import MAX_ITEMS, Encoder

Point = namedtuple("Point", ["x", "y"])
UTC = datetime.timezone.utc

# A value, and its wire form.
FORMS: list[tuple[Any, Any]] = [
    (None, None),
    (True, True),
    (1, 1),
    (1.0, 1.0),
    (2**70, 2**70),
    ("é\u2028", "é\u2028"),
    (float("inf"), {"$type": "float", "value": "inf"}),
    ([1, [2.5]], [1, [2.5]]),
    ({"a": {"b": []}}, {"a": {"b": []}}),
    (OrderedDict(a=1), {"a": 1}),
    ({1: "x"}, {"$type": "dict", "items": [[1, "x"]]}),
    ({"$type": "x"}, {"$type": "dict", "items": [["$type", "x"]]}),
    ((1, "a"), {"$type": "tuple", "items": [1, "a"]}),
    (Point(1, 2), {"$type": "Point", "fields": {"x": 1, "y": 2}}),
    ({3, 1, 2}, {"$type": "set", "items": [1, 2, 3]}),
    (frozenset({1}), {"$type": "frozenset", "items": [1]}),
    (b"abc", {"$type": "bytes", "utf8": "abc"}),
    (b"\xff", {"$type": "bytes", "base64": "/w=="}),
    (datetime.datetime(2024, 1, 2, tzinfo=UTC), {"$type": "datetime", "value": "2024-01-02T00:00:00+00:00"}),
    (datetime.date(2024, 1, 2), {"$type": "date", "value": "2024-01-02"}),
    (datetime.timedelta(days=2, seconds=1.5), {"$type": "timedelta", "value": "2 days, 0:00:01.500000"}),
    (datetime.timedelta(days=-1, hours=3), {"$type": "timedelta", "value": "-1 day, 3:00:00"}),
]


@pytest.mark.parametrize(("value", "form"), FORMS)
def test_writes_and_reads(value: Any, form: Any) -> None:
    store = Store()
    written = json.loads(json.dumps(Encoder(store).encode(value)))
    assert repr(written) == repr(form)
    assert Decoder(store).decode(written) == value
    assert len(store) == 0


def test_ints_and_floats_stay_apart() -> None:
    assert json.dumps(Encoder(Store()).encode([1, 1.0, True])) == "[1, 1.0, true]"


class Thing:
    pass


@dataclass
class Record:
    name: str
    numbers: list[int]


def test_an_object_stays_and_comes_back_as_itself() -> None:
    store = Store()
    thing = Thing()
    form = Encoder(store).encode({"t": thing, "again": thing})
    assert form["t"] == {"$type": "object", "handle": "v1", "class": f"{__name__}.Thing"}
    assert form["again"]["handle"] == "v1"
    assert Decoder(store).decode(form)["t"] is thing


def test_a_dataclass_shows_its_beginning_only() -> None:
    form = Encoder(Store()).encode(Record("r", list(range(10**6))))
    assert form["repr"].startswith("Record(name='r', numbers=[0, 1, 2")
    assert len(form["repr"]) <= 400


@pytest.mark.parametrize("make", [bytearray, bytes, lambda n: deque([0] * n), lambda n: array("b", bytes(n))])
def test_the_text_of_a_long_value_costs_nothing(make: Any) -> None:
    value = make(50_000_000)
    began = time.perf_counter()
    assert len(Encoder(Store()).encode(value)["repr"]) <= 400
    assert time.perf_counter() - began < 0.1


def test_a_long_list_stays_without_being_walked() -> None:
    store = Store()
    numbers = [0] * (MAX_ITEMS + 1)
    form = Encoder(store).encode({"numbers": numbers, "n": 1})
    assert form["n"] == 1
    assert form["numbers"]["$type"] == "list"
    assert form["numbers"]["length"] == MAX_ITEMS + 1
    assert form["numbers"]["cut"] is True
    assert Decoder(store).decode(form)["numbers"] is numbers


def test_a_value_too_large_as_a_whole_stays_as_a_whole() -> None:
    store = Store()
    nested = [["x" * 1000] * 1000 for _ in range(20)]
    form = Encoder(store).encode(nested)
    assert (form["$type"], form["length"]) == ("list", 20)
    assert Decoder(store).decode(form) is nested


def test_a_value_that_contains_itself_comes_back_so() -> None:
    store = Store()
    loop: dict[str, Any] = {"n": 1}
    loop["me"] = [loop]
    form = json.loads(json.dumps(Encoder(store).encode(loop)))
    again = Decoder(store).decode(form)
    assert again["me"][0] is again
    assert len(store) == 0


def test_what_is_in_two_places_is_one_thing_there_too() -> None:
    part, other = [1], {2}
    form = json.loads(json.dumps(Encoder(Store()).encode({"a": part, "b": (part, other), "c": other, "d": [1]})))
    again = Decoder(Store()).decode(form)
    assert again == {"a": [1], "b": ([1], {2}), "c": {2}, "d": [1]}
    assert again["a"] is again["b"][0]
    assert again["c"] is again["b"][1]
    assert again["d"] is not again["a"]


def test_what_a_large_value_holds_is_told_in_full_elsewhere() -> None:
    part = ["x" * 1000] * 1000
    encoder = Encoder(Store(), total=100_000)
    form = encoder.together(lambda: [encoder.encode([part, part]), encoder.encode(["y"])])
    assert form[0]["cut"] is True
    assert form[1] == ["y"]


def test_deep_values_end() -> None:
    deep: list[Any] = []
    for _ in range(2000):
        deep = [deep]
    text = json.dumps(Encoder(Store()).encode(deep))
    assert '"deep"' in text


def test_huge_ints_stay() -> None:
    store = Store()
    huge = 10**100_000
    form = Encoder(store).encode(huge)
    assert form["$type"] == "int"
    json.dumps(form)
    assert Decoder(store).decode(form) is huge


def test_numpy_and_pandas() -> None:
    numpy = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    store = Store()
    encode = Encoder(store).encode
    array = numpy.array([[1, 2], [3, 4]])
    assert strip(encode(array)) == {"$type": "numpy.ndarray", "dtype": "int64", "value": [[1, 2], [3, 4]]}
    assert strip(encode(numpy.float64(1.5))) == {"$type": "numpy.float64", "value": 1.5}
    frame = pandas.DataFrame({"a": [1, 2], "b": pandas.Series(["x", None], dtype=object)})
    assert strip(encode(frame)) == {
        "$type": "DataFrame",
        "columns": ["a", "b"],
        "index_name": None,
        "index": [0, 1],
        "dtypes": ["int64", str(frame.dtypes["b"])],
        "rows": [[1, "x"], [2, None]],
    }
    large = encode(numpy.zeros((1000, 1000)))
    assert large["repr"] == "<ndarray of 1000 x 1000 float64>"
    assert encode(frame)["repr"] == "<DataFrame of 2 x 2: a, b>"
    assert encode(frame)["subscriptable"] is True
    assert (large["shape"], large["cut"], len(large["value"])) == ([1000, 1000], True, 50)
    assert Decoder(store).decode(encode(frame)) is frame


def strip(form: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in form.items() if k not in ("handle", "repr", "subscriptable")}


def test_the_store_keeps_a_bounded_number_of_values_after_a_run() -> None:
    store = Store()
    things = [Thing() for _ in range(KEPT_VALUES + 10)]
    handles = [store.put(t, "r") for t in things]
    assert len(store) == KEPT_VALUES + 10
    store.end("r")
    assert len(store) == KEPT_VALUES
    assert store.get(handles[-1]) is things[-1]
    with pytest.raises(AgentError) as gone:
        store.get(handles[0])
    assert gone.value.code == "GC_VALUE_GONE"


def test_the_store_lets_a_large_value_go_when_its_run_ends() -> None:
    store = Store()
    store.put(bytearray(300 << 20), "r")
    store.end("r")
    assert len(store) == 0
