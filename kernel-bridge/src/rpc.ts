/** Calls into the agent: past a busy kernel where the port has a way, else by an execution. */
import {
  type CancelToken,
  type Disposable,
  Disposables,
  GraphcellError,
  type PyMap,
  dict,
} from "@graphcell/core";
import { bootstrapCode, requestCode } from "./bootstrap";
import { decodeReply } from "./decode";
import { asGraphcellError, cancelled } from "./failure";
import type { DirectChannel, KernelOutput, KernelPort } from "./port";
import { type Call, RPC_MIME, call, requestText } from "./protocol";
import type { Timers } from "./timers";

export interface RpcOptions {
  readonly cancel?: CancelToken;
}

/** Milliseconds for telling the agent that a request is no longer wanted. */
const CANCEL_TIMEOUT = 10_000;

/** Milliseconds between signs of life while a request is worked on: work for who is silent for long is ended. */
const ALIVE_INTERVAL = 20_000;

export class Rpc {
  private last = 0;
  private injecting: Promise<void> | null = null;
  private extending: Promise<void> | null = null;
  private readonly waiting = new Set<() => void>();
  private closed = false;

  constructor(
    private readonly port: KernelPort,
    /** Milliseconds for a request, the wait for a busy kernel included. */
    private readonly timeoutMs: number,
    private readonly timers: Timers,
  ) {}

  /**
   * The answers to calls, in order. A call that could not be done is an error among them; the request as a whole
   * throws what the port throws, `GC_AGENT` when the agent can't be put into the kernel, `GC_PROTOCOL` when it
   * can't be understood.
   */
  async request(calls: readonly Call[], options: RpcOptions = {}): Promise<(PyMap | GraphcellError)[]> {
    const answers = await this.exchange(calls, options);
    const again = calls.flatMap((_, i) => (lacksCode(answers[i]) ? [i] : []));
    if (again.length === 0) return answers;
    await this.extend();
    const rest = await this.exchange(
      again.map((i) => calls[i]),
      options,
    );
    again.forEach((at, i) => (answers[at] = rest[i]));
    return answers;
  }

  private async exchange(calls: readonly Call[], options: RpcOptions): Promise<(PyMap | GraphcellError)[]> {
    if (options.cancel?.cancelled) throw cancelled();
    const text = requestText(String(++this.last), calls);
    return decodeReply(await this.answer(text, options), calls.length);
  }

  /** The answer to one call; throws its error. */
  async ask(asked: Call, options: RpcOptions = {}): Promise<PyMap> {
    const [answer] = await this.request([asked], options);
    if (answer instanceof GraphcellError) throw answer;
    return answer;
  }

  /** Puts the agent into the kernel; several who ask at a time share one attempt. */
  inject(): Promise<void> {
    this.injecting ??= this.bootstrap().finally(() => {
      this.injecting = null;
    });
    return this.injecting;
  }

  /** Gives the agent the code that only runs need: neither a page nor a kernel has it before somebody simulates. */
  private extend(): Promise<void> {
    this.extending ??= this.sendRunCode().finally(() => {
      this.extending = null;
    });
    return this.extending;
  }

  private async sendRunCode(): Promise<void> {
    const { RUN_SOURCES } = await import("./agent-run-source");
    const [answer] = await this.exchange([call("extend", { sources: dict(RUN_SOURCES) })], {});
    if (answer instanceof GraphcellError) throw answer;
  }

  /** Ends what waits for the kernel to start. */
  dispose(): void {
    this.closed = true;
    for (const stop of [...this.waiting]) stop();
  }

  /**
   * A request that is given while the kernel starts waits for that here: as an execution it would stand behind cells,
   * and one of them may wait for us. Without a start (the port was closed, the kernel died) the port says so itself.
   */
  private async started(cancel: CancelToken | undefined): Promise<void> {
    const { port } = this;
    const starts = () => port.status === "starting" || port.status === "restarting";
    if (!starts() || this.closed) return;
    const owned = new Disposables();
    await new Promise<void>((resolve) => {
      this.waiting.add(resolve);
      owned.add({ dispose: () => this.waiting.delete(resolve) });
      owned.add(port.onStatus(() => !starts() && resolve()));
      owned.add(this.timers.schedule(resolve, this.timeoutMs));
      if (cancel) owned.add(cancel.onCancel(resolve));
    }).finally(() => owned.dispose());
    if (cancel?.cancelled) throw cancelled();
  }

