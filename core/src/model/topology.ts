import type { Graph, Step } from "./graph";

/**
 * How the steps of one flow hang together, as its text says, for pictures and checks. Unlike `deploy` it never
 * throws: links to steps that do not exist are left out and listed. Names are keys of the flow's steps.
 */
export interface Topology {
  /** Steps that events reach first, in order. */
  readonly starts: readonly string[];
  /** Links by `after`, and from error handlers to the steps in their `before`. */
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly previous: ReadonlyMap<string, readonly string[]>;
  /** Links that close a cycle: from a step to one that comes before it. */
  readonly back: ReadonlySet<string>;
  /** Step to the error handler that takes its errors: its own, else the graph's. */
  readonly handlers: ReadonlyMap<string, string>;
  /** The graph's error handler; null without one. */
  readonly graphHandler: string | null;
  readonly responders: readonly string[];
  /** Steps that events or errors can reach. */
  readonly reachable: ReadonlySet<string>;
  /** Names that are referred to and do not exist. */
  readonly missing: readonly MissingLink[];
}

export interface MissingLink {
  /** The step that refers to it; null for the flow itself. */
  readonly step: string | null;
  readonly field: "after" | "before" | "on_error" | "final_step" | "cycle_from";
  readonly name: string;
}

/** The key of a back link in `Topology.back`. */
export function linkKey(from: string, to: string): string {
  return `${from}\u0000${to}`;
}

const known = new WeakMap<Step, Topology>();

/** The topology of a graph's root flow. A root router has no links. */
export function topologyOf(graph: Graph): Topology {
  return flowTopology(graph.root);
}

/** The topology of a flow's steps. */
export function flowTopology(flow: Step): Topology {
  const found = known.get(flow);
  if (found) return found;
  const made = derive(flow);
  known.set(flow, made);
  return made;
}

function derive(flow: Step): Topology {
  const missing: MissingLink[] = [];
  const exists = (step: string | null, field: MissingLink["field"], name: string): boolean => {
    if (flow.children.has(name)) return true;
    missing.push({ step, field, name });
    return false;
  };
  const links = flow.kind === "router" ? emptyLinks(flow) : linksOf(flow, exists);
  const handlers = new Map<string, string>();
  const graphHandler = flow.onError !== null && exists(null, "on_error", flow.onError) ? flow.onError : null;
  const final = flow.field("final_step");
  if (typeof final === "string" && final !== "") exists(null, "final_step", final);
  for (const [key, step] of flow.children) {
    const own = step.onError !== null && exists(key, "on_error", step.onError) ? step.onError : null;
    const handler = own ?? graphHandler;
    if (handler !== null && handler !== key) handlers.set(key, handler);
  }
  const starts = flow.kind === "router" ? [] : startsOf(flow);
  return {
    starts,
    ...links,
    back: backLinks(flow, starts, links.next, handlers),
    handlers,
    graphHandler,
    responders: [...flow.children].filter(([, step]) => step.responder).map(([key]) => key),
    reachable: flow.kind === "router" ? new Set(flow.children.keys()) : reach(starts, links.next, handlers),
    missing,
  };
}

interface Links {
  readonly next: ReadonlyMap<string, readonly string[]>;
  readonly previous: ReadonlyMap<string, readonly string[]>;
}

function emptyLinks(flow: Step): Links {
  const none = (): Map<string, string[]> => new Map([...flow.children.keys()].map((key) => [key, []]));
  return { next: none(), previous: none() };
}

function linksOf(
  flow: Step,
  exists: (step: string | null, field: MissingLink["field"], name: string) => boolean,
): Links {
  const next = new Map<string, string[]>([...flow.children.keys()].map((key) => [key, []]));
  const previous = new Map<string, string[]>([...flow.children.keys()].map((key) => [key, []]));
  const link = (from: string, to: string): void => {
    const list = next.get(from);
    if (!list || list.includes(to)) return;
    list.push(to);
    previous.get(to)?.push(from);
  };
  for (const [key, step] of flow.children) {
    for (const before of step.after) if (exists(key, "after", before)) link(before, key);
  }
  for (const [key, step] of flow.children) {
    if (step.kind !== "error_step") continue;
    for (const target of step.before) if (exists(key, "before", target)) link(key, target);
  }
  return { next, previous };
}

