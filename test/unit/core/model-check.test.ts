import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CheckContext,
  GRAPH_FILE_PROBLEM_CODES,
  NOTEBOOK_PROBLEM_CODES,
  PROBLEM_CODES,
  type SourceRange,
  check,
  decodeGraph,
  parseJson,
} from "@graphcell/core";
import { goldenCases } from "../../support/golden";

const codes = (text: string, context?: CheckContext): string[] =>
  check(decodeGraph(parseJson(text)).graph, context).map((p) => `${p.code} ${p.step ?? "-"}`);
const flow = (steps: string, rest = ""): string => `{"engine": "async", ${rest} "steps": {${steps}}}`;
const sync = (steps: string): string => `{"engine": "sync", "steps": {${steps}}}`;
const A = '"a": {"class_name": "A"}';
const task = (after: string, rest = ""): string => `{"class_name": "A", "after": [${after}]${rest}}`;
const last = `"r": ${task('"a"', ', "responder": true')}`;

const cases: readonly (readonly [string, string, readonly string[]])[] = [
  ["a sound flow", flow(`${A}, ${last}`), []],
  ["an empty flow", flow(""), []],
  ["a flow that answers nothing", flow(A), ["no-responder -"]],
  ["an unknown after", flow(`${A}, ${last}, "x": ${task('"zz"')}`), ["unknown-after x", "unreachable x"]],
  [
    "an unknown before",
    flow(
      `"a": {"class_name": "A", "on_error": "e"}, "e": {"kind": "error_step", "handler": "h", "before": ["zz"]}, ${last}`,
    ),
    ["unknown-before e"],
  ],
  [
    "an unknown error handler",
    flow(`"a": {"class_name": "A", "on_error": "zz"}, ${last}`),
    ["unknown-error-handler a"],
  ],
  ["an unknown graph handler", flow(`${A}, ${last}`, '"on_error": "zz",'), ["unknown-error-handler -"]],
  ["an unknown last step", flow(`${A}, ${last}`, '"final_step": "zz",'), ["unknown-final-step -"]],
  [
    "a step after itself",
    flow(`"a": ${task('"a"', ', "responder": true')}`),
    ["step-after-itself a", "no-start -"],
  ],
  ["a loop", flow(`${A}, "b": ${task('"a", "c"')}, "c": ${task('"b"')}, ${last}`), ["loop b"]],
  [
    "an allowed loop",
    flow(`${A}, "b": ${task('"a", "c"')}, "c": ${task('"b"')}, ${last}`, '"allow_cyclic": true,'),
    [],
  ],
  ["two first steps in a sync flow", sync(`${A}, "b": ${task("")}`), ["two-starts-sync b"]],
  ["a branch in a sync flow", sync(`${A}, "b": ${task('"a"')}, "c": ${task('"a"')}`), ["branch-sync a"]],
  [
    "a join in a sync flow",
    sync(`${A}, "b": ${task('"a"')}, "c": ${task('"a", "b"')}`),
    ["branch-sync a", "branch-sync c"],
  ],
  ["two answers", flow(`${A}, ${last}, "s": ${task('"a"', ', "responder": true')}`), ["two-responders s"]],
  [
    "an answer in the middle",
    flow(`"a": {"class_name": "A", "responder": true}, "b": ${task('"a"')}`),
    ["responder-followed a"],
  ],
  [
    "an answer in a sync flow",
    sync(`"a": {"class_name": "A", "responder": true}, "b": ${task('"a"')}`),
    ["responder-sync a"],
  ],
  [
    "an idle error handler",
    flow(`${A}, ${last}, "e": {"kind": "error_step", "handler": "h"}`),
    ["error-handler-unused e"],
  ],
  [
    "a sync error handler",
    sync(`"a": {"class_name": "A", "on_error": "e"}, "e": {"kind": "error_step", "handler": "h"}`),
    ["error-handler-sync e"],
  ],
  [
    "before and after",
    flow(
      `"a": {"class_name": "A", "on_error": "e"}, ${last}, "e": {"kind": "error_step", "handler": "h", "after": ["r"], "before": ["r"]}`,
    ),
    ["loop r", "responder-followed r", "before-and-after e"],
  ],
  [
    "a router without routes",
    flow(`${A}, "x": {"kind": "router", "after": ["a"], "responder": true}`),
    ["router-without-routes x"],
  ],
  ["a root router without routes", '{"kind": "router"}', ["router-without-routes router"]],
  [
    "a queue to nowhere",
    flow(`${A}, ${last}, "q": {"kind": "queue", "after": ["a"]}`),
    ["queue-goes-nowhere q"],
  ],
  [
    "a reader without a function",
    flow(`"q": {"kind": "queue", "path": "x"}, "a": ${task('"q"')}, ${last}`),
    ["queue-next-without-function a"],
  ],
  [
    "a reader of two queues",
    flow(
      `"q": {"kind": "queue", "path": "x"}, "p": {"kind": "queue", "path": "y"}, "a": ${task('"q", "p"', ', "function": "f"')}, ${last}`,
    ),
    ["function-of-two-queues a"],
  ],
  [
    "a flow inside an async flow",
    flow(
      `"n": {"kind": "flow", "steps": {"x": {"handler": "h"}}}, "r": ${task('"n"', ', "responder": true')}`,
    ),
    ["nested-flow-async n"],
  ],
  [
    "a runner in a sync flow",
    sync('"m": {"kind": "model_runner", "class_args": {"models": {"x": ["M", {}]}}}'),
    ["runner-sync m"],
  ],
  [
    "a runner without models",
    flow('"m": {"kind": "model_runner", "responder": true}'),
    ["runner-without-models m"],
  ],
  [
    "a model named as a step",
    flow(
      `${A}, "m": {"kind": "model_runner", "after": ["a"], "responder": true, "class_args": {"models": {"a": ["M", {}]}}}`,
      '"model_endpoints_routes_names": ["a"],',
    ),
    ["endpoint-name-twice m"],
  ],
  ["nothing to run", flow(`"a": {}, ${last}`), ["missing-handler a"]],
  ["an open expression", flow(`"a": {"handler": "(event + 1"}, ${last}`), ["unclosed-expression a"]],
  ["wrong types", '{"steps": {"a": {"class_name": 5, "responder": true}}}', ["wrong-type a"]],
  [
    "an unknown kind",
    '{"steps": {"a": {"kind": "wild", "class_name": "A", "responder": true}}}',
    ["illegal-step-kind a"],
  ],
  ["no dictionary", "[]", ["graph-not-a-dict -"]],
];