  private async answer(text: string, options: RpcOptions): Promise<string> {
    await this.started(options.cancel);
    // No agent may listen yet: the way by execution puts it there.
    const answer = (await this.past(text, options)) ?? (await this.execute(text, options));
    if (answer !== null) return answer;
    await this.inject();
    // Cells that were run meanwhile stand before an execution, and one of them may wait for us.
    const second = (await this.past(text, options)) ?? (await this.execute(text, options));
    if (second !== null) return second;
    throw new GraphcellError(
      "GC_AGENT",
      "The kernel does not answer Graphcell's requests.",
      "Restart the kernel and run the notebook again.",
    );
  }

  /** The answer by the way past a busy kernel; null where there is no such way, or nobody listens at its end. */
  private async past(text: string, options: RpcOptions): Promise<string | null> {
    const { direct } = this.port;
    if (!direct) return null;
    try {
      return await this.sendDirect(direct, text, options);
    } catch (error) {
      if (error instanceof GraphcellError && error.code === "GC_DIRECT_CLOSED") return null;
      throw error;
    }
  }

  private async sendDirect(direct: DirectChannel, text: string, options: RpcOptions): Promise<string> {
    const told = options.cancel?.onCancel(() => this.cancelDirect(direct));
    let alive: Disposable = this.timers.schedule(() => sign(), ALIVE_INTERVAL);
    const sign = (): void => {
      this.tell(direct, "hello");
      alive = this.timers.schedule(sign, ALIVE_INTERVAL);
    };
    try {
      return await direct.request(text, this.timeoutMs, options.cancel);
    } catch (error) {
      if (error instanceof GraphcellError && error.code === "GC_KERNEL_TIMEOUT") this.cancelDirect(direct);
      throw error;
    } finally {
      told?.dispose();
      alive.dispose();
    }
  }

  /** The port forgets a cancelled request, but the kernel works on: it has to be told. */
  private cancelDirect(direct: DirectChannel): void {
    this.tell(direct, "cancel");
  }

  /** A call whose answer nobody waits for. */
  private tell(direct: DirectChannel, op: string): void {
    direct.request(requestText(String(++this.last), [call(op)]), CANCEL_TIMEOUT).catch(() => undefined);
  }

  /** The reply's text; null when the kernel has no agent. */
  private async execute(text: string, options: RpcOptions): Promise<string | null> {
    let reply: string | null = null;
    for await (const output of this.run(requestCode(text), options)) {
      reply ??= replyIn(output);
      if (output.type === "error") throw failed(output);
    }
    return reply;
  }

  private async bootstrap(): Promise<void> {
    for await (const output of this.run(bootstrapCode(), {})) {
      if (output.type === "error") {
        throw new GraphcellError(
          "GC_AGENT",
          `Graphcell could not be put into the kernel: ${output.name}: ${output.value}`,
          "The kernel must run Python 3.9 or newer with IPython.",
        );
      }
    }
  }

  private run(code: string, options: RpcOptions): AsyncIterable<KernelOutput> {
    return this.port.execute(code, options.cancel, { timeoutMs: this.timeoutMs });
  }
}

/** The agent has not got the code for runs yet. */
function lacksCode(answer: PyMap | GraphcellError): boolean {
  return answer instanceof GraphcellError && answer.code === "GC_EXTEND";
}

/** The reply that an output carries. Hosts give the JSON as an object, or as its text. */
function replyIn(output: KernelOutput): string | null {
  if (output.type !== "data") return null;
  let data: unknown = output.data[RPC_MIME];
  if (typeof data === "string") {
    try {
      data = JSON.parse(data);
    } catch {
      return null;
    }
  }
  if (typeof data !== "object" || data === null || !("text" in data)) return null;
  return typeof data.text === "string" ? data.text : null;
}

function failed(output: { readonly name: string; readonly value: string }): GraphcellError {
  if (output.name === "KeyboardInterrupt" || output.name === "CancelledError") {
    return new GraphcellError("GC_INTERRUPTED", "The kernel was interrupted.");
  }
  return asGraphcellError(`The kernel refused a request: ${output.name}: ${output.value}`, "GC_AGENT");
}
