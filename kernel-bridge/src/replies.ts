/** Follows each execute request through the messages that answer it. */
import type { Disposable } from "@graphcell/core";
import type { ExecutionEvents } from "./executions";
import type { KernelMessage } from "./wire";
import type { Timers } from "./timers";
import { outputOf } from "./output";

/** The reply and the idle status come on two channels, in any order; the reply is given up this long after idle. */
const REPLY_MS = 5_000;

interface Followed {
  readonly events: ExecutionEvents;
  idle: boolean;
  reply: "none" | "done" | "aborted";
  timer: Disposable | null;
}

export class Replies {
  private readonly followed = new Map<string, Followed>();

  constructor(private readonly timers: Timers) {}

  follow(id: string, events: ExecutionEvents): Disposable {
    const entry: Followed = { events, idle: false, reply: "none", timer: null };
    this.followed.set(id, entry);
    return {
      dispose: () => {
        this.followed.delete(id);
        entry.timer?.dispose();
      },
    };
  }

  received(message: KernelMessage): void {
    const entry = message.parent && this.followed.get(message.parent.msg_id);
    if (!entry) return;
    const { channel, header, content } = message;
    if (header.msg_type === "execute_reply") {
      entry.reply = content.status === "aborted" ? "aborted" : "done";
      this.settle(entry);
    } else if (channel === "iopub") {
      this.iopub(entry, header.msg_type, content);
    }
  }

  private iopub(entry: Followed, type: string, content: KernelMessage["content"]): void {
    if (type === "execute_input") entry.events.begun();
    else if (type === "status") {
      if (content.execution_state !== "idle") return;
      entry.idle = true;
      this.settle(entry);
    } else {
      const output = outputOf(type, content);
      if (output) entry.events.output(output);
    }
  }

  private settle(entry: Followed): void {
    if (!entry.idle) return;
    entry.timer?.dispose();
    if (entry.reply !== "none") entry.events.ended(entry.reply);
    else entry.timer = this.timers.schedule(() => entry.events.ended("done"), REPLY_MS);
  }
}
