import type { Derived } from "./derive";
import type { GraphEntry } from "./entries";
import type { GraphMetadata } from "./metadata";
import type { KernelLink } from "./ports";
import { overlayOf } from "./overlay";
import type { Run } from "./run";
import type { GraphState, KernelState, Selection, ViewSettings } from "./state";

/** Records of the chosen step that the inspector gets at once. */
export const SHOWN_RECORDS = 200;

export interface Chosen {
  readonly step: string | null;
  readonly event: string | null;
}

/** The kernel for the views; `running` says that a simulation goes on. */
export function kernelState(kernel: KernelLink, running: boolean): KernelState {
  const { report } = kernel;
  const waits = running && kernel.status === "busy" && !kernel.direct;
  return {
    status: kernel.status,
    name: kernel.name,
    mlrun: {
      state: !report
        ? "unknown"
        : report.mlrun
          ? "imported"
          : report.mlrunInstalled
            ? "installed"
            : "missing",
      version: report?.mlrun ?? null,
    },
    direct: kernel.direct,
    waiting: waits ? "The simulation waits for the running cell to end." : null,
  };
}

/** The chosen graph for the views. */
export function graphState(
  entry: GraphEntry,
  derived: Derived,
  metadata: GraphMetadata,
  run: Run | null,
  chosen: Chosen,
  settings: ViewSettings,
  stale: boolean,
): GraphState {
  const half = stale && entry.parsed !== null;
  return {
    id: entry.id,
    name: entry.name,
    picture: derived.picture,
    pictureRevision: derived.pictureRevision,
    steps: derived.steps,
    problems: derived.problems,
    stale: half ? "The text is half typed: this is the last graph that could be read." : null,
    range: entry.parsed?.range ?? null,
    events: run
      ? run.savedEvents(metadata.events)
      : metadata.events.map(({ id, name, event }) => ({ id, name, event, result: null })),
    run: run?.state ?? null,
    overlay: run ? runOverlay(derived, run, chosen) : null,
    selection: selectionOf(run, chosen),
    direction: metadata.direction === "auto" ? settings.direction : metadata.direction,
    collapsed: new Set(metadata.collapsed),
    ...(derived.scripted ? { scripted: true } : {}),
  };
}

function runOverlay(derived: Derived, run: Run, { event }: Chosen): GraphState["overlay"] {
  return overlayOf(run.tally, derived.picture, {
    events: event === null ? null : run.idsOf(event),
    previous: run.outputsBefore,
    outdated: run.outdated,
    running: run.running,
    terminal: derived.terminal,
  });
}

function selectionOf(run: Run | null, { step, event }: Chosen): Selection {
  if (!run || step === null) return { step, event, records: [], total: 0 };
  const ids = event === null ? null : new Set(run.idsOf(event));
  return { step, event, ...run.recordsOf(step, ids, SHOWN_RECORDS) };
}
