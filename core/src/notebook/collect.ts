import type { StepBuilder } from "../model/builder";
import type { Graph } from "../model/graph";
import type { SourceRange } from "../source";
import { type PyMap, type PyValue, PyObject } from "../value/value";
import type { Building } from "./building";
import type { Definitions } from "./definitions";
import type { ServingLibrary } from "./library";
import { exactSpan } from "./mention";
import type { Definition, Mention, ParsedGraph, StepOrigin, Unknown } from "./parsed";
import type { CellText } from "./place";
import { StepHost } from "./step-host";
import type { HostObject } from "./values";
import { type Place, type Scope } from "./values";

interface Found {
  readonly kind: ParsedGraph["kind"];
  readonly functionName: string | null;
  readonly variable: string | null;
  readonly root: StepBuilder;
  readonly graph: Graph;
  readonly spec: PyMap;
  readonly at: Place;
  /** The file that holds the function's code, when that is not the notebook. */
  readonly source?: string | null;
}

/** All graphs that the notebook has built, in the order in which their functions were made. */
export function collectGraphs(
  library: ServingLibrary,
  globals: Scope,
  definitions: Definitions,
): ParsedGraph[] {
  const found = [
    ...functions(library, globals),
    ...looseGraphs(library, globals),
    ...featureSets(library, globals),
    ...flows(library, globals),
  ];
  const names = new Set<string>();
  return found.map((f) => {
    const name = freeName(f, names);
    names.add(name);
    return parsedGraph(f, name, library.building, definitions, globals);
  });
}

function freeName(f: Found, taken: ReadonlySet<string>): string {
  const wanted = f.functionName ?? f.variable ?? "graph";
  if (!taken.has(wanted)) return wanted;
  if (f.variable !== null && !taken.has(f.variable)) return f.variable;
  let n = 2;
  while (taken.has(`${wanted} ${n}`)) n++;
  return `${wanted} ${n}`;
}

/** The top-level name that holds an object now, the one given first. */
function variableOf(object: HostObject, globals: Scope): string | null {
  return object.boundNames.find((name) => globals.names.get(name) === object) ?? null;
}

/** The top-level names that hold a graph's root now. */
function rootVariables(root: StepBuilder, globals: Scope): readonly string[] {
  return [...globals.names]
    .filter(([, v]) => v instanceof StepHost && v.builder === root)
    .map(([name]) => name);
}

function functions(library: ServingLibrary, globals: Scope): Found[] {
  const found: Found[] = [];
  library.functions.forEach((fn, i) => {
    const root = fn.builder.graph;
    const graph = fn.builder.toGraph();
    if (!root || !graph || !fn.graphAt) return;
    const variable = variableOf(fn, globals);
    // A function whose every name was given to something else is gone, when a later one took its place.
    const replaced =
      variable === null &&
      library.functions.slice(i + 1).some((later) => {
        return later.name === fn.name || later.boundNames.some((name) => fn.boundNames.includes(name));
      });
    if (replaced && fn.boundNames.length > 0) return;
    const spec = fn.builder.spec;
    found.push({
      kind: "serving",
      functionName: fn.name,
      variable,
      root,
      graph,
      spec,
      at: fn.graphAt,
      source: fn.source,
    });
  });
  return found;
}

/** Root steps that the notebook makes by hand and gives to no function. */
function looseGraphs(library: ServingLibrary, globals: Scope): Found[] {
  const owned = new Set(library.functions.map((fn) => fn.builder.graph));
  return library.roots
    .filter(
      ({ host }) =>
        !owned.has(host.builder) && host.builder.parent === null && host.builder.children.size > 0,
    )
    .map(({ host, at }) => ({
      kind: "serving",
      functionName: null,
      variable: variableOf(host, globals),
      root: host.builder,
      graph: host.builder.toGraph(),
      spec: new Map<PyValue, PyValue>(),
      at,
    }));
}

function featureSets(library: ServingLibrary, globals: Scope): Found[] {
  return library.featureSets
    .filter((set) => set.root.children.size > 0)
    .map((set) => ({
      kind: "feature-set",
      functionName: set.name,
      variable: variableOf(set, globals),
      root: set.root,
      graph: set.root.toGraph(),
      spec: set.spec,
      at: set.at,
    }));
}

function flows(library: ServingLibrary, globals: Scope): Found[] {
  return library.flows.sources().flatMap(({ source, at }): Found[] => {
    const root = library.flows.graph(source, at);
    const variable = [...globals.names].find(([, value]) => value === source)?.[0] ?? null;
    if (!root) return [];
    const spec: PyMap = new Map<PyValue, PyValue>();
    return [{ kind: "storey", functionName: null, variable, root, graph: root.toGraph(), spec, at }];
  });
}

function rangeOf(place: Place | null): SourceRange | null {
  return place ? place.cell.range(place) : null;
}

