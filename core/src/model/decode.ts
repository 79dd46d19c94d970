import { GraphcellError } from "../errors";
import { truthy } from "../value/compare";
import { deepCopy } from "../value/copy";
import { str } from "../value/repr";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { loadRoot } from "./draft";
import { FIELD_TYPES, aTypeName } from "./field-types";
import { Graph, Step, type StepForm, type StepKind } from "./graph";
import type { Problem } from "./problem";
import { CHILD_KINDS, isChildKind } from "./schema";

/** A graph as far as it could be read, and what was wrong with its dictionary. */
export interface Decoded {
  readonly graph: Graph;
  readonly problems: readonly Problem[];
}

/**
 * Reads MLRun's dictionary (`function.spec.graph`) for viewing. Never throws: what has a wrong type is kept for
 * writing back and told as a problem. Values are not copied: they must not be changed afterwards.
 */
export function decodeGraph(value: PyValue): Decoded {
  const problems: Problem[] = [];
  if (!isMap(value)) {
    if (value !== null) {
      problems.push(
        problem(
          "graph-not-a-dict",
          null,
          `The graph is ${aTypeName(value)}, but must be a dictionary.`,
          'Write it as a dictionary with an entry "steps" or "routes".',
        ),
      );
    }
    return { graph: new Graph(new Step("", "root", new Map(), new Map(), { raw: value })), problems };
  }
  const kind = rootKind(value, problems);
  const root = readStep(
    rootKey(kind, value),
    kind,
    value,
    kind === "router" ? rootKey(kind, value) : "",
    problems,
  );
  checkRoot(root, problems);
  return { graph: new Graph(root), problems };
}

/**
 * Reads a graph that is to be run. Throws a `PyRaise` where loading it raises in MLRun (same class and message),
 * and a `GraphcellError` for wrong types that MLRun would find only later or not at all.
 */
export function decodeGraphStrict(value: PyValue): Graph {
  if (loadRoot(deepCopy(value)) === null) {
    throw new GraphcellError(
      "GC_NO_GRAPH",
      "There is no graph: the dictionary is empty.",
      'Give a dictionary with an entry "steps" or "routes".',
    );
  }
  const { graph, problems } = decodeGraph(value);
  const worst = problems.find((p) => p.severity === "error");
  if (worst) throw new GraphcellError("GC_GRAPH", worst.message, worst.remedy);
  return graph;
}

function problem(
  code: string,
  step: string | null,
  message: string,
  remedy: string,
  severity: Problem["severity"] = "error",
  field?: string,
): Problem {
  const about = field === undefined ? {} : { field };
  return { code, severity, step, ...about, message, remedy, range: null };
}

function rootKind(struct: PyMap, problems: Problem[]): StepKind {
  const kind = struct.get("kind") ?? null;
  if (kind === "router") return "router";
  if (truthy(kind) && kind !== "root") {
    problems.push(
      problem(
        "illegal-root-kind",
        null,
        `The graph's kind is "${str(kind)}", which can't be a root.`,
        'Leave "kind" out for a flow, or write "router".',
        "error",
        "kind",
      ),
    );
    if (struct.has("routes") && !struct.has("steps")) return "router";
  }
  return "root";
}

/** A flow has no name; a router's is "router" unless it says otherwise. */
function rootKey(kind: StepKind, struct: PyMap): string {
  if (kind !== "router") return "";
  const name = struct.get("name");
  return typeof name === "string" && name !== "" ? name : "router";
}

function readStep(key: string, kind: StepKind, struct: PyMap, path: string, problems: Problem[]): Step {
  const holder = kind === "router" ? "routes" : kind === "root" || kind === "flow" ? "steps" : null;
  const fields = new Map<string, PyValue>();
  let children: ReadonlyMap<string, Step> = new Map();
  let form: StepForm = {};
  let at = 0;
  for (const [name, value] of struct) {
    if (typeof name === "string" && name === holder && (isMap(value) || value === null)) {
      // None for no steps is a field, so that it is written back as None.
      if (isMap(value)) {
        children = readChildren(value, path, problems);
        form = { childrenAt: at };
      } else fields.set(name, value);
    } else {
      readField(str(name), value, holder, path, problems);
      fields.set(str(name), value);
    }
    at++;
  }
  return new Step(key, kind, fields, children, form);
}

