import type { CancelToken, Disposable, Event } from "@graphcell/core";

/** One output of an execution: Jupyter's own kinds, reduced to what every host can give. */
export type KernelOutput =
  | { readonly type: "stream"; readonly name: "stdout" | "stderr"; readonly text: string }
  | {
      readonly type: "data";
      readonly data: Readonly<Record<string, unknown>>;
      readonly metadata?: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "error";
      readonly name: string;
      readonly value: string;
      readonly traceback: readonly string[];
    };

export type KernelStatus = "unknown" | "starting" | "idle" | "busy" | "restarting" | "dead" | "disconnected";

export interface ExecuteOptions {
  /** Milliseconds for all of it, waiting for a busy kernel included; without it, as long as the kernel lives. */
  readonly timeoutMs?: number;
}

/**
 * A kernel as every host offers it: run code, get its outputs. A request of ours is one call whose replies are
 * outputs of our MIME type. What else a host has (comms, subshells) is optional and found behind `direct`.
 */
export interface KernelPort extends Disposable {
  /** Kernel's language, `python` for ours; empty until known. */
  readonly language: string;
  readonly status: KernelStatus;
  readonly onStatus: Event<KernelStatus>;
  /** Fires after the kernel came up anew: what was injected is gone. */
  readonly onRestart: Event<void>;
  /** Fires after somebody's code (not ours) ended in the kernel. Absent where the host does not tell. */
  readonly onExecuted?: Event<void>;
  /**
   * Runs code without history, after what was given before. It is sent at once, not only when its outputs are
   * asked for. Ends when the kernel is done with it; throws `GraphcellError` (`GC_KERNEL_DEAD`,
   * `GC_KERNEL_TIMEOUT`, `GC_KERNEL_LOST`, `GC_KERNEL_CLOSED`, `GC_CANCELLED`) when it can't end. Cancelling and
   * running out of time interrupt the kernel only if the code has begun to run.
   */
  execute(code: string, cancel?: CancelToken, options?: ExecuteOptions): AsyncIterable<KernelOutput>;
  /** A way past a busy kernel (a comm on a subshell): present only when it works right now. */
  readonly direct?: DirectChannel;
  /** Opens such a way by a socket, where a host has no comms; without effect when the kernel is on another machine. */
  openDirect?(address: DirectAddress): Promise<void>;
  interrupt(): Promise<void>;
  restart(): Promise<void>;
}

/** Where an agent listens on the machine of its kernel. */
export interface DirectAddress {
  readonly port: number;
  /** What a connection says first. */
  readonly token: string;
}

/** Messages to and from the agent while cells run. */
export interface DirectChannel {
  /**
   * Sends a request; its reply, or a `GraphcellError`: `GC_KERNEL_TIMEOUT` after `timeoutMs`, `GC_CANCELLED`,
   * `GC_DIRECT_CLOSED` when no agent listens or the channel is gone, `GC_KERNEL_DEAD`. The first one opens the
   * channel in the kernel: before it, nothing is pushed.
   */
  request(message: string, timeoutMs: number, cancel?: CancelToken): Promise<string>;
  /** Messages that the agent sends by itself. */
  readonly onPush: Event<string>;
}