function parsedGraph(
  f: Found,
  name: string,
  building: Building,
  definitions: Definitions,
  globals: Scope,
): ParsedGraph {
  const origins = new Map<string, StepOrigin>();
  const unknowns: Unknown[] = [];
  const replaced: ParsedGraph["replaced"][number][] = [];
  const cells = new Set<CellText>(building.cells.get(f.root));
  const note = (step: StepBuilder, path: string | null) => {
    for (const u of building.uncertain.get(step) ?? []) {
      unknowns.push({ step: path, what: u.what, reason: u.reason, range: rangeOf(u.at) });
    }
  };
  const visit = (step: StepBuilder, key: string, within: string) => {
    const path = within + key;
    const origin = building.origins.get(step);
    const definition = definitionOf(step, definitions.found);
    origins.set(path, {
      created: rangeOf(origin?.created ?? null),
      definition: definition?.range ?? null,
      reference: rangeOf(origin?.reference ?? null),
      nameRange: rangeOf(origin?.name ?? null),
    });
    for (const cell of building.cells.get(step) ?? []) cells.add(cell);
    for (const place of [origin?.reference, origin?.name]) if (place) cells.add(place.cell);
    note(step, path);
    if (f.source && !definitions.writes(f.source) && !definition && runsOwnCode(step)) {
      const what = step.getAttribute("class_name") === null ? "handler" : "class_name";
      const reason = `it is defined in ${f.source}, which is not part of the notebook`;
      unknowns.push({ step: path, what, reason, range: rangeOf(origin?.reference ?? null) });
    }
    mentions.push(...mentionsOf(step, path, within, building));
    const second = building.replaced.get(step);
    if (second) replaced.push({ step: path, range: rangeOf(second) });
    for (const [name, child] of step.children) visit(child, name, `${path}/`);
  };
  const mentions: Mention[] = [];
  note(f.root, null);
  // Routes of a router at the root have its name before theirs, as everywhere.
  const rootPath = f.graph.topology === "router" ? f.graph.root.name : "";
  const prefix = rootPath === "" ? "" : `${rootPath}/`;
  mentions.push(...mentionsOf(f.root, rootPath, null, building));
  for (const [key, child] of f.root.children) visit(child, key, prefix);
  const ordered = [...cells].sort((a, b) => a.index - b.index).map((cell) => cell.id);
  return {
    name,
    variable: f.variable,
    variables: [...(f.variable === null ? [] : [f.variable]), ...rootVariables(f.root, globals)],
    functionName: f.functionName,
    kind: f.kind,
    graph: f.graph,
    spec: f.spec,
    range: rangeOf(f.at),
    origins,
    mentions,
    unknowns,
    replaced,
    cells: [...new Set(ordered)],
  };
}

/** What the text names of a step; `within` is the full name of what it stands in with its slash, null for the root. */
function mentionsOf(
  step: StepBuilder,
  path: string,
  within: string | null,
  building: Building,
): readonly Mention[] {
  return (building.mentions.get(step) ?? []).flatMap(({ role, name, at, defines, child }): Mention[] => {
    const own = path.slice((within ?? "").length);
    // The name of something that is no step of its own: a model of a runner.
    if (defines && name !== own) return [];
    const inside = path === "" ? "" : `${path}/`;
    const around = child || within === null ? inside : within;
    const exact = exactSpan(at, name);
    return [
      {
        range: at.cell.range(exact ?? at),
        role,
        name,
        step: role !== "step" || defines ? path : around + name,
        owner: path,
        defines,
        exact: exact !== null,
      },
    ];
  });
}

/** The notebook's `class` or `def` that a step runs. */
function definitionOf(
  step: StepBuilder,
  definitions: ReadonlyMap<string, Definition>,
): Definition | undefined {
  const args = step.getAttribute("class_args");
  const candidates = [step.getAttribute("class_name"), step.getAttribute("handler")];
  for (const [key, value] of args instanceof Map ? args : []) {
    if (typeof key === "string" && (key.startsWith("_") || key === "fn")) candidates.push(value);
  }
  for (const candidate of candidates) {
    const name = nameIn(candidate);
    const found = name === null ? undefined : definitions.get(name);
    if (found && found.kind !== "variable") return found;
  }
  return undefined;
}

/** The step runs a class or function without a module: one of the function's own code. */
function runsOwnCode(step: StepBuilder): boolean {
  const name = nameIn(step.getAttribute("class_name")) ?? nameIn(step.getAttribute("handler"));
  return name !== null && /^[A-Za-z_]\w*$/.test(name);
}

function nameIn(value: PyValue): string | null {
  if (value instanceof PyObject) return nameIn(value.fields.get("name") ?? null);
  return typeof value === "string" && value !== "" ? value.replace(/^\*/, "") : null;
}
