import {
  type GraphState,
  type Intent,
  type NodeKind,
  type Overlay,
  type Picture,
  type PictureNode,
  type Preview,
  type PyValue,
  type SavedEvent,
  type SessionLink,
  type SessionState,
  type StepInfo,
  type TraceRecord,
  Emitter,
  previewOf,
} from "@graphcell/core";

/** Builders of what the views show. Each takes the parts that matter to a test; the rest is a plain, quiet default. */

export function range(cell: number, line: number) {
  return { cellId: `cell-${cell}`, cell, line, column: 1, endLine: line, endColumn: 10 };
}

export function preview(value: PyValue, more: Partial<Preview> = {}): Preview {
  return { ...previewOf(value, 8192), ...more };
}

export function savedEvent(id: string, more: Partial<SavedEvent> = {}): SavedEvent {
  return { id, name: id, event: { bodyText: '{"x": 5}', bodyError: null }, result: null, ...more };
}

export function eventRun(
  more: Partial<NonNullable<SavedEvent["result"]>> = {},
): NonNullable<SavedEvent["result"]> {
  const response = preview(new Map<PyValue, PyValue>([["outputs", [0, 2]]]));
  return { status: "ok", code: 200, ms: 8.1, response, error: null, changed: false, ...more };
}

export function traceRecord(step: string, more: Partial<TraceRecord> = {}): TraceRecord {
  const nothing = preview(null);
  const base = { seq: 0, index: 0, event: "e1", start: 0, ms: 3.1, emitted: 1, error: null, handledBy: null };
  return { ...base, step, in: nothing, out: [nothing], stdout: "", ...more };
}

export function stepInfo(id: string, more: Partial<StepInfo> = {}): StepInfo {
  const origin = { created: range(2, 4), definition: range(1, 5), reference: null, nameRange: null };
  return {
    id,
    name: id,
    kind: "task",
    className: null,
    handler: null,
    fields: [],
    origin,
    unknown: [],
    ...more,
  };
}

function node(id: string, kind: NodeKind, more: Partial<PictureNode> = {}): PictureNode {
  const base = { responder: false, group: null, truth: "agreed", unknown: [], problems: null } as const;
  return { id, label: id, detail: "", kind, ...base, ...more };
}

/** A scoring graph: enrichment with an error handler, a voting router of two models, a queue to another function. */
export const scoringPicture: Picture = {
  nodes: [
    node(":start", "start"),
    node("enrich", "task", { detail: "storey.Extend", truth: "edited" }),
    node("catcher", "error_step", { detail: "catcher" }),
    node("pre", "task", { detail: "Preprocess" }),
    node("voting/m1 forest", "model", { label: "m1 forest", detail: "ClassifierModel", group: "voting" }),
    node("voting/m2 boost", "model", {
      label: "m2 boost",
      detail: "ClassifierModel",
      group: "voting",
      problems: { worst: "error", count: 1 },
    }),
    node("final", "task", { responder: true }),
    node("alerts", "queue", { label: "kafka: alerts", group: "function:alerts" }),
    node("is fraud", "task", { detail: "storey.Filter", group: "function:alerts" }),
    node("archive", "task", { truth: "written", group: "function:alerts" }),
  ],
  edges: [
    { from: ":start", to: "enrich", kind: "flow", truth: "agreed" },
    { from: "enrich", to: "pre", kind: "flow", truth: "agreed" },
    { from: "enrich", to: "catcher", kind: "error", truth: "agreed" },
    { from: "pre", to: "voting", kind: "flow", truth: "agreed" },
    { from: "voting", to: "final", kind: "flow", truth: "agreed" },
    { from: "final", to: "alerts", kind: "flow", truth: "agreed" },
    { from: "alerts", to: "is fraud", kind: "flow", truth: "agreed" },
    { from: "alerts", to: "archive", kind: "flow", truth: "written" },
  ],
  groups: [
    { id: "voting", kind: "router", label: "voting", parent: null },
    { id: "function:alerts", kind: "function", label: "alerts", parent: null },
  ],
};

/** Numbers of a run on the scoring graph. */
export const scoringOverlay: Overlay = {
  steps: new Map(
    (
      [
        ["enrich", "ok", 12, 12],
        ["catcher", "handled", 1, 1],
        ["pre", "ok", 11, 11],
        ["voting/m1 forest", "ok", 11, 11],
        ["voting/m2 boost", "failed", 11, 10],
        ["final", "ok", 11, 11],
        ["alerts", "ok", 11, 11],
        ["is fraud", "dropped", 11, 3],
      ] as const
    ).map(([id, state, n, out]) => [id, { state, in: n, out, ms: 3.1, changed: id === "pre" }]),
  ),
  edges: new Map([["final>alerts", 11]]),
  path: null,
  outdated: false,
};

export function graphState(more: Partial<GraphState> = {}): GraphState {
  const { picture = scoringPicture } = more;
  const steps = new Map(
    picture.nodes
      .filter((n) => n.kind !== "start")
      .map((n) => [n.id, stepInfo(n.id, { name: n.label, kind: n.kind, className: n.detail || null })]),
  );
  return {
    id: "scoring",
    name: "scoring",
    picture,
    pictureRevision: 1,
    steps,
    problems: [],
    stale: null,
    range: range(2, 1),
    events: [],
    run: null,
    overlay: null,
    selection: { step: null, event: null, records: [], total: 0 },
    direction: "auto",
    collapsed: new Set(),
    ...more,
  };
}

/** A notebook with the scoring graph and an idle kernel. */
export function sessionState(more: Partial<SessionState> = {}): SessionState {
  const current = more.current === undefined ? graphState() : more.current;
  return {
    revision: 1,
    notebook: { path: "demo.ipynb", name: "demo.ipynb", trusted: true, readOnly: false, broken: null },
    kernel: {
      status: "idle",
      name: "Python 3 (ipykernel)",
      mlrun: { state: "imported", version: "1.12.1" },
      direct: true,
      waiting: null,
    },
    graphs: current ? [{ id: current.id, name: current.name, kind: "serving", where: "both", steps: 9 }] : [],
    settings: { autoRun: false, direction: "auto", previewBytes: 8192, showTimes: false },
    notices: [],
    ...more,
    current,
  };
}

/** A link that records what the views ask for, and shows them what a test sets. */
export class FakeLink implements SessionLink {
  readonly sent: Intent[] = [];
  private readonly changed = new Emitter<SessionState>();

  constructor(public state: SessionState) {}

  onChange(listener: (state: SessionState) => void): { dispose(): void } {
    return this.changed.event(listener);
  }

  send(intent: Intent): void {
    this.sent.push(intent);
    this.answer?.(intent);
  }

  /** What a session would do about an intent; nothing when absent. */
  answer?: (intent: Intent) => void;

  set(more: Partial<SessionState>): void {
    this.state = { ...this.state, revision: this.state.revision + 1, ...more };
    this.changed.fire(this.state);
  }

  setGraph(more: Partial<GraphState>): void {
    this.set({ current: { ...(this.state.current ?? graphState()), ...more } });
  }

  /** Intents of one type, in order. */
  of<T extends Intent["type"]>(type: T): Extract<Intent, { type: T }>[] {
    return this.sent.filter((i): i is Extract<Intent, { type: T }> => i.type === type);
  }
}