function readField(
  name: string,
  value: PyValue,
  holder: string | null,
  path: string,
  problems: Problem[],
): void {
  const step = path === "" ? null : path;
  const where = step === null ? "The graph's" : `Step "${step}":`;
  if (name === holder) {
    problems.push(
      problem(
        "children-not-a-dict",
        step,
        `${where} ${name} is ${aTypeName(value)}, but must be a dictionary of steps.`,
        `Write ${name} as a dictionary from step names to steps.`,
        "error",
        name,
      ),
    );
    return;
  }
  const type = FIELD_TYPES.get(name);
  if (value === null || type === undefined || type.accepts(value)) return;
  problems.push(
    problem(
      "wrong-type",
      step,
      `${where} ${name} is ${aTypeName(value)}, but must be ${type.expected}.`,
      `Write ${name} as ${type.expected}.`,
      "error",
      name,
    ),
  );
}

function readChildren(struct: PyMap, path: string, problems: Problem[]): ReadonlyMap<string, Step> {
  const children = new Map<string, Step>();
  for (const [rawKey, value] of struct) {
    const key = str(rawKey);
    const form: StepForm = typeof rawKey === "string" ? {} : { key: rawKey };
    const full = path === "" ? key : `${path}/${key}`;
    children.set(key, withForm(readChild(key, value, full, problems), form));
  }
  return children;
}

function withForm(step: Step, form: StepForm): Step {
  if (Object.keys(form).length === 0) return step;
  return new Step(step.key, step.kind, step.fields, step.children, { ...step.form, ...form });
}

function readChild(key: string, value: PyValue, path: string, problems: Problem[]): Step {
  if (!isMap(value)) {
    problems.push(
      problem(
        "step-not-a-dict",
        path,
        `Step "${path}" is ${aTypeName(value)}, but must be a dictionary.`,
        'Write it as a dictionary, for example {"class_name": "MyStep"}.',
      ),
    );
    return new Step(key, "task", new Map(), new Map(), { raw: value });
  }
  const kind = value.has("kind") ? (value.get("kind") ?? null) : "task";
  if (!isChildKind(kind)) {
    problems.push(
      problem(
        "illegal-step-kind",
        path,
        `Step "${path}" has the kind "${str(kind)}", which MLRun does not know.`,
        `Use one of ${[...CHILD_KINDS].join(", ")}.`,
        "error",
        "kind",
      ),
    );
  }
  const step = readStep(key, isChildKind(kind) ? kind : "task", value, path, problems);
  checkName(step, path, problems);
  return step;
}

/** A name beside another key breaks a flow's links, which are by key. */
function checkName(step: Step, path: string, problems: Problem[]): void {
  const name = step.field("name");
  if (typeof name !== "string" || name === step.key) return;
  // Steps of one name in a flow of Storey's own are told apart by a number.
  if (step.key.startsWith(`${name}#`) && /^\d+$/.test(step.key.slice(name.length + 1))) return;
  problems.push(
    problem(
      "name-differs",
      path,
      `Step "${path}" says that its name is "${name}", but it stands under "${step.key}".`,
      "Use one name for both, else MLRun does not find the step when the graph starts.",
      "warning",
      "name",
    ),
  );
}

function checkRoot(root: Step, problems: Problem[]): void {
  if (root.kind !== "root") return;
  if (root.field("engine") === "sync" && truthy(root.field("allow_cyclic") ?? null)) {
    problems.push(
      problem(
        "cyclic-sync",
        null,
        "The graph allows cycles, but its engine is sync.",
        'Use the engine "async", or leave allow_cyclic out.',
        "error",
        "engine",
      ),
    );
  }
  const engine = root.field("engine");
  if (typeof engine === "string" && engine !== "sync" && engine !== "async") {
    problems.push(
      problem(
        "unknown-engine",
        null,
        `The engine "${engine}" is not known; the graph runs as async.`,
        'Write "async" or "sync".',
        "warning",
        "engine",
      ),
    );
  }
}
