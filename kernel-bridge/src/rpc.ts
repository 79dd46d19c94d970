/** Calls into the agent: past a busy kernel where the port has a way, else by an execution. */
import { type CancelToken, GraphcellError, type PyMap } from "@graphcell/core";
import { bootstrapCode, requestCode } from "./bootstrap";
import { decodeReply } from "./decode";
import { asGraphcellError, cancelled } from "./failure";
import type { DirectChannel, KernelOutput, KernelPort } from "./port";
import { type Call, RPC_MIME, call, requestText } from "./protocol";

export interface RpcOptions {
  readonly cancel?: CancelToken;
}

/** Milliseconds for telling the agent that a request is no longer wanted. */
const CANCEL_TIMEOUT = 10_000;

export class Rpc {
  private last = 0;
  private injecting: Promise<void> | null = null;

  constructor(
    private readonly port: KernelPort,
    /** Milliseconds for a request, the wait for a busy kernel included. */
    private readonly timeoutMs: number,
  ) {}

  /**
   * The answers to calls, in order. A call that could not be done is an error among them; the request as a whole
   * throws what the port throws, `GC_AGENT` when the agent can't be put into the kernel, `GC_PROTOCOL` when it
   * can't be understood.
   */
  async request(calls: readonly Call[], options: RpcOptions = {}): Promise<(PyMap | GraphcellError)[]> {
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

  private async answer(text: string, options: RpcOptions): Promise<string> {
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
    try {
      return await direct.request(text, this.timeoutMs, options.cancel);
    } catch (error) {
      if (error instanceof GraphcellError && error.code === "GC_KERNEL_TIMEOUT") this.cancelDirect(direct);
      throw error;
    } finally {
      told?.dispose();
    }
  }

  /** The port forgets a cancelled request, but the kernel works on: it has to be told. */
  private cancelDirect(direct: DirectChannel): void {
    const text = requestText(String(++this.last), [call("cancel")]);
    direct.request(text, CANCEL_TIMEOUT).catch(() => undefined);
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