test.each(cases)("%s", (_, text, expected) => {
  expect(
    codes(text)
      .filter((c) => !(c.startsWith("no-responder") && !expected.includes(c)))
      .sort(),
  ).toEqual([...expected].sort());
});

const at: SourceRange = { cellId: "c", cell: 0, line: 2, column: 10, endLine: 2, endColumn: 16 };
const context: CheckContext = {
  parsed: {
    origins: new Map([["a", { created: null, reference: at, nameRange: null }]]),
    unknowns: [{ step: "open", what: "class_name" }],
    range: { ...at, line: 1 },
    replaced: [{ step: "a", range: at }],
  },
  notebook: {
    definitions: new Map([
      ["Echo", { kind: "class", bases: [], members: ["__init__", "do", "other"] }],
      ["Bare", { kind: "class", bases: ["object"], members: ["run"] }],
      ["Derived", { kind: "class", bases: ["Base"], members: [] }],
      ["clean", { kind: "function", members: ["x"] }],
    ]),
    openNamespace: false,
  },
  isLibraryClass: (name) => name === "storey.Map",
};

const named: readonly (readonly [string, string, readonly string[]])[] = [
  ['{"class_name": "Echo"}', "a known class", []],
  ['{"class_name": "Ehco"}', "a misspelt class", ["unknown-class"]],
  ['{"class_name": "storey.Map", "class_args": {"_fn": "clean"}}', "a class of storey", []],
  ['{"class_name": "storey.Mop"}', "no class of storey", ["unknown-class"]],
  ['{"class_name": "mine.Cls"}', "a class of another module", []],
  ['{"class_name": "$remote"}', "a remote step", []],
  ['{"handler": "claen"}', "a misspelt function", ["unknown-handler"]],
  ['{"handler": "json.dumps"}', "a dotted function", []],
  ['{"handler": "(event)"}', "an expression", []],
  ['{"class_name": "Echo", "handler": "othr"}', "a misspelt method", ["unknown-method"]],
  ['{"class_name": "Bare"}', "a class without do", ["class-without-do"]],
  ['{"class_name": "Bare", "handler": "run"}', "a class with another method", []],
  ['{"class_name": "Derived"}', "a class with a base", []],
  [
    '{"class_name": "storey.Map", "class_args": {"_fn": "claen"}}',
    "a misspelt argument",
    ["unknown-function"],
  ],
  [
    '{"kind": "model_runner", "class_args": {"models": {"m": ["Ehco", {}]}}}',
    "a misspelt model class",
    ["unknown-class"],
  ],
  [
    '{"kind": "router", "routes": {"m": {"class_name": "Ehco"}}}',
    "a misspelt class of a route",
    ["unknown-class"],
  ],
];

