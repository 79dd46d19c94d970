/** The direct channel over a Jupyter server: two comms on a subshell of our own (see direct.ts). */
import type { Disposable, GraphcellError } from "@graphcell/core";
import type { DirectRole } from "./direct";
import type { KernelMessage } from "./wire";
import type { ClientHost } from "./transport";
import type { Requests } from "./requests";
import { DIRECT_TARGET, DirectRequests } from "./direct";

const CREATE_MS = 10_000;
const ROLES: readonly DirectRole[] = ["request", "push"];

export class Subshell implements Disposable {
  readonly channel: DirectRequests;
  /** Comm ids by role; empty while the comms are not open. */
  private comms = new Map<DirectRole, string>();

  private constructor(
    private readonly id: string,
    private readonly requests: Requests,
    private readonly host: ClientHost,
  ) {
    this.channel = new DirectRequests((data) => this.send(data), host.timers);
  }

  /** A new subshell in the kernel; null when it does not make one. */
  static async create(requests: Requests, host: ClientHost): Promise<Subshell | null> {
    const reply = await requests.ask("control", "create_subshell_request", {}, CREATE_MS).catch(() => null);
    const id = reply?.content.subshell_id;
    return typeof id === "string" ? new Subshell(id, requests, host) : null;
  }

  /** A `comm_msg` or `comm_close` of any comm in the kernel. */
  received({ header, content }: KernelMessage): void {
    if (![...this.comms.values()].includes(String(content.comm_id))) return;
    if (header.msg_type === "comm_msg") {
      this.channel.received(content.data);
    } else if (header.msg_type === "comm_close") {
      this.comms.clear();
      this.channel.refused();
    }
  }

  /** The kernel process is gone, and the subshell with it. */
  lost(error: GraphcellError): void {
    this.comms.clear();
    this.channel.close(error);
  }

  /** Closes the comms and deletes the subshell; needs an open connection to do so. */
  dispose(): void {
    for (const comm_id of this.comms.values()) {
      this.requests.post("shell", "comm_close", { comm_id, data: {} }, this.id);
    }
    this.comms.clear();
    this.requests.post("control", "delete_subshell_request", { subshell_id: this.id });
    this.channel.dispose();
  }

  private send(data: { readonly id: string; readonly text: string }): void {
    if (this.comms.size === 0) for (const role of ROLES) this.open(role);
    this.requests.post("shell", "comm_msg", { comm_id: this.comms.get("request"), data }, this.id);
  }

  private open(role: DirectRole): void {
    const comm_id = this.host.randomId();
    this.comms.set(role, comm_id);
    const content = { comm_id, target_name: DIRECT_TARGET, data: { role } };
    this.requests.post("shell", "comm_open", content, this.id);
  }
}
