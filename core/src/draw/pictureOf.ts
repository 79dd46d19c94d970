import type { Graph, Step } from "../model/graph";
import { type Topology, flowTopology, linkKey } from "../model/topology";
import {
  type NodeKind,
  type Picture,
  type PictureEdge,
  type PictureGroup,
  type PictureNode,
  type Truth,
  edgeId,
} from "./picture";

/** What text, kernel and checks say of the graph. Keys are full step names; of edges, for truth, also edge ids. */
export interface PictureMarks {
  /** Default: all is agreed. */
  readonly truth?: ReadonlyMap<string, Truth>;
  readonly unknown?: ReadonlyMap<string, readonly string[]>;
  readonly problems?: ReadonlyMap<string, NonNullable<PictureNode["problems"]>>;
}

/** Id of the mark where events come in. */
export const START = ":start";

/**
 * What is to be drawn of a graph.
 *
 * - A router with routes and a flow with steps are groups, not nodes: their id is the step's full name, their routes
 *   or steps are nodes inside, and edges to and from the router end at the group. An empty one is a node.
 * - A root router is a group named as the router, with an edge from the start mark.
 * - Error edges go from a step to its own handler; the graph's own handler hangs on the start mark.
 * - A handler's `before` is an edge of kind `flow`; links that close a cycle are `back`.
 * - Steps with a `function` stand in the lane `function:NAME`; a router's frame stands in its function's lane.
 */
export function pictureOf(graph: Graph, marks: PictureMarks = {}): Picture {
  const drawing = new Drawing(marks);
  const { root } = graph;
  if (root.kind === "router") drawing.rootRouter(root);
  else drawing.flow(root, "", null);
  return drawing.picture();
}

class Drawing {
  private readonly nodes: PictureNode[] = [];
  private readonly edges = new Map<string, PictureEdge>();
  private readonly groups = new Map<string, PictureGroup>();

  constructor(private readonly marks: PictureMarks) {}

  picture(): Picture {
    return { nodes: this.nodes, edges: [...this.edges.values()], groups: [...this.groups.values()] };
  }

  rootRouter(root: Step): void {
    this.start();
    this.step(root.name, root, null, false);
    this.edge(START, root.name, "flow");
  }

  flow(flow: Step, prefix: string, group: string | null): void {
    const topology = flowTopology(flow);
    if (prefix === "" && flow.children.size > 0) {
      this.start();
      for (const key of topology.starts) this.edge(START, key, "flow");
      if (topology.graphHandler !== null) this.edge(START, topology.graphHandler, "error");
    }
    for (const [key, step] of flow.children) this.step(prefix + key, step, group, false);
    this.links(flow, topology, prefix);
  }

  private links(flow: Step, topology: Topology, prefix: string): void {
    for (const [from, targets] of topology.next) {
      for (const to of targets) {
        this.edge(prefix + from, prefix + to, topology.back.has(linkKey(from, to)) ? "back" : "flow");
      }
    }
    for (const [key, step] of flow.children) {
      if (step.onError !== null && flow.children.has(step.onError)) {
        this.edge(prefix + key, prefix + step.onError, "error");
      }
    }
  }

  private start(): void {
    this.nodes.push({
      id: START,
      label: "start",
      detail: "",
      kind: "start",
      responder: false,
      group: null,
      truth: "agreed",
      unknown: [],
      problems: null,
    });
  }

  private step(id: string, step: Step, group: string | null, isRoute: boolean): void {
    const inside = group === null && step.function !== null ? this.lane(step.function) : group;
    if (step.children.size > 0) {
      const kind = step.kind === "router" ? "router" : "flow";
      this.groups.set(id, { id, kind, label: step.name, parent: inside, step: this.saidOf(id, step) });
      if (step.kind === "flow") this.flow(step, `${id}/`, id);
      else for (const [key, route] of step.children) this.step(`${id}/${key}`, route, id, true);
      return;
    }
    this.nodes.push({
      id,
      label: step.name,
      kind: nodeKind(step, isRoute),
      group: inside,
      ...this.saidOf(id, step),
    });
  }

  private saidOf(id: string, step: Step): NonNullable<PictureGroup["step"]> {
    return {
      detail: detailOf(step),
      responder: step.responder,
      truth: this.marks.truth?.get(id) ?? "agreed",
      unknown: this.marks.unknown?.get(id) ?? [],
      problems: this.marks.problems?.get(id) ?? null,
    };
  }

  private lane(name: string): string {
    const id = `function:${name}`;
    if (!this.groups.has(id)) this.groups.set(id, { id, kind: "function", label: name, parent: null });
    return id;
  }

  private edge(from: string, to: string, kind: PictureEdge["kind"]): void {
    const id = edgeId({ from, to, kind });
    if (!this.edges.has(id)) this.edges.set(id, { from, to, kind, truth: this.edgeTruth(id, from, to) });
  }

  /** An edge is no surer than its ends. */
  private edgeTruth(id: string, from: string, to: string): Truth {
    const truth = this.marks.truth;
    const own = truth?.get(id);
    if (own) return own;
    const ends = [truth?.get(from), truth?.get(to)];
    if (ends.includes("kernel-only")) return "kernel-only";
    return ends.includes("written") ? "written" : "agreed";
  }
}

/** The last part of a dotted class name. */
function shortClass(className: string): string {
  return className.slice(className.lastIndexOf(".") + 1);
}

const KINDS_BY_CLASS: readonly (readonly [RegExp, NodeKind])[] = [
  [/^(\$remote|RemoteStep|BatchHttpRequests|MLRunAPIRemoteStep|RemoteFunctionStep|SendToHttp)$/, "remote"],
  [/^(Choice|ChoiceByField)$/, "choice"],
  [/ModelServer$/, "model"],
];
const KINDS_BY_STOREY_CLASS: readonly (readonly [RegExp, NodeKind])[] = [
  [/Target$/, "target"],
  [/Source$/, "source"],
];

function nodeKind(step: Step, isRoute: boolean): NodeKind {
  switch (step.kind) {
    case "queue":
    case "router":
    case "flow":
    case "error_step":
    case "model_runner":
    case "monitoring_application":
    case "choice":
      return step.kind;
    default:
      return taskKind(step.className ?? "", isRoute);
  }
}

function taskKind(className: string, isRoute: boolean): NodeKind {
  const last = shortClass(className);
  const byClass = KINDS_BY_CLASS.find(([pattern]) => pattern.test(last));
  if (byClass) return byClass[1];
  if (/^(storey|mlrun)\./.test(className)) {
    const byName = KINDS_BY_STOREY_CLASS.find(([pattern]) => pattern.test(last));
    if (byName) return byName[1];
  }
  return isRoute ? "model" : "task";
}

/** Second line of a step: what it runs, or where it writes. */
function detailOf(step: Step): string {
  if (step.kind === "queue") return step.path ?? "";
  if (step.kind === "model_runner") {
    const models = step.classArgs.get("models");
    const count = models instanceof Map ? models.size : 0;
    return count === 1 ? "1 model" : `${count} models`;
  }
  const url = step.classArgs.get("url");
  if (step.className === "$remote" && typeof url === "string") return url;
  if (step.className === null) return step.handler ?? (step.kind === "router" ? "ModelRouter" : "");
  return step.handler === null ? step.className : `${step.className}.${step.handler}`;
}
