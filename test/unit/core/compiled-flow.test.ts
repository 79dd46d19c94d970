import {
  type Graph,
  type MockEvent,
  type RunResult,
  decodeGraph,
  deepCopy,
  dict,
  float,
  fromWire,
  simulate,
} from "@graphcell/core";
import { FakeExecutor, Raise } from "../../support/fake-executor";

/** Numbers from a seed, the same in every run. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const MAPS = ["(event + 1)", "(event * 2)", "(event - 3)", "(event // 2)", "(1 / (event - 3))"];
const FILTERS = ["(event % 2 == 0)", "(event > 3)", "(event['missing'])"];
const FLATS = ["([event, event + 1, event + 2])", "([])", "(event)"];

type Fields = Record<string, unknown>;

/** A random flow of plain steps: chains, branches that part and meet, batches, errors, handlers, responders. */
function randomFlow(random: (below: number) => number): Graph {
  const steps: Record<string, Fields> = {};
  const count = 1 + random(7);
  const responder = random(3) > 0 ? random(count) : -1;
  for (let i = 0; i < count; i++) {
    const after = i === 0 ? [] : [`s${random(i)}`];
    if (i > 1 && random(5) === 0) after.push(`s${random(i)}`);
    steps[`s${i}`] = { ...randomStep(random), after: [...new Set(after)] };
  }
  const followed = new Set(Object.values(steps).flatMap((step) => step.after as string[]));
  if (responder >= 0 && !followed.has(`s${responder}`)) steps[`s${responder}`].responder = true;
  if (random(4) === 0) {
    steps.catcher = { kind: "error_step", handler: "(0)", base_step: "s0" };
    steps.s0.on_error = "catcher";
  }
  return decodeGraph(fromWire({ engine: "async", steps })).graph;
}

function randomStep(random: (below: number) => number): Fields {
  const pick = (list: readonly string[]) => list[random(list.length)];
  const kind = random(10);
  if (kind < 6) return { kind: "task", handler: pick(MAPS) };
  if (kind < 8) return { kind: "task", class_name: "storey.Filter", class_args: { _fn: pick(FILTERS) } };
  if (kind < 9) return { kind: "task", class_name: "storey.FlatMap", class_args: { _fn: pick(FLATS) } };
  return { kind: "task", class_name: "storey.Batch", class_args: { max_events: 3 }, full_event: false };
}

function randomEvents(random: (below: number) => number): MockEvent[] {
  return Array.from({ length: 2 + random(8) }, (): MockEvent => {
    const kind = random(12);
    if (kind === 0) return { body: dict({ a: 1 }) };
    if (kind === 1) return { body: "7" };
    if (kind === 2) return { body: float(2) };
    if (kind === 3) return { body: null };
    if (kind === 4) return { body: 2 ** 53 - 1 };
    if (kind === 5) return { body: random(9), headers: dict({ "MLRUN-EVENT-ID": "other" }) };
    if (kind === 6) return { body: random(9), repeat: 1 + random(3), id: "again" };
    return { body: random(9), ...(random(4) === 0 ? { time: 1_700_000_000 + random(1000) } : {}) };
  });
}

/** What Python does with what has no place here: an error for each expression. */
function python(later: boolean): FakeExecutor {
  const raise = (text: string) => () => {
    throw new Raise("TypeError", `can't do ${text}`);
  };
  const all = [...MAPS, ...FILTERS, ...FLATS].map((text): [string, () => never] => [text, raise(text)]);
  return new FakeExecutor({ functions: Object.fromEntries(all), later });
}

function run(graph: Graph, events: readonly MockEvent[], trace: "none" | "records" | "both", later: boolean) {
  const executor = python(later);
  return simulate(graph, events, { executor, trace, errorStream: "dummy://" });
}

function told(result: RunResult): unknown {
  return {
    events: result.events.map(({ ms: _, ...event }) => event),
    errors: result.errorStream,
    termination: result.termination,
    initError: result.initError,
  };
}

function records(result: RunResult): unknown {
  return result.records.map(({ ms: _, ...record }) => record);
}

/** The ways that events took, and how many took each; branches in any order. */
function ways({ trace }: RunResult): unknown {
  const counts = new Map<string, number>();
  for (const { visits, count } of trace?.paths.ways() ?? []) {
    const names = visits.map((visit) =>
      [trace?.steps[visit.step].name, visit.emitted, visit.handledBy].join(),
    );
    const way = names.sort().join(" ");
    counts.set(way, (counts.get(way) ?? 0) + count);
  }
  return counts;
}