/** As MLRun finds them: no `after`, or only those that point back; none are error handlers and what these go on to. */
function startsOf(flow: Step): readonly string[] {
  const handlers = new Set([flow.onError, ...[...flow.children.values()].map((step) => step.onError)]);
  const guarded = new Set(
    [...flow.children.values()].flatMap((s) => (s.kind === "error_step" ? s.before : [])),
  );
  return [...flow.children]
    .filter(([key, { after, cycleFrom }]) => {
      if (handlers.has(key) || guarded.has(key)) return false;
      if (cycleFrom.length === 0) return after.length === 0;
      return (
        after.length > 0 &&
        after.every((x) => cycleFrom.includes(x)) &&
        cycleFrom.every((x) => after.includes(x))
      );
    })
    .map(([key]) => key);
}

function reach(
  starts: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  handlers: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const seen = new Set<string>(starts);
  const waiting = [...starts];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    const handler = handlers.get(key);
    for (const to of [...(next.get(key) ?? []), ...(handler === undefined ? [] : [handler])]) {
      if (seen.has(to)) continue;
      seen.add(to);
      waiting.push(to);
    }
  }
  return seen;
}

/**
 * Links that lead back on a walk depth first from the starts. Where `cycle_from` names a link it is one, so that
 * the picture's direction is the author's.
 */
function backLinks(
  flow: Step,
  starts: readonly string[],
  next: ReadonlyMap<string, readonly string[]>,
  handlers: ReadonlyMap<string, string>,
): ReadonlySet<string> {
  const back = new Set<string>();
  for (const [key, step] of flow.children) {
    for (const from of step.cycleFrom) if (next.get(from)?.includes(key)) back.add(linkKey(from, key));
  }
  const state = new Map<string, "open" | "done">();
  const walk = (first: string): void => {
    const stack: { key: string; at: number }[] = [{ key: first, at: 0 }];
    state.set(first, "open");
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const to = (next.get(top.key) ?? [])[top.at++];
      if (to === undefined) {
        state.set(top.key, "done");
        stack.pop();
        continue;
      }
      if (back.has(linkKey(top.key, to))) continue;
      const seen = state.get(to);
      if (seen === "open") back.add(linkKey(top.key, to));
      else if (seen === undefined) {
        state.set(to, "open");
        stack.push({ key: to, at: 0 });
      }
    }
  };
  for (const key of [...starts, ...handlers.values(), ...flow.children.keys()])
    if (!state.has(key)) walk(key);
  return back;
}

/** All steps from which `key` can be reached, itself not counted unless it is on a cycle. */
export function ancestors(topology: Topology, key: string): ReadonlySet<string> {
  const errors = new Map<string, string[]>();
  for (const [step, handler] of topology.handlers) {
    errors.set(handler, [...(errors.get(handler) ?? []), step]);
  }
  return closure(key, (at) => [...(topology.previous.get(at) ?? []), ...(errors.get(at) ?? [])]);
}

/** All steps that can be reached from `key`, by links and by errors. */
export function descendants(topology: Topology, key: string): ReadonlySet<string> {
  return closure(key, (at) => {
    const handler = topology.handlers.get(at);
    return [...(topology.next.get(at) ?? []), ...(handler === undefined ? [] : [handler])];
  });
}

function closure(from: string, neighbours: (key: string) => readonly string[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [...neighbours(from)];
  for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
    if (seen.has(key)) continue;
    seen.add(key);
    waiting.push(...neighbours(key));
  }
  return seen;
}

/** Names of cycles' steps: those on a link that leads back, and between its ends. */
export function stepsOnCycles(topology: Topology): ReadonlySet<string> {
  const found = new Set<string>();
  for (const link of topology.back) {
    const [from, to] = link.split("\u0000");
    found.add(from).add(to);
    const behind = ancestors(topology, from);
    for (const key of descendants(topology, to)) if (behind.has(key)) found.add(key);
  }
  return found;
}
