import type { StepClass } from "../engine/runtime";
import { AGGREGATE_STEPS } from "./aggregate";
import { API_STEPS } from "./api-handler";
import { ENRICHMENT_STEPS } from "../serving/enrichment";
import { MODEL_STEPS } from "../serving/model";
import { PARALLEL_STEPS } from "../serving/parallel";
import { ROUTER_STEPS } from "../serving/router";
import { RUNNER_STEPS } from "../serving/runner";
import { RUNNER_SYSTEM_STEPS } from "../serving/runner-steps";
import { VOTING_STEPS } from "../serving/voting";
import { BATCH_STEPS } from "./batch";
import { CONCURRENT_STEPS } from "./concurrent";
import { DATAFRAME_STEPS } from "./dataframe";
import { FEATURE_STEPS } from "./feature";
import { FILE_TARGET_STEPS } from "./file-target";
import { FUNCTION_STEPS } from "./functions";
import { MERGE_STEPS } from "./merge";
import { PASS_STEPS } from "./pass";
import { REMOTE_STEPS } from "./remote";
import { SEND_TO_HTTP_STEPS } from "./send-to-http";
import { SHAPE_STEPS } from "./shape";
import { STATE_STEPS } from "./state";
import { TABLE_STEPS } from "./tables";
import { UNSUPPORTED_STEPS } from "./unsupported";

/** Every step class that is known here: one list a family. */
export const STEP_CLASSES: readonly StepClass[] = [
  ...FUNCTION_STEPS,
  ...SHAPE_STEPS,
  ...BATCH_STEPS,
  ...MERGE_STEPS,
  ...CONCURRENT_STEPS,
  ...STATE_STEPS,
  ...FEATURE_STEPS,
  ...REMOTE_STEPS,
  ...SEND_TO_HTTP_STEPS,
  ...MODEL_STEPS,
  ...ROUTER_STEPS,
  ...PARALLEL_STEPS,
  ...VOTING_STEPS,
  ...ENRICHMENT_STEPS,
  ...RUNNER_STEPS,
  ...RUNNER_SYSTEM_STEPS,
  ...API_STEPS,
  ...DATAFRAME_STEPS,
  ...AGGREGATE_STEPS,
  ...TABLE_STEPS,
  ...PASS_STEPS,
  ...FILE_TARGET_STEPS,
  ...UNSUPPORTED_STEPS,
];

const byName = new Map(STEP_CLASSES.flatMap((row) => row.names.map((name) => [name, row])));

/** The class of that dotted name. */
export function stepClass(name: string): StepClass | undefined {
  return byName.get(name);
}

/** The most derived known class of a user's class, given its bases in order. */
export function baseClass(mro: readonly string[]): StepClass | undefined {
  for (const name of mro) {
    const row = byName.get(name);
    if (row) return row;
  }
  return undefined;
}

/** Begins a flow of Storey's own. */
export function isStoreySource(name: string): boolean {
  return byName.get(name)?.source !== undefined;
}
