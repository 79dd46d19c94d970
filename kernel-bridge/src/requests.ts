/** Messages out, and replies matched to their requests by message id. */
import { type Disposable, Emitter, type GraphcellError } from "@graphcell/core";
import type { Channel, KernelMessage } from "./wire";
import type { ClientHost } from "./transport";
import { encodeFrame } from "./wire";
import { kernelTimeout } from "./failure";

interface Asked {
  resolve(reply: KernelMessage): void;
  reject(error: GraphcellError): void;
}

export interface PostOptions {
  readonly subshell?: string;
  /** Whose message it is, when not the client's own. */
  readonly session?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export class Requests {
  private readonly asked = new Map<string, Asked>();
  private readonly published = new Emitter<string>();
  /** The kernel published something about a request of ours; by the session of its process. */
  readonly onPublished = this.published.event;

  constructor(
    /** The client's own session: kernels name it in the parent header of what they answer. */
    readonly session: string,
    private readonly host: ClientHost,
    private readonly write: (frame: Uint8Array) => void,
  ) {}

  /** Sends a message and tells its id. */
  post(channel: Channel, type: string, content: Record<string, unknown>, options: PostOptions = {}): string {
    const id = this.host.randomId();
    const { subshell, metadata } = options;
    const header = {
      msg_id: id,
      msg_type: type,
      session: options.session ?? this.session,
      username: "graphcell",
      version: "5.4",
      date: new Date().toISOString(),
      ...(subshell === undefined ? {} : { subshell_id: subshell }),
    };
    this.write(encodeFrame({ channel, header, content, ...(metadata ? { metadata } : {}) }, this.host.utf8));
    return id;
  }

  /** Sends a request; its reply, or `GC_KERNEL_TIMEOUT`. */
  ask(
    channel: "shell" | "control",
    type: string,
    content: Record<string, unknown>,
    timeoutMs: number,
  ): Promise<KernelMessage> {
    const id = this.post(channel, type, content);
    let timer: Disposable | null = null;
    return new Promise<KernelMessage>((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      timer = this.host.timers.schedule(() => {
        reject(kernelTimeout("The kernel did not answer", timeoutMs, "Interrupt or restart it."));
      }, timeoutMs);
    }).finally(() => {
      this.asked.delete(id);
      timer?.dispose();
    });
  }

  received(message: KernelMessage): void {
    const { channel, header, parent } = message;
    if (channel === "iopub") {
      if (parent?.session === this.session) this.published.fire(header.session);
    } else if (parent) this.asked.get(parent.msg_id)?.resolve(message);
  }

  fail(error: GraphcellError): void {
    for (const request of [...this.asked.values()]) request.reject(error);
  }
}
