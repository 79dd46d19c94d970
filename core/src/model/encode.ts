import { deepCopy } from "../value/copy";
import { type PyMap, type PyValue } from "../value/value";
import { loadRoot } from "./draft";
import type { Graph, Step } from "./graph";

/** The dictionary that the graph was read from, with its changes: nothing is dropped, added or moved. */
export function encodeGraph(graph: Graph): PyValue {
  return encodeStep(graph.root);
}

/** One step's dictionary, as `encodeGraph` writes it. */
export function encodeStep(step: Step): PyValue {
  if (step.form.raw !== undefined) return step.form.raw;
  const entries: [PyValue, PyValue][] = [...step.fields];
  if (!step.fields.has("kind") && step.kind !== "task" && step.kind !== "root") {
    entries.unshift(["kind", step.kind]);
  }
  const holder = step.kind === "router" ? "routes" : "steps";
  if (step.form.childrenAt !== undefined || step.children.size > 0) {
    const at = step.form.childrenAt ?? entries.length;
    entries.splice(at, 0, [holder, encodeChildren(step)]);
  }
  return new Map(entries);
}

function encodeChildren(step: Step): PyMap {
  return new Map<PyValue, PyValue>(
    [...step.children].map(([key, child]) => [child.form.key ?? key, encodeStep(child)]),
  );
}

/**
 * What MLRun itself writes after it has read the graph: defaults filled in, unknown fields dropped, None and empty
 * lists and dicts left out. `strip` gives the form of the deployed serving spec. An empty graph gives an empty dict.
 * Throws a `PyRaise` where MLRun can't load the graph.
 */
export function encodeAsMlrun(graph: Graph, options: { strip?: boolean } = {}): PyMap {
  const draft = loadRoot(deepCopy(encodeGraph(graph)));
  return draft === null ? new Map<PyValue, PyValue>() : draft.toMap(options.strip ?? false);
}