test.each(named)("%s: %s", (step, _, expected) => {
  const found = codes(`{"steps": {"a": ${step}}}`, { ...context, parsed: null }).map((c) => c.split(" ")[0]);
  expect(found.filter((c) => c !== "no-responder")).toEqual(expected);
});

test("names that may come from elsewhere are not complained about", () => {
  const text = '{"steps": {"a": {"class_name": "Nowhere", "responder": true}}}';
  expect(codes(text)).toEqual([]);
  expect(codes(text, { notebook: { definitions: new Map(), openNamespace: true } })).toEqual([]);
  expect(codes(text, { kernelNames: new Set(["Nowhere"]) })).toEqual([]);
  expect(codes(text, { kernelNames: new Set() })).toEqual(["unknown-class a"]);
  expect(
    codes('{"steps": {"open": {"class_name": "?", "responder": true}}}', {
      ...context,
      parsed: { ...context.parsed!, replaced: [] },
    }),
  ).toEqual([]);
});

test("a problem has its place, a remedy and, where it is mechanical, an edit", () => {
  const { graph } = decodeGraph(parseJson('{"steps": {"a": {"class_name": "Ehco", "responder": true}}}'));
  const [twice, unknown] = check(graph, context);
  expect(twice).toMatchObject({ code: "name-used-twice", range: at });
  expect(unknown).toMatchObject({
    code: "unknown-class",
    severity: "error",
    step: "a",
    message: 'Step "a" uses the class "Ehco", which is not defined.',
    remedy: 'Did you mean "Echo"? Define or import it in a cell before the graph is run.',
    range: at,
    fix: { title: 'Change it to "Echo"', range: at, text: '"Echo"' },
  });
});

test("graphs that MLRun runs have no errors", () => {
  for (const { data, id } of goldenCases()) {
    // That one starts, but each event fails at its branch.
    if (!data.has("plan") || id === "flow-sync-branch-error") continue;
    const errors = check(decodeGraph(data.get("graph") ?? null).graph).filter((p) => p.severity === "error");
    expect({ id, errors }).toEqual({ id, errors: [] });
  }
});

test("docs/problems.md explains every code, and no other", () => {
  const page = readFileSync(join(__dirname, "..", "..", "..", "docs", "problems.md"), "utf8");
  const explained = [...page.matchAll(/^- `([a-z-]+)` \(/gm)].map((m) => m[1]);
  expect(explained.sort()).toEqual(
    [...PROBLEM_CODES, ...NOTEBOOK_PROBLEM_CODES, ...GRAPH_FILE_PROBLEM_CODES].sort(),
  );
});
