import { encodeAsMlrun } from "../model/encode";
import type { Graph } from "../model/graph";
import { type Step } from "../model/graph";
import { readFunction } from "../model/file";
import { gunzipSync } from "fflate";
import { identical } from "../value/compare";
import { parseJson } from "../value/json";
import { type PyValue, isMap } from "../value/value";
import { decodeUtf8, fromBase64 } from "../value/bytes";
import { variableOf } from "./function-spec";
import type { JsonObject } from "./json";
import { NATIVE_SPEC } from "./native-spec";

/** What one step is in the second graph, seen from the first. */
export interface StepDifference {
  /** Full name. */
  readonly step: string;
  readonly change: "added" | "removed" | "changed";
  /** Fields that differ, with what they are in either; empty for added and removed steps. */
  readonly fields: readonly { readonly name: string; readonly before: PyValue; readonly after: PyValue }[];
}

/** Both graphs as one: how to get from `before` to `after`, in the order of the steps. */
export function diffGraphs(before: Graph, after: Graph): readonly StepDifference[] {
  const old = stepsOf(before);
  const now = stepsOf(after);
  const found: StepDifference[] = [];
  for (const [step, fields] of now) {
    const was = old.get(step);
    if (was === undefined) found.push({ step, change: "added", fields: [] });
    else {
      const changed = differing(was, fields);
      if (changed.length > 0) found.push({ step, change: "changed", fields: changed });
    }
  }
  for (const step of old.keys()) if (!now.has(step)) found.push({ step, change: "removed", fields: [] });
  return found;
}

function differing(
  before: ReadonlyMap<string, PyValue>,
  after: ReadonlyMap<string, PyValue>,
): StepDifference["fields"] {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  return names.flatMap((name) => {
    const [was, is] = [before.get(name) ?? null, after.get(name) ?? null];
    return identical(was, is) ? [] : [{ name, before: was, after: is }];
  });
}

/** Fields of every step as MLRun would write them, by full name; the graph's own under "". */
function stepsOf(graph: Graph): ReadonlyMap<string, ReadonlyMap<string, PyValue>> {
  const found = new Map<string, ReadonlyMap<string, PyValue>>();
  const written = readFunction(encodeAsMlrun(graph, { strip: true })).graph;
  const take = (step: Step, name: string): void => {
    // The name stands in the key, and an absent list is an empty one.
    found.set(
      name,
      new Map([...step.fields].filter(([field, value]) => !UNSAID.has(field) && !isNothing(value))),
    );
    for (const [key, child] of step.children) take(child, name === "" ? key : `${name}/${key}`);
  };
  take(written.root, "");
  return found;
}

/** What follows from the steps, or stands in the key. */
const UNSAID: ReadonlySet<PyValue> = new Set([
  "name",
  "model_endpoints_names",
  "model_endpoints_routes_names",
]);

function isNothing(value: PyValue): boolean {
  if (value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && value.size === 0;
}

/** The graph that a deployed function holds; null where it holds none that can be read. */
export function deployedGraph(spec: JsonObject): Graph | null {
  const text = variableOf(spec, "SERVING_SPEC_ENV") ?? variableOf(spec, NATIVE_SPEC);
  if (text === null) return null;
  try {
    const json = text.trimStart().startsWith("{") ? text : decodeUtf8(gunzipSync(fromBase64(text)));
    return json === null ? null : readFunction(parseJson(json)).graph;
  } catch {
    // A function that is not ours may have anything there.
    return null;
  }
}

/** The source of a deployed function; null where it has none. */
export function deployedSource(spec: JsonObject): string | null {
  const build = spec["build"];
  const code =
    typeof build === "object" && build !== null && "functionSourceCode" in build
      ? build["functionSourceCode"]
      : null;
  return typeof code === "string" ? decodeUtf8(fromBase64(code)) : null;
}
