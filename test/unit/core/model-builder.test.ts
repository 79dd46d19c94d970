import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type BuilderArgument,
  FunctionBuilder,
  PyRaise,
  type PyMap,
  type PyValue,
  StepBuilder,
  encodeAsMlrun,
  encodeGraph,
  identical,
  isMap,
  parseJson,
  PyTuple,
} from "@graphcell/core";
import { comparable } from "../../support/golden";

interface Case {
  readonly title: string;
  readonly calls: readonly (readonly [string, string, string, PyValue[], PyMap])[];
  readonly graph: PyValue;
  readonly errors: PyValue;
}

const rows = parseJson(
  readFileSync(join(__dirname, "..", "..", "golden", "builder.json"), "utf8"),
) as PyMap[];
const cases = rows.map((row) => Object.fromEntries(row) as unknown as Case);

const classes = ["TaskStep", "RouterStep", "QueueStep", "RootFlowStep", "ModelRunnerStep"];

function resolve(value: PyValue, known: ReadonlyMap<string, StepBuilder>): BuilderArgument {
  if (Array.isArray(value)) return value.map((v) => resolve(v, known));
  if (!isMap(value)) return value;
  const ref = value.get("$ref");
  if (typeof ref === "string") return known.get(ref) ?? null;
  return new Map([...value].map(([k, v]) => [k, resolve(v, known)]));
}

const ofFunction = (fn: FunctionBuilder) => ({
  set_topology: fn.setTopology.bind(fn),
  add_model: fn.addModel.bind(fn),
  set_tracking: fn.setTracking.bind(fn),
});

/** Makes the calls as test/golden/builder.py does. */
function build({ calls }: Case): { graph: PyValue; errors: PyValue } {
  const fn = new FunctionBuilder();
  const known = new Map<string, StepBuilder>();
  const errors: PyValue[] = [];
  for (const [name, target, method, positional, keyword] of calls) {
    const args = positional.map((v) => resolve(v, known));
    const words = new Map([...keyword].map(([k, v]) => [String(k), resolve(v, known)]));
    const step = known.get(target);
    if (target !== "fn" && !classes.includes(target) && !step) continue;
    try {
      const result = classes.includes(target)
        ? StepBuilder.construct(target, args, words)
        : step
          ? step.invoke(method, args, words)
          : ofFunction(fn)[method as "set_topology" | "add_model" | "set_tracking"](args, words);
      if (result) known.set(name, result);
    } catch (error) {
      if (!(error instanceof PyRaise)) throw error;
      errors.push([name, error.className, error.message]);
    }
  }
  const graph = fn.toGraph();
  return { graph: graph === null ? null : encodeGraph(graph), errors };
}

/** Tuples are lists in the recording. */
function listed(value: PyValue): PyValue {
  if (value instanceof PyTuple) return value.items.map(listed);
  if (Array.isArray(value)) return value.map(listed);
  return isMap(value) ? new Map([...value].map(([k, v]) => [k, listed(v)])) : value;
}

/** Python prints a Python set's or object's address or random order in these. */
const loose = (errors: PyValue): string => JSON.stringify(errors).replace(/0x[0-9a-f]+/g, "0x");

test.each(cases)("$title: the calls build what MLRun builds", (row) => {
  const { graph, errors } = build(row);
  expect(loose(errors)).toEqual(loose(row.errors));
  const same = identical(listed(comparable(graph)), comparable(row.graph));
  if (!same) expect(listed(comparable(graph))).toEqual(comparable(row.graph));
  expect(same).toBe(true);
});

test("later calls do not change a graph that was taken", () => {
  const flow = StepBuilder.flow();
  const first = flow.to(["A"]);
  const graph = flow.toGraph();
  first.to(["B"]).respond();
  first.cycleTo([[]]);
  expect([...graph.steps.keys()]).toEqual(["A"]);
  expect([...flow.toGraph().steps.keys()]).toEqual(["A", "B"]);
  expect(encodeAsMlrun(flow.toGraph()).get("steps")).toBeDefined();
});
