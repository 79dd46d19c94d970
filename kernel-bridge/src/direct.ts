/**
 * The direct channel: requests to the agent and its answers, past a busy kernel, over Jupyter comms on a subshell.
 *
 * What goes over a comm is an object with one text, so that ports know nothing of the protocol in it:
 *
 *     front end -> kernel   {"id": "7", "text": "..."}     a request
 *     kernel -> front end   {"id": "7", "text": "..."}     its reply
 *     kernel -> front end   {"text": "..."}                a push
 *
 * The kernel registers one target, `DIRECT_TARGET`. A front end opens it twice on the same subshell: with the data
 * `{"role": "request"}` for requests and replies, and with `{"role": "push"}` for pushes. They are two because
 * ipykernel 7.4 remembers, for each comm, the subshell of the code that sent on it last, and delivers what arrives
 * next there: a push from a cell's thread would lead the next request to the busy main shell. So the kernel
 * - answers on the request comm, from inside its message handler (that is the subshell's thread), and
 * - sends pushes on the push comm only, from any thread.
 * A comm is opened with the first request (so a front end that wants pushes sends one), again after a restart, and
 * again after the kernel closed it; several front ends may have theirs open at the same time, and the data's `client`,
 * the id of the request comm, tells which two belong together. A request with an empty text is a goodbye: the kernel
 * ends what it does for that front end, replies, and closes both comms.
 */
import type { CancelToken, Disposable } from "@graphcell/core";
import { Emitter, GraphcellError } from "@graphcell/core";
import type { DirectChannel } from "./port";
import type { Timers } from "./timers";
import { cancelled } from "./failure";
import { isRecord } from "./wire";

/** Name of the comm target that the agent registers in the kernel. */
export const DIRECT_TARGET = "graphcell";

/** Text of the request by which a front end takes its leave. */
export const GOODBYE = "";

/** What one of the two comms is for; sent as `{"role": ...}` when it is opened. */
export type DirectRole = "request" | "push";

/** Sends a request's data on the request comm, opening both comms first if need be; throws when it can't. */
export type DirectSend = (data: { readonly id: string; readonly text: string }) => void;

interface Waiting {
  resolve(text: string): void;
  reject(error: GraphcellError): void;
}

/** Matches replies to requests. A port feeds it with what comes in on its comms. */
export class DirectRequests implements DirectChannel, Disposable {
  private readonly waiting = new Map<string, Waiting>();
  private readonly pushes = new Emitter<string>();
  private lastId = 0;
  private closed: GraphcellError | null = null;

  readonly onPush = this.pushes.event;

  constructor(
    private readonly send: DirectSend,
    private readonly timers: Timers,
  ) {}

  request(message: string, timeoutMs: number, cancel?: CancelToken): Promise<string> {
    if (this.closed) return Promise.reject(this.closed);
    if (cancel?.cancelled) return Promise.reject(cancelled());
    const id = String(++this.lastId);
    const held: Disposable[] = [];
    return new Promise<string>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      held.push(this.timers.schedule(() => this.fail(id, noReply(timeoutMs)), timeoutMs));
      if (cancel) held.push(cancel.onCancel(() => this.fail(id, cancelled())));
      try {
        this.send({ id, text: message });
      } catch (error) {
        this.fail(id, error instanceof GraphcellError ? error : refused(String(error)));
      }
    }).finally(() => {
      this.waiting.delete(id);
      for (const item of held) item.dispose();
    });
  }

  /** Data that came in on either comm. A reply that nobody waits for any longer is dropped. */
  received(data: unknown): void {
    if (!isRecord(data) || typeof data.text !== "string") return;
    if (data.id === undefined || data.id === null) this.pushes.fire(data.text);
    else this.waiting.get(String(data.id))?.resolve(data.text);
  }

  /** The kernel closed the request comm: what waits gets no reply; the next request opens it again. */
  refused(): void {
    this.failAll(refused("the kernel has no Graphcell agent"));
  }

  /** Fails what waits and what comes later; ends when the kernel has heard of it, or does not say so in time. */
  async goodbye(reason: GraphcellError, timeoutMs: number): Promise<void> {
    this.failAll(reason);
    const heard = this.request(GOODBYE, timeoutMs).catch(() => null);
    this.closed ??= reason;
    await heard;
  }

  /** The channel is no more, for good. */
  close(reason: GraphcellError): void {
    this.closed ??= reason;
    this.failAll(reason);
  }

  dispose(): void {
    this.close(refused("the connection was closed"));
    this.pushes.dispose();
  }

  private fail(id: string, error: GraphcellError): void {
    this.waiting.get(id)?.reject(error);
  }

  private failAll(error: GraphcellError): void {
    for (const request of [...this.waiting.values()]) request.reject(error);
  }
}

function noReply(timeoutMs: number): GraphcellError {
  return new GraphcellError(
    "GC_KERNEL_TIMEOUT",
    `The kernel did not answer within ${timeoutMs / 1000} s.`,
    "Interrupt the kernel if it is busy with compiled code, or restart it.",
  );
}

function refused(why: string): GraphcellError {
  return new GraphcellError("GC_DIRECT_CLOSED", `The direct channel to the kernel is closed: ${why}.`);
}
