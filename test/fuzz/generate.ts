import { HANDLERS } from "./library";
import { payload } from "./payload";
import { type EventSpec, type HandlerSpec, type Program, type StepSpec, quoted } from "./program";
import { Random } from "./random";
import { routerStep, stepBody } from "./steps";

/** The random program of a seed. */
export function generate(seed: number): Program {
  const random = new Random(seed);
  const topology = random.chance(0.12) ? "router" : "flow";
  return topology === "router" ? routerProgram(random) : flowProgram(random);
}

const EMPTY: StepSpec = {
  name: "",
  className: null,
  handler: null,
  fields: {},
  classArgs: {},
  after: [],
  responder: false,
  routes: [],
  models: [],
  cycleTo: null,
  maxIterations: null,
  onError: null,
};

function routerProgram(random: Random): Program {
  const router: StepSpec = { ...EMPTY, name: "router", ...routerStep(random) };
  return {
    topology: "router",
    engine: null,
    cyclic: null,
    steps: [router],
    graphHandler: null,
    events: events(random, [router]),
    errorStream: random.chance(0.5),
    currentFunction: null,
    extra: [],
  };
}

function flowProgram(random: Random): Program {
  const engine = random.weighted<Program["engine"]>([
    [7, "async"],
    [3, "sync"],
    [0.5, null],
  ]);
  const links = engine === "sync" ? chain(random) : web(random);
  const steps = links.map((after, i): StepSpec => {
    const next = links.flatMap((l, j) => (l.includes(i) ? [nameOf(j)] : []));
    const body = stepBody(random, engine === "sync" ? "sync" : "async", next);
    return { ...EMPTY, name: nameOf(i), after: after.map(nameOf), ...body };
  });
  const cyclic = engine === "async" && random.chance(0.1);
  const parts = { steps: responders(random, steps, engine === "sync"), cyclic: null as Program["cyclic"] };
  if (cyclic) {
    // Bodies may double with each round: few rounds.
    parts.cyclic = { maxIterations: 2 + random.below(4) };
    parts.steps = withCycle(random, parts.steps);
  }
  const handled = withHandlers(random, parts.steps);
  return {
    topology: "flow",
    engine,
    cyclic: parts.cyclic,
    steps: handled,
    graphHandler: random.chance(0.1) ? handler(random, "graph_handler", []) : null,
    events: events(random, handled),
    errorStream: random.chance(0.5),
    currentFunction: null,
    extra: [],
  };
}

function nameOf(i: number): string {
  return `s${i}`;
}

/** Which steps each step comes after: one after the other. */
function chain(random: Random): number[][] {
  const length = random.weighted([
    [1, 1],
    [3, 2],
    [3, 3],
    [2, 4],
    [0.2, 0],
  ]);
  return Array.from({ length }, (_, i) => (i === 0 ? [] : [i - 1]));
}

/** Which steps each step comes after: a graph with branches and joins. */
function web(random: Random): number[][] {
  const length = random.weighted([
    [1, 1],
    [2, 2],
    [3, 3],
    [3, 4],
    [2, 5],
    [1, 7],
    [0.1, 0],
  ]);
  return Array.from({ length }, (_, i) => {
    if (i === 0 || random.chance(0.04)) return [];
    const straight = random.chance(0.6);
    if (straight) return [i - 1];
    const earlier = Array.from({ length: i }, (_, j) => j);
    return random.some(earlier, random.chance(0.3) ? 2 : 1);
  });
}

/** Mostly the last step answers; now and then another one, none, or two. */
function responders(random: Random, steps: readonly StepSpec[], sync: boolean): StepSpec[] {
  if (random.chance(sync ? 0.5 : 0.15)) return [...steps];
  const last = steps.length - 1;
  const at = random.chance(0.9) ? last : random.below(Math.max(1, steps.length));
  const second = random.chance(0.02) ? random.below(Math.max(1, steps.length)) : -1;
  return steps.map((step, i) =>
    i === at || i === second ? { ...step, responder: step.className !== "$queue" } : step,
  );
}

