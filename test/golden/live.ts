import { GraphcellError } from "@graphcell/core";
import type { LiveExecutor } from "./runner";

/** A kernel for live cases: its executor for each case, and its end. */
export interface Live {
  readonly executorFor: LiveExecutor;
  close(): Promise<void>;
}

/** Starts a kernel; every case runs in a namespace of its own. */
export function liveExecutor(): Promise<Live> {
  return Promise.reject(
    new GraphcellError(
      "GC_NO_KERNEL",
      "Live cases need a kernel, and no way to one is built in here yet.",
      "Run without --live to replay the recorded calls.",
    ),
  );
}
