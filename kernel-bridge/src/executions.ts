/** Executions of one port: their queue, their outputs, and what cancelling each of them means. Any transport. */
import type { CancelToken, Disposable, GraphcellError } from "@graphcell/core";
import { never } from "@graphcell/core";
import type { ExecuteOptions, KernelOutput } from "./port";
import type { Timers } from "./timers";
import { answerLost, asGraphcellError, cancelled, kernelTimeout, portClosed } from "./failure";

/** Content of the execute request that all ports send. */
export function executeContent(code: string) {
  return {
    code,
    // A silent execution may drop its outputs.
    silent: false,
    store_history: false,
    user_expressions: {},
    allow_stdin: false,
    // Code that fails must not sweep the user's cells out of the kernel's queue.
    stop_on_error: false,
  };
}

/** What becomes of an execution request, in this order. */
export interface ExecutionEvents {
  begun(): void;
  output(output: KernelOutput): void;
  /** `aborted`: the kernel dropped the request, because code before it failed; it never ran. */
  ended(how: "done" | "aborted"): void;
  lost(error: GraphcellError): void;
}

/** A transport's part: sends a request and tells what becomes of it until disposed. */
export interface ExecutionSender {
  send(code: string, events: ExecutionEvents): Disposable;
  interrupt(): Promise<void>;
}

/** Before a request that the kernel aborted is sent again: other aborted ones must drain first. */
const RESEND_MS = 50;
const RESENDS = 100;
/** An interrupted execution holds back the next one this long, so that the interrupt can't hit that. */
const INTERRUPT_MS = 5_000;
/** Cancelled code that begins nevertheless may end by itself within this time; then it is interrupted. */
const GRACE_MS = 200;

/**
 * One request is in the kernel at a time: what waits here can be withdrawn, what waits in the kernel can't.
 * Nothing is sent while the port is not ready (connecting, restarting).
 */
export class Executions implements Disposable {
  private queue: Execution[] = [];
  private readonly sent = new Set<Execution>();
  private current: Execution | null = null;
  private ready = false;
  private failure: GraphcellError | null = null;

  constructor(
    private readonly sender: ExecutionSender,
    private readonly timers: Timers,
  ) {}

  run(code: string, cancel: CancelToken = never, options: ExecuteOptions = {}): AsyncIterable<KernelOutput> {
    const execution = new Execution(code, () => this.leave(execution));
    if (this.failure) execution.fail(this.failure);
    else if (cancel.cancelled) execution.fail(cancelled());
    else this.enqueue(execution, cancel, options);
    return execution;
  }

  /** Whether requests can be sent now. */
  setReady(ready: boolean): void {
    this.ready = ready;
    if (ready) this.failure = null;
    this.next();
  }

  /** All executions fail; also later ones when `forGood`, until the port is ready again. */
  fail(error: GraphcellError, forGood = false): void {
    if (forGood) this.failure = error;
    const all = [...this.sent, ...this.queue];
    this.queue = [];
    this.sent.clear();
    this.current = null;
    for (const execution of all) {
      execution.release();
      execution.fail(error);
    }
  }

  /** Requests that were sent before now. */
  outstanding(): readonly object[] {
    return [...this.sent];
  }

  /** Those of `requests` that have not ended since never will: their answers got lost. */
  lost(requests: readonly object[]): void {
    for (const execution of [...this.sent]) {
      if (requests.includes(execution)) this.finish(execution, () => execution.fail(answerLost()));
    }
  }

  dispose(): void {
    this.fail(portClosed(), true);
  }

  private enqueue(execution: Execution, cancel: CancelToken, { timeoutMs }: ExecuteOptions): void {
    this.queue.push(execution);
    execution.own(cancel.onCancel(() => this.stop(execution, cancelled())));
    if (timeoutMs !== undefined) {
      const expire = () => this.stop(execution, outOfTime(timeoutMs));
      execution.own(this.timers.schedule(expire, timeoutMs));
    }
    this.next();
  }

  private next(): void {
    if (!this.ready || this.current) return;
    const execution = this.queue.shift();
    if (!execution) return;
    this.current = execution;
    this.sent.add(execution);
    this.send(execution);
  }