function withCycle(random: Random, steps: readonly StepSpec[]): StepSpec[] {
  if (steps.length < 2) return [...steps];
  const from = 1 + random.below(steps.length - 1);
  const to = random.below(from + 1);
  return steps.map((step, i) => {
    if (i !== from) return step;
    const limit = random.chance(0.2) ? 1 + random.below(3) : null;
    const back = steps[to].name;
    // Most cycles end: the step that closes one chooses.
    const choice = random.chance(0.5)
      ? {
          className: "ByValue",
          handler: null,
          fields: {},
          classArgs: { outlets: `[${quoted(back)}]` },
          routes: [],
          models: [],
        }
      : {};
    return { ...step, ...choice, cycleTo: back, maxIterations: limit };
  });
}

function withHandlers(random: Random, steps: readonly StepSpec[]): StepSpec[] {
  return steps.map((step, i) => {
    if (!random.chance(0.12) || step.className === "$queue") return step;
    const later = steps.slice(i + 1).map((s) => s.name);
    const before = later.length > 0 && random.chance(0.4) ? [random.pick(later)] : [];
    return { ...step, onError: handler(random, `catch_${step.name}`, before) };
  });
}

function handler(random: Random, name: string, before: readonly string[]): HandlerSpec {
  const given = random.chance(0.8) ? random.pick(Object.keys(HANDLERS)) : random.pick(["same", "wrap"]);
  return { name, handler: given, fullEvent: given in HANDLERS || random.chance(0.1), before };
}

function events(random: Random, steps: readonly StepSpec[]): EventSpec[] {
  const router = steps.some((step) => step.className?.startsWith("*"));
  return Array.from({ length: 1 + random.below(4) }, () => event(random, router));
}

const PATHS = [
  "/",
  "/v2/models",
  "/v2/models/",
  "/v2/models/m0/infer",
  "/v2/models/m1/predict",
  "/v2/models/m0",
];
const MORE_PATHS = [
  "/v2/models/infer",
  "/v2/models/zz/infer",
  "/v2/models/m0/echo",
  "/v2/health",
  "/elsewhere",
];
const BAD_PATHS = [
  "/v2/models/m0/versions/v1/infer",
  "/v2/models/VotingEnsemble/infer",
  "v2/models/m0",
  "/p/m0/infer",
];

function event(random: Random, router: boolean): EventSpec {
  const fields: Record<string, string> = {};
  let body: string | null = payload(random);
  if (router && random.chance(0.85)) {
    fields.path = quoted(
      random.pick(random.chance(0.7) ? PATHS : random.chance(0.7) ? MORE_PATHS : BAD_PATHS),
    );
    if (random.chance(0.8)) body = inputs(random);
  } else if (random.chance(0.1)) fields.path = random.pick(['"/"', '"/a/b"', '""', '"predict"']);
  if (random.chance(0.08)) fields.method = random.pick(['"GET"', '"PUT"', '"POST"']);
  if (random.chance(0.08))
    fields.content_type = random.pick(['"application/json"', '"text/plain"', '"json"']);
  if (random.chance(0.05))
    fields.headers = random.pick(['{"MLRUN-EVENT-ID": "hid"}', '{"X-A": "b"}', '{"MLRUN-EVENT-PATH": "/q"}']);
  if (random.chance(0.04)) body = null;
  if (random.chance(0.03))
    body = `{"full_event_wrapper": True, "body": ${body ?? "1"}, "id": "wid", "key": "wk"}`;
  return { body, fields };
}

function inputs(random: Random): string {
  const list = random.pick([
    "[1, 2]",
    "[1]",
    "[]",
    "[1.5, 2]",
    "[[1, 2], [3, 4]]",
    "[0, -1]",
    '"no"',
    "[2**60]",
    "[True]",
  ]);
  const more = random.pick([
    "",
    "",
    ', "id": "own"',
    ', "model": "m1"',
    ', "operation": "predict"',
    ', "x": 3',
  ]);
  return random.chance(0.95) ? `{"inputs": ${list}${more}}` : '{"other": 1}';
}
