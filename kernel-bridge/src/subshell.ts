/** The direct channel over any Jupyter connection: two comms on a subshell of our own (see direct.ts). */
import type { GraphcellError } from "@graphcell/core";
import type { DirectRole } from "./direct";
import type { Timers } from "./timers";
import { DIRECT_TARGET, DirectRequests } from "./direct";

/** A kernel that does not answer a goodbye by then is stuck. */
const GOODBYE_MS = 5_000;

const ROLES: readonly DirectRole[] = ["request", "push"];

/** A connection's part: messages on the shell channel for a subshell, and its end. */
export interface SubshellLink {
  readonly timers: Timers;
  /** A new name, unlike any other. */
  randomId(): string;
  /** Sends `comm_open`, `comm_msg` or `comm_close` on the shell channel. */
  post(type: string, content: Record<string, unknown>, subshellId: string): void;
  /** Asks the kernel to delete the subshell; ends when it has, or never will. Throws nothing. */
  remove(subshellId: string): Promise<void>;
}

export class Subshell {
  readonly channel: DirectRequests;
  /** Comm ids by role; empty while the comms are not open. */
  private comms = new Map<DirectRole, string>();

  constructor(
    /** A subshell that the kernel has made: messages to one that it has not are never answered. */
    private readonly id: string,
    private readonly link: SubshellLink,
  ) {
    this.channel = new DirectRequests((data) => this.send(data), link.timers);
  }

  /** An iopub message about any comm in the kernel. */
  received(type: string, content: Readonly<Record<string, unknown>>): void {
    if (![...this.comms.values()].includes(String(content.comm_id))) return;
    if (type === "comm_msg") {
      this.channel.received(content.data);
    } else if (type === "comm_close") {
      this.comms.clear();
      this.channel.refused();
    }
  }

  /** The kernel process is gone, and the subshell with it. */
  lost(error: GraphcellError): void {
    this.comms.clear();
    this.channel.close(error);
  }

  /**
   * Fails what waits, and says goodbye, so that the kernel ends what runs for us and closes the comms, and then deletes the subshell: sooner,
   * the goodbye would be lost with it. Where the connection is gone at once, the goodbye at least is on its way.
   */
  async close(reason: GraphcellError): Promise<void> {
    if (this.comms.size > 0) await this.channel.goodbye(reason, GOODBYE_MS);
    this.comms.clear();
    this.channel.dispose();
    await this.link.remove(this.id);
  }

  private send(data: { readonly id: string; readonly text: string }): void {
    if (this.comms.size === 0) for (const role of ROLES) this.open(role);
    this.link.post("comm_msg", { comm_id: this.comms.get("request"), data }, this.id);
  }

  private open(role: DirectRole): void {
    const comm_id = this.link.randomId();
    this.comms.set(role, comm_id);
    const data = { role, client: this.comms.get("request") };
    this.link.post("comm_open", { comm_id, target_name: DIRECT_TARGET, data }, this.id);
  }
}