function sums({ trace }: RunResult): unknown {
  return (trace?.steps ?? [])
    .filter((step) => step.entered > 0)
    .map(({ name, entered, emitted, failed, handled }) => [name, entered, emitted, failed, handled].join())
    .sort();
}

/** Calls of traced code make one step at a time: nothing is compiled then. */
const STEP_BY_STEP = "both";

describe("a compiled flow", () => {
  test.each(Array.from({ length: 300 }, (_, seed) => [seed]))(
    "gives what the event loop gives, flow %i",
    async (seed) => {
      const random = randomOf(seed + 1);
      const graph = randomFlow(random);
      const events = randomEvents(random);
      const later = seed % 2 === 1;
      const slow = await run(graph, events, STEP_BY_STEP, later);
      const bare = await run(graph, events, "none", later);
      const traced = await run(graph, events, "records", later);
      expect(told(bare)).toEqual(told(slow));
      expect(told(traced)).toEqual(told(slow));
      expect(records(traced)).toEqual(records(slow));
      expect(ways(traced)).toEqual(ways(slow));
      expect(sums(traced)).toEqual(sums(slow));
    },
  );
});

const twice = decodeGraph(
  fromWire({ engine: "async", steps: { twice: { kind: "task", handler: "(event * 2)", responder: true } } }),
).graph;

describe("a router of small functions", () => {
  const routes = {
    add: { kind: "task", handler: "(event['x'] + 1)" },
    fail: { kind: "task", handler: "(event['missing'])" },
    python: { kind: "task", handler: "(1 / (event - 3))" },
    "v:2": { kind: "task", handler: "(event)" },
    caught: { kind: "task", handler: "(event['missing'])", on_error: "add" },
  };
  const graph = decodeGraph(fromWire({ kind: "router", routes })).graph;
  const events = (): MockEvent[] => {
    const paths = [
      "/v2/models/add/infer",
      "/v2/models/add",
      "/v2/models//add/",
      "/v2/models/v/versions/2/infer",
    ];
    const odd = [
      "/v2/models/fail",
      "/v2/models/none",
      "/v2/models/python/predict",
      "/elsewhere/add",
      "/v2/models",
    ];
    const more = ["/", "", "/v2/health", "/v2/models/add/add/add", "/v2/models/caught"];
    const bodies = [dict({ x: 1 }), dict({}), dict({ x: 2, data_url: "u" }), 5, '{"x": 7}', null];
    const methods = [undefined, "POST", "GET"];
    return [...paths, ...odd, ...more].flatMap((path) =>
      bodies.flatMap((body) =>
        methods.map((method) => ({ path, body: deepCopy(body), ...(method ? { method } : {}) })),
      ),
    );
  };

  test("gives what the event loop gives", async () => {
    const slow = await run(graph, events(), STEP_BY_STEP, true);
    const fast = await run(graph, events(), "none", true);
    expect(slow.initError).toBeNull();
    expect(told(fast)).toEqual(told(slow));
  });

  test("changes the given bodies as MLRun does", async () => {
    const [slow, fast] = [events(), events()];
    await run(graph, slow, STEP_BY_STEP, false);
    await run(graph, fast, "none", false);
    expect(fast).toEqual(slow);
  });
});

describe("a large run", () => {
  test("keeps the first and the last records whole, and counts all", async () => {
    const events = { length: 50_000, at: (i: number): MockEvent => ({ body: i }) };
    const result = await simulate(twice, events, { keepRecords: 3 });
    expect(result.records.map(({ seq, event, out }) => [seq, event, out[0].text])).toEqual([
      [0, "e1", "0"],
      [1, "e2", "2"],
      [2, "e3", "4"],
      [49_997, "e49998", "99994"],
      [49_998, "e49999", "99996"],
      [49_999, "e50000", "99998"],
    ]);
    expect(result.trace?.count).toBe(50_000);
    expect(result.trace?.steps.map(({ name, entered, emitted }) => [name, entered, emitted])).toEqual([
      ["twice", 50_000, 50_000],
    ]);
    expect(result.results.length).toBe(50_000);
    expect(result.results.response(49_999)).toBe(99_998);
  });

  test("lets the host work now and then", async () => {
    let breaths = 0;
    const events = { length: 400_000, at: (i: number): MockEvent => ({ body: i }) };
    await simulate(twice, events, {
      trace: "records",
      breathe: () => {
        breaths++;
        return Promise.resolve();
      },
    });
    expect(breaths).toBeGreaterThan(1);
  });
});
