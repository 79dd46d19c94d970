/** The graphs of the benchmarks, as MLRun's dictionaries: the same work as in peers.py. */
import { type Graph, type PyMap, type PyValue, decodeGraph, dict } from "@graphcell/core";

type Fields = Readonly<Record<string, PyValue>>;

function flow(steps: readonly (readonly [string, Fields])[], engine = "async"): Graph {
  const map: PyMap = new Map(steps.map(([name, fields]) => [name, dict({ kind: "task", ...fields })]));
  return decodeGraph(dict({ engine, steps: map })).graph;
}

function map(expression: string, after: string | null, rest: Fields = {}): Fields {
  return { handler: expression, after: after === null ? [] : [after], ...rest };
}

function storey(name: string, args: Fields, after: string | null): Fields {
  return { class_name: `storey.${name}`, class_args: dict(args), after: after === null ? [] : [after] };
}

/** Three small functions in a row, which answer the caller. */
export function linear3(engine = "async"): Graph {
  return flow(
    [
      ["a", map("(event + 1)", null)],
      ["b", map("(event * 2)", "a")],
      ["c", map("(event - 3)", "b", engine === "async" ? { responder: true } : {})],
    ],
    engine,
  );
}

/** The same with dicts: each step makes another one. */
export function linear3Dict(): Graph {
  return flow([
    ["n", map("({'n': event})", null)],
    ["a", map("({'n': event['n'], 'a': event['n'] + 1})", "n")],
    ["b", map("({'n': event['n'], 'a': event['a'], 'b': event['a'] * 2})", "a")],
    [
      "c",
      map("({'n': event['n'], 'a': event['a'], 'b': event['b'], 'c': event['b'] - 3})", "b", {
        responder: true,
      }),
    ],
  ]);
}

export function filterFlatMapBatch(): Graph {
  return flow([
    ["filter", storey("Filter", { _fn: "(event % 3 != 0)" }, null)],
    ["flat", storey("FlatMap", { _fn: "([event, event + 1])" }, "filter")],
    ["batch", { ...storey("Batch", { max_events: 10, full_event: false }, "flat"), full_event: false }],
    ["len", map("(len(event))", "batch")],
  ]);
}

export function fanout3(): Graph {
  return flow([
    ["first", map("(event * 2)", null)],
    ["a", map("(event + 1)", "first")],
    ["b", map("(event + 2)", "first")],
    ["c", map("(event + 3)", "first")],
  ]);
}

/** A router whose routes are small functions. */
export function router10(): Graph {
  const routes: PyMap = new Map();
  for (let i = 0; i < 10; i++) routes.set(`m${i}`, dict({ kind: "task", handler: `(event['x'] + ${i})` }));
  return decodeGraph(dict({ kind: "router", routes })).graph;
}

/** A chain of so many steps. */
export function chain(steps: number): Graph {
  return flow(
    Array.from({ length: steps }, (_, i) => {
      const answers: Fields = i === steps - 1 ? { responder: true } : {};
      return [`s${i}`, map("(event + 1)", i === 0 ? null : `s${i - 1}`, answers)] as const;
    }),
  );
}

/** Branches of a hundred steps. */
export function branches(steps: number): Graph {
  return flow(
    Array.from(
      { length: steps },
      (_, i) => [`s${i}`, map("(event + 1)", i % 100 === 0 ? null : `s${i - 1}`)] as const,
    ),
  );
}

/** Three functions of the kernel's namespace. */
export function kernelChain(engine: "sync" | "async"): Graph {
  const handlers = ["add_a", "add_b", "add_c"];
  return flow(
    handlers.map((handler, i) => {
      const answers: Fields = engine === "async" && i === 2 ? { responder: true } : {};
      return [handler, { handler, after: i === 0 ? [] : [handlers[i - 1]], ...answers }] as const;
    }),
    engine,
  );
}
