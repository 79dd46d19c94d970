/**
 * Runs a notebook's cells for a host that has no kernel connection of its own: with history, numbers, input, displays
 * that change later, and everything that the kernel says of a cell. What Graphcell itself asks of a kernel goes by
 * `KernelPort.execute` instead.
 */
import { type Disposable, Emitter, type GraphcellError } from "@graphcell/core";
import { outputOf } from "./output";
import type { KernelOutput } from "./port";
import type { Timers } from "./timers";
import { isRecord, type Channel, type KernelMessage } from "./wire";

/** What becomes of a cell, in this order; `ended` comes once, last. */
export interface CellEvents {
  /** The kernel begins with it and gives it a number. */
  begun(count: number | null): void;
  output(output: CellOutput): void;
  /** The outputs so far go; with `wait` not before the next one comes. */
  clear(wait: boolean): void;
  /** The code asks for a line of text. */
  input(prompt: string, password: boolean): Promise<string | null>;
  /** `failed` after an error; `aborted` when a cell before it failed and it was not run at all. */
  ended(how: "ok" | "failed" | "aborted", error?: GraphcellError): void;
}

/** An output as a notebook's file keeps it. */
export interface CellOutput {
  readonly output: KernelOutput;
  /** Names an output that may change later, also while another cell runs. */
  readonly displayId: string | null;
  /** The value of the cell's last line, with the cell's number; not something that was displayed. */
  readonly result: { readonly count: number | null } | null;
}

/** An output under that display id is another one now, in whichever cells it stands. */
export interface DisplayUpdate {
  readonly displayId: string;
  readonly output: Extract<KernelOutput, { readonly type: "data" }>;
}

/** A connection's part: sends a message under a session of its own and gives its id; throws when there is none. */
export interface CellLink {
  post(
    channel: Channel,
    type: string,
    content: Record<string, unknown>,
    metadata?: Record<string, unknown>,
  ): string;
  readonly timers: Timers;
}

/** The reply and the idle status come on two channels, in any order; the reply is given up this long after idle. */
const REPLY_MS = 5_000;

interface Running {
  readonly events: CellEvents;
  begun: boolean;
  idle: boolean;
  reply: KernelMessage["content"] | null;
  timer: Disposable | null;
}

export class CellRuns {
  private readonly running = new Map<string, Running>();
  private readonly updates = new Emitter<DisplayUpdate>();
  /** Displays that changed, also by cells of other front ends. */
  readonly onUpdate = this.updates.event;

  constructor(private readonly link: CellLink) {}

  /** Sends a cell's code; the kernel runs it after what it was asked before. */
  run(code: string, cellId: string, events: CellEvents): void {
    const content = {
      code,
      silent: false,
      store_history: true,
      user_expressions: {},
      allow_stdin: true,
      stop_on_error: true,
    };
    const id = this.link.post("shell", "execute_request", content, { cellId });
    this.running.set(id, { events, begun: false, idle: false, reply: null, timer: null });
  }

  /** Ids of the requests that were sent before now. */
  outstanding(): readonly string[] {
    return [...this.running.keys()];
  }

  /** The process is gone, or its answers are: cells that have not ended never will. */
  fail(error: GraphcellError, ids: readonly string[] = this.outstanding()): void {
    for (const id of ids) this.end(id, "failed", error);
  }

  received(message: KernelMessage): void {
    const { header, parent, content } = message;
    if (header.msg_type === "update_display_data") this.update(content);
    const id = parent?.msg_id ?? "";
    const cell = this.running.get(id);
    if (!cell) return;
    switch (header.msg_type) {
      case "execute_input":
        return this.begin(cell, content);
      case "execute_reply":
        cell.reply = content;
        return this.settle(id, cell);
      case "status":
        cell.idle = content.execution_state === "idle" || cell.idle;
        return this.settle(id, cell);
      case "clear_output":
        return cell.events.clear(content.wait === true);
      case "input_request":
        return void this.ask(cell, content);
      case "update_display_data":
        return;
      default:
        return this.output(cell, header.msg_type, content);
    }
  }

  private begin(cell: Running, content: KernelMessage["content"]): void {
    cell.begun = true;
    cell.events.begun(countOf(content));
  }

  private output(cell: Running, type: string, content: KernelMessage["content"]): void {
    const output = outputOf(type, content);
    if (!output) return;
    const result = type === "execute_result" ? { count: countOf(content) } : null;
    cell.events.output({ output, displayId: displayIdOf(content), result });
  }

  private update(content: KernelMessage["content"]): void {
    const output = outputOf("update_display_data", content);
    const displayId = displayIdOf(content);
    if (output?.type === "data" && displayId !== null) this.updates.fire({ displayId, output });
  }

  private async ask(cell: Running, { prompt, password }: KernelMessage["content"]): Promise<void> {
    const value = await cell.events.input(typeof prompt === "string" ? prompt : "", password === true);
    // Who declined to answer interrupts the cell; the kernel no longer waits then.
    if (value !== null) this.link.post("stdin", "input_reply", { value, status: "ok" });
  }

  private settle(id: string, cell: Running): void {
    if (!cell.idle) return;
    cell.timer?.dispose();
    const { reply } = cell;
    if (!reply) {
      cell.timer = this.link.timers.schedule(() => this.end(id, "ok"), REPLY_MS);
      return;
    }
    if (!cell.begun && reply.status === "ok") this.begin(cell, reply);
    this.end(id, reply.status === "ok" ? "ok" : reply.status === "aborted" ? "aborted" : "failed");
  }

  private end(id: string, how: "ok" | "failed" | "aborted", error?: GraphcellError): void {
    const cell = this.running.get(id);
    if (!cell) return;
    this.running.delete(id);
    cell.timer?.dispose();
    cell.events.ended(how, error);
  }
}

function displayIdOf({ transient }: KernelMessage["content"]): string | null {
  const id = isRecord(transient) ? transient.display_id : null;
  return typeof id === "string" ? id : null;
}

function countOf({ execution_count }: KernelMessage["content"]): number | null {
  return typeof execution_count === "number" ? execution_count : null;
}
