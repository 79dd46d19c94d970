import { Failure } from "./failure";
import type { FlowEvent } from "./flowevent";
import type { Coro } from "./loop";
import type { PlanStep } from "./plan";
import type { Segment, SegmentOutput } from "./executor";
import { leaving, runSegment, segmentStep, traceCall } from "./segment";
import type { Server } from "./server";
import type { TaskRunner } from "./task";

/** Longest chain that goes to the kernel as one: a cancel waits for no more than that. */
export const LONGEST = 500;

/** A chain of foreign steps of a sync flow that one round trip serves. */
export class SyncChain {
  readonly segment: Segment;
  /** What is known of the next event's way already. */
  private primed: SegmentOutput | null = null;

  constructor(
    private readonly server: Server,
    private readonly runners: readonly TaskRunner[],
    /** Where the flow goes on from. */
    readonly last: PlanStep,
  ) {
    const steps = runners.flatMap((runner) => {
      const { segmentCall: fn, step, injectsContext: context } = runner;
      if (fn === null) return [];
      const { inputPath, resultPath } = step;
      return [
        segmentStep(fn, { inputPath, resultPath, fullEvent: false, context, walker: "mlrun", form: "map" }),
      ];
    });
    this.segment = { steps };
  }

  prime(output: SegmentOutput): void {
    this.primed = output;
  }

  get names(): readonly string[] {
    return this.runners.map((runner) => runner.fullName);
  }

  /** Runs the event through the chain; it is the same event afterwards. Throws what a step raised. */
  *run(event: FlowEvent): Coro {
    const { server } = this;
    const { primed } = this;
    this.primed = null;
    const output = primed ?? (yield* runSegment(server, this.segment, event));
    for (const [i, done] of output.steps.entries()) {
      const { fullName } = this.runners[i];
      server.trace?.enter(fullName, event);
      traceCall(server, fullName, this.segment.steps[i].method, done);
      if (done.raised) {
        const ex = new Failure(done.raised);
        ex.seen = true;
        server.trace?.raised(fullName, ex);
        throw ex;
      }
      event.body = done.out[0] ?? null;
      server.trace?.finish(fullName, event);
    }
    if (output.out.length > 0) event.body = leaving(event, output, 0).body;
  }
}