  private send(execution: Execution): void {
    execution.release();
    try {
      execution.link = this.sender.send(execution.code, {
        begun: () => this.begun(execution),
        output: (output) => execution.push(output),
        ended: (how) => this.ended(execution, how),
        lost: (error) => this.finish(execution, () => execution.fail(error)),
      });
    } catch (error) {
      this.finish(execution, () => execution.fail(asGraphcellError(error, "GC_KERNEL_LOST")));
    }
  }

  private begun(execution: Execution): void {
    execution.begun = true;
    if (!execution.stopped) return;
    execution.pause = this.timers.schedule(() => void this.sender.interrupt().catch(ignore), GRACE_MS);
  }

  private ended(execution: Execution, how: "done" | "aborted"): void {
    if (how === "aborted" && !execution.stopped && execution.resends < RESENDS) {
      execution.resends++;
      execution.begun = false;
      execution.pause = this.timers.schedule(() => this.resend(execution), RESEND_MS);
      return;
    }
    this.finish(execution, () => (how === "done" ? execution.finish() : execution.fail(answerLost())));
  }

  private resend(execution: Execution): void {
    if (!this.sent.has(execution)) return;
    if (execution.stopped) this.finish(execution, () => {});
    else this.send(execution);
  }

  private finish(execution: Execution, settle: () => void): void {
    this.sent.delete(execution);
    execution.release();
    settle();
    this.makeWay(execution);
  }

  private makeWay(execution: Execution): void {
    if (this.current !== execution) return;
    this.current = null;
    this.next();
  }

  /** Cancelled, or out of time: the caller hears of it now, the kernel is tidied up behind it. */
  private stop(execution: Execution, error: GraphcellError): void {
    if (execution.settled) return;
    execution.stopped = true;
    execution.fail(error);
    if (!this.sent.has(execution)) {
      this.queue = this.queue.filter((queued) => queued !== execution);
    } else if (execution.begun) {
      void this.sender.interrupt().catch(ignore);
      execution.pause = this.timers.schedule(() => this.makeWay(execution), INTERRUPT_MS);
    } else {
      this.makeWay(execution);
    }
  }

  /** The caller stopped listening: what has not been sent need not be. */
  private leave(execution: Execution): void {
    this.queue = this.queue.filter((queued) => queued !== execution);
  }
}

/** One execution and the outputs that its caller has not taken yet. */
class Execution implements AsyncIterableIterator<KernelOutput> {
  /** What the transport tells of it. */
  link: Disposable | null = null;
  /** What is to happen to it later. */
  pause: Disposable | null = null;
  begun = false;
  /** Nobody wants it any longer. */
  stopped = false;
  resends = 0;
  private outputs: KernelOutput[] = [];
  private taken = 0;
  private end: { readonly error: GraphcellError | null } | null = null;
  private wake: (() => void) | null = null;
  private held: Disposable[] = [];

  constructor(
    readonly code: string,
    private readonly left: () => void,
  ) {}

  get settled(): boolean {
    return this.end !== null;
  }

  own(item: Disposable): void {
    if (this.settled) item.dispose();
    else this.held.push(item);
  }

  release(): void {
    this.link?.dispose();
    this.pause?.dispose();
  }

  push(output: KernelOutput): void {
    if (this.settled) return;
    this.outputs.push(output);
    this.wake?.();
  }

  finish(): void {
    this.settle(null);
  }

  fail(error: GraphcellError): void {
    this.settle(error);
  }

  private settle(error: GraphcellError | null): void {
    if (this.settled) return;
    this.end = { error };
    for (const item of this.held) item.dispose();
    this.held = [];
    this.wake?.();
  }

  async next(): Promise<IteratorResult<KernelOutput>> {
    for (;;) {
      const output = this.outputs[this.taken];
      if (output) {
        this.taken++;
        return { done: false, value: output };
      }
      // Taken outputs may be large.
      this.outputs = [];
      this.taken = 0;
      if (this.end?.error) throw this.end.error;
      if (this.end) return { done: true, value: undefined };
      await new Promise<void>((resolve) => (this.wake = resolve));
      this.wake = null;
    }
  }

  return(): Promise<IteratorResult<KernelOutput>> {
    this.finish();
    this.outputs = [];
    this.left();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

function outOfTime(timeoutMs: number): GraphcellError {
  return kernelTimeout(
    "The kernel did not finish",
    timeoutMs,
    "Interrupt the kernel if it is busy with something else, or allow more time.",
  );
}

function ignore(): void {
  // The kernel may be gone by now: then there is nothing to interrupt.
}
