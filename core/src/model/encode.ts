import { copier } from "../value/copy";
import { type PyMap, type PyValue } from "../value/value";
import { loadRoot } from "./draft";
import type { Graph, Step } from "./graph";

/** The dictionary that the graph was read from, with its changes: nothing is dropped, added or moved. */
export function encodeGraph(graph: Graph): PyValue {
  return encodeStep(graph.root);
}

/** The same with nothing in it that the graph holds: what changes it changes no graph. */
export function encodeCopy(graph: Graph): PyValue {
  return encodeStep(graph.root, copier());
}

/** One step's dictionary, as `encodeGraph` writes it; `part` gives what stands for each value of the step. */
export function encodeStep(step: Step, part: (value: PyValue) => PyValue = itself): PyValue {
  if (step.form.raw !== undefined) return part(step.form.raw);
  const entries: [PyValue, PyValue][] = [];
  for (const [name, value] of step.fields) entries.push([name, part(value)]);
  if (!step.fields.has("kind") && step.kind !== "task" && step.kind !== "root") {
    entries.unshift(["kind", step.kind]);
  }
  const holder = step.kind === "router" ? "routes" : "steps";
  if (step.form.childrenAt !== undefined || step.children.size > 0) {
    const at = step.form.childrenAt ?? entries.length;
    entries.splice(at, 0, [holder, encodeChildren(step, part)]);
  }
  return new Map(entries);
}

function itself(value: PyValue): PyValue {
  return value;
}

function encodeChildren(step: Step, part: (value: PyValue) => PyValue): PyMap {
  const children: PyMap = new Map<PyValue, PyValue>();
  for (const [key, child] of step.children) children.set(child.form.key ?? key, encodeStep(child, part));
  return children;
}

/**
 * What MLRun itself writes after it has read the graph: defaults filled in, unknown fields dropped, None and empty
 * lists and dicts left out. `strip` gives the form of the deployed serving spec. An empty graph gives an empty dict.
 * Throws a `PyRaise` where MLRun can't load the graph.
 */
export function encodeAsMlrun(graph: Graph, options: { strip?: boolean } = {}): PyMap {
  const draft = loadRoot(encodeCopy(graph));
  return draft === null ? new Map<PyValue, PyValue>() : draft.toMap(options.strip ?? false);
}
