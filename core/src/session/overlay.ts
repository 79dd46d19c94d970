import {
  type Overlay,
  type Picture,
  type PictureEdge,
  type StepOverlay,
  type StepState,
  edgeId,
} from "../draw/picture";
import type { TraceRecord } from "../engine/trace";

/** Sums of a run for each step, kept while records come in, so that a large run costs no more to draw. */
export class RunCounts {
  private readonly steps = new Map<string, StepCount>();
  /** For each event, the steps that it entered: what paths and edge counts are made of. */
  private readonly visits = new Map<string, Map<string, Visit>>();

  add(record: TraceRecord): void {
    let count = this.steps.get(record.step);
    if (!count)
      this.steps.set(
        record.step,
        (count = { in: 0, out: 0, ms: 0, failed: 0, handled: 0, last: "", record }),
      );
    count.in++;
    count.out += record.emitted;
    count.ms += record.ms;
    if (record.error) {
      if (record.handledBy === null) count.failed++;
      else count.handled++;
    }
    count.record = record;
    count.last = record.error
      ? `${record.error.class}: ${record.error.message}`
      : (record.out[0]?.text ?? "");
    let visits = this.visits.get(record.event);
    if (!visits) this.visits.set(record.event, (visits = new Map()));
    const visit = visits.get(record.step);
    visits.set(record.step, {
      entered: (visit?.entered ?? 0) + 1,
      emitted: (visit?.emitted ?? 0) + record.emitted,
      handledBy: record.handledBy ?? visit?.handledBy ?? null,
    });
  }

  /** The newest record of a step, and how many events entered it; null when none did. */
  lastOf(step: string): { readonly record: TraceRecord; readonly events: number } | null {
    const count = this.steps.get(step);
    return count ? { record: count.record, events: count.in } : null;
  }

  /** Text of what each step gave last: compared with the run before for "changed". */
  lastOutputs(): ReadonlyMap<string, string> {
    return new Map([...this.steps].map(([step, count]) => [step, count.last]));
  }

  /** The overlay of a picture; `event` picks the path of one event's id. */
  overlay(picture: Picture, options: OverlayOptions): Overlay {
    const steps = new Map<string, StepOverlay>();
    for (const node of picture.nodes) {
      const count = this.steps.get(node.id);
      if (count) steps.set(node.id, this.stepOverlay(node.id, count, options));
      else if (options.running && node.kind !== "start") steps.set(node.id, WAITING);
    }
    for (const group of picture.groups) {
      const count = this.steps.get(group.id);
      if (count && !steps.has(group.id)) steps.set(group.id, this.stepOverlay(group.id, count, options));
    }
    const all = this.edgeCounts(picture.edges, this.visits.values());
    const chosen = options.events
      ? this.edgeCounts(
          picture.edges,
          options.events.flatMap((id) => this.visits.get(id) ?? []),
        )
      : null;
    return {
      steps,
      edges: all,
      path: chosen && options.events ? this.pathOf(picture, chosen, options.events) : null,
      outdated: options.outdated,
    };
  }

  private stepOverlay(step: string, count: StepCount, options: OverlayOptions): StepOverlay {
    const before = options.previous?.get(step);
    return {
      state: stateOf(count, options.terminal.has(step)),
      in: count.in,
      out: count.out,
      ms: count.ms,
      changed: before !== undefined && before !== count.last,
    };
  }

  private edgeCounts(
    edges: readonly PictureEdge[],
    visits: Iterable<ReadonlyMap<string, Visit>>,
  ): ReadonlyMap<string, number> {
    const counts = new Map<string, number>();
    for (const visit of visits) {
      for (const edge of edges) {
        const n = crossings(edge, visit);
        if (n > 0) counts.set(edgeId(edge), (counts.get(edgeId(edge)) ?? 0) + n);
      }
    }
    return counts;
  }

  private pathOf(
    picture: Picture,
    edges: ReadonlyMap<string, number>,
    events: readonly string[],
  ): NonNullable<Overlay["path"]> {
    const nodes = new Set<string>();
    for (const id of events) for (const step of this.visits.get(id)?.keys() ?? []) nodes.add(step);
    for (const node of picture.nodes) if (node.kind === "start" && nodes.size > 0) nodes.add(node.id);
    return { nodes, edges: new Set(edges.keys()) };
  }
}

export interface OverlayOptions {
  /** Ids of the chosen event's runs; null when no event is chosen. */
  readonly events: readonly string[] | null;
  readonly previous: ReadonlyMap<string, string> | null;
  readonly outdated: boolean;
  readonly running: boolean;
  /** Steps that may keep an event without losing it: nothing follows them. */
  readonly terminal: ReadonlySet<string>;
}

interface StepCount {
  in: number;
  out: number;
  ms: number;
  failed: number;
  handled: number;
  last: string;
  /** The newest one. */
  record: TraceRecord;
}

interface Visit {
  readonly entered: number;
  readonly emitted: number;
  readonly handledBy: string | null;
}

const WAITING: StepOverlay = { state: "waiting", in: 0, out: 0, ms: 0, changed: false };

function stateOf(count: StepCount, terminal: boolean): StepState {
  if (count.failed > 0) return "failed";
  if (count.handled > 0) return "handled";
  return count.out === 0 && !terminal ? "dropped" : "ok";
}

/** How often an event went along an edge: it left one end and entered the other. */
function crossings(edge: PictureEdge, visits: ReadonlyMap<string, Visit>): number {
  const to = visits.get(edge.to);
  if (!to) return 0;
  const from = visits.get(edge.from);
  if (edge.kind === "error") return from?.handledBy === edge.to ? to.entered : 0;
  // Where nothing is known of the far end it is a mark (the start) or a frame.
  if (!from) return edge.from.startsWith(":") ? to.entered : 0;
  return Math.min(from.emitted, to.entered);
}
