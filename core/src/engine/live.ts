import type { Graph } from "../model/graph";
import type { MockEvent, Raised } from "./event";
import type { Reply } from "./answer";
import type { LoadRequest } from "./executor";
import { asFailure } from "./failure";
import { type Coro, Loop, type LoopEnd } from "./loop";
import { type Ended, statusOf } from "./run";
import { Server } from "./server";
import type { EventResult, SimulateOptions } from "./simulate";
import type { Trace } from "./tracing";

/** Real time, as a live graph needs it; epoch milliseconds. */
export interface LiveClock {
  now(): number;
  /** Calls `fire` once at that time or soon after; gives a function that calls it off. */
  wake(at: number, fire: () => void): () => void;
}

/**
 * A graph that takes requests as they come, in real time: windows, batches and timeouts wait as long as they say.
 * One request is worked on after the other, as one worker of a function does.
 */
export class LiveGraph {
  private readonly loop: Loop;
  private readonly server: Server;
  private busy: Promise<unknown> = Promise.resolve();
  private callOff: (() => void) | null = null;

  constructor(
    graph: Graph,
    private readonly clock: LiveClock,
    options: Pick<
      SimulateOptions,
      "executor" | "spec" | "functionName" | "currentFunction" | "fetch" | "verbose"
    >,
    trace: Trace | null = null,
  ) {
    this.loop = new Loop({ now: clock.now() });
    this.server = new Server(graph, { ...options, trace: "none" }, this.loop, trace);
  }

  /** Makes the graph's steps; gives what MLRun raises when it can't, null when all is well. */
  async start(): Promise<Raised | null> {
    const { failure } = await this.work(this.server.start());
    return failure?.raised ?? null;
  }

  request(mock: MockEvent, id: string): Promise<EventResult> {
    return this.next(async () => {
      const began = this.clock.now();
      const ended = await this.work<Reply>(this.server.request(mock, id));
      if (ended.end === "stopped") await this.loop.run(() => false, this.loop.now, true);
      return { id, ...statusOf(ended), ms: this.clock.now() - began };
    });
  }

  /** Flushes the flow; the graph takes no more requests. */
  end(): Promise<void> {
    this.callOff?.();
    return this.next(async () => void (await this.work(this.server.end())));
  }

  private next<T>(job: () => Promise<T>): Promise<T> {
    this.callOff?.();
    const done = this.busy.then(job);
    this.busy = done.then(
      () => this.sleep(),
      () => this.sleep(),
    );
    return done;
  }

  /** Between requests the flow's timers go on. */
  private sleep(): void {
    const at = this.loop.nextAt;
    if (at === null) return;
    this.callOff = this.clock.wake(at, () => {
      this.callOff = null;
      void this.next(async () => {
        this.loop.advance(this.clock.now());
        await this.loop.run(() => false, this.loop.now);
      });
    });
  }

  private async work<T>(coro: Coro<T>): Promise<Ended<T>> {
    const task = this.loop.spawn(coro);
    let end: LoopEnd = "idle";
    for (;;) {
      this.loop.advance(this.clock.now());
      end = await this.loop.run(() => task.done.done, this.loop.now);
      const at = this.loop.nextAt;
      if (task.done.done || end !== "idle" || at === null) break;
      await new Promise<void>((resolve) => this.clock.wake(at, resolve));
    }
    if (!task.done.done) return { end, value: null, failure: null };
    try {
      return { end, value: task.done.result(), failure: null };
    } catch (error) {
      return { end, value: null, failure: asFailure(error) };
    }
  }
}

/** What a graph's steps need that is not built in, in the order in which it is made. */
export function foreignRequests(
  graph: Graph,
  options: Pick<SimulateOptions, "spec">,
): readonly LoadRequest[] {
  return new Server(graph, options, new Loop({ now: 0 }), null).requests();
}
