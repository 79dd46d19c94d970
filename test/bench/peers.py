"""
What the benchmarks are held against: the same work in Storey, in MLRun's mock server and in a plain Python loop.

Reads lines `NAME COUNT` and answers each with the seconds that the work on COUNT events (or steps) took, building the
flow not included, unless building is the work.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from time import perf_counter
from typing import Any

import mlrun
import storey
from storey import Batch, Filter, FlatMap, Map, Reduce, SyncEmitSource

logging.disable(logging.CRITICAL)


def add_a(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "a": event["n"] + 1}


def add_b(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "b": event["a"] * 2}


def add_c(event: dict[str, Any]) -> dict[str, Any]:
    return {**event, "c": event["b"] - 3}


def storey_flow(*steps: Any) -> Callable[[int], float]:
    """Numbers through a flow, as fast as its source takes them: nobody waits for an answer."""

    def work(count: int) -> float:
        controller = storey.build_flow([SyncEmitSource(), *steps]).run()
        begun = perf_counter()
        for i in range(count):
            controller.emit(i)
        controller.terminate()
        controller.await_termination()
        return perf_counter() - begun

    return work


def total() -> Any:
    return Reduce(0, lambda total, x: total + x)


def linear3() -> Callable[[int], float]:
    return storey_flow(Map(lambda x: x + 1), Map(lambda x: x * 2), Map(lambda x: x - 3), total())


def linear3_dict() -> Callable[[int], float]:
    first = Map(lambda n: {"n": n})
    return storey_flow(first, Map(add_a), Map(add_b), Map(add_c), Reduce(0, lambda total, x: total + x["c"]))


def filter_flatmap_batch() -> Callable[[int], float]:
    return storey_flow(
        Filter(lambda x: x % 3 != 0),
        FlatMap(lambda x: [x, x + 1]),
        Batch(10, full_event=False),
        Reduce(0, lambda total, x: total + len(x)),
    )


def fanout3() -> Callable[[int], float]:
    branches = [[Map(lambda x, n=n: x + n), total()] for n in (1, 2, 3)]
    return storey_flow(Map(lambda x: x * 2), *branches)


def linear3_mlrun(engine: str) -> Callable[[int], float]:
    """Three Python functions behind MLRun's mock server: each event is sent and answered."""
    function = mlrun.new_function("bench", kind="serving")
    graph = function.set_topology("flow", engine=engine)
    step = graph.to(name="a", handler="add_a").to(name="b", handler="add_b").to(name="c", handler="add_c")
    if engine == "async":
        step.respond()
    server = function.to_mock_server(namespace=globals())

    def work(count: int) -> float:
        begun = perf_counter()
        for i in range(count):
            server.test(body={"n": i})
        return perf_counter() - begun

    return work


def hand_loop() -> Callable[[int], float]:
    def work(count: int) -> float:
        begun = perf_counter()
        answers = []
        for i in range(count):
            answers.append(add_c(add_b(add_a({"n": i}))))
        return perf_counter() - begun

    return work


def router10() -> Callable[[int], float]:
    function = mlrun.new_function("bench", kind="serving")
    router = function.set_topology("router")
    for i in range(10):
        router.add_route(f"m{i}", handler=f"(event['x'] + {i})")
    server = function.to_mock_server()

    def work(count: int) -> float:
        begun = perf_counter()
        for i in range(count):
            server.test(f"/v2/models/m{i % 10}/infer", body={"x": i})
        return perf_counter() - begun

    return work


def compile_steps() -> Callable[[int], float]:
    """Branches of a hundred steps: a longer chain ends MLRun's own recursion."""

    def work(count: int) -> float:
        function = mlrun.new_function("bench", kind="serving")
        graph = function.set_topology("flow", engine="async")
        at = graph
        for i in range(count):
            at = (graph if i % 100 == 0 else at).to(name=f"s{i}", handler="(event + 1)")
        begun = perf_counter()
        function.to_mock_server()
        return perf_counter() - begun

    return work


MAKERS: dict[str, Callable[[], Callable[[int], float]]] = {
    "linear3": linear3,
    "linear3_dict": linear3_dict,
    "filter_flatmap_batch": filter_flatmap_batch,
    "fanout3": fanout3,
    "mlrun_async": lambda: linear3_mlrun("async"),
    "mlrun_sync": lambda: linear3_mlrun("sync"),
    "hand_loop": hand_loop,
    "router10": router10,
    "compile": compile_steps,
}


def main() -> None:
    """Serves until the input ends."""
    kept: dict[str, Callable[[int], float]] = {}
    for line in sys.stdin:
        name, count = line.split()
        # A flow of Storey runs once; a server stays.
        if name not in kept or name in ("linear3", "linear3_dict", "filter_flatmap_batch", "fanout3"):
            kept[name] = MAKERS[name]()
        print(kept[name](int(count)), flush=True)
    # Sources of Storey wait for events on threads that would not let the process end.
    os._exit(0)


if __name__ == "__main__":
    main()
