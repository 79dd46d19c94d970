import type { EventRun } from "./state";
import type { TraceRecord } from "../engine/trace";

/** MIME type of a saved result. */
export const CARD_MIME = "application/vnd.graphcell+json";

/**
 * The saved result of a simulation, as it stands in a cell's output. Plain JSON; `version` rises when a reader of
 * the old form would misread the new one.
 */
export interface ResultCard {
  readonly version: 1;
  readonly graphName: string;
  /** Wire form of MLRun's dictionary, from which the picture is drawn. */
  readonly graph: unknown;
  readonly events: readonly { readonly id: string; readonly name: string; readonly run: EventRun }[];
  readonly records: readonly TraceRecord[];
  /** The whole run failed: why. */
  readonly failure: {
    readonly message: string;
    readonly remedy: string;
    readonly step: string | null;
  } | null;
  readonly ms: number;
  /** The run goes on: so many of its events are through. Absent in the card of a run that is over. */
  readonly progress?: { readonly done: number; readonly total: number };
}
