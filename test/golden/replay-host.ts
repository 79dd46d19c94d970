import {
  type HostAction,
  type HostReply,
  type InnerCall,
  type PyMap,
  type PyValue,
  type Raised,
  type WireEvent,
  identical,
  isMap,
} from "@graphcell/core";
import { listAt, textAt } from "./case";

/**
 * Stands for a Storey step that does its own work: a record tells what it emitted after each event that it took. Of
 * each emission the record also shows whether it was the event itself.
 */
export class ReplayHost {
  /** What happened in the step, in order. */
  private readonly ops: readonly PyMap[];
  private at = 0;
  private taken: { readonly event: WireEvent; readonly origin: number } | null = null;
  private emissions = 0;

  constructor(
    trace: readonly PyValue[],
    step: string,
    private readonly raisedOf: (error: PyValue) => Raised,
  ) {
    const kinds = ["in", "out", "raise", "terminate", "call"];
    this.ops = trace
      .filter(isMap)
      .filter((op) => textAt(op, "step") === step && kinds.includes(textAt(op, "op")));
  }

  answer(action: HostAction): HostReply {
    if (action.type === "start") return { state: "done" };
    if (action.type === "take") this.taken = { event: action.event, origin: action.origin };
    if (action.type === "end") this.taken = null;
    if (action.type === "fail") {
      this.calls();
      if (textAt(this.ops.at(this.at) ?? new Map(), "op") === "raise") this.at++;
      return { state: "done", raised: action.error };
    }
    if (action.type === "take" || action.type === "end") this.at++;
    if (action.type === "resume" && this.forwarding) return { state: "done", value: action.value };
    return this.next();
  }

  private forwarding = false;

  private next(): HostReply {
    const calls = this.calls();
    const reply = this.happened();
    return calls.length > 0 ? { ...reply, calls } : reply;
  }

  /** What the step called before it emitted; what selects its outlets is asked for by itself. */
  private calls(): InnerCall[] {
    const calls: InnerCall[] = [];
    for (let op = this.ops.at(this.at); op && textAt(op, "op") === "call"; op = this.ops.at(this.at)) {
      this.at++;
      if (textAt(op, "fn") === "select_outlets") continue;
      const raised = op.get("raise");
      const kwargs = op.get("kwargs");
      calls.push({
        step: textAt(op, "step"),
        fn: textAt(op, "fn"),
        args: listAt(op, "args"),
        ...(kwargs !== undefined && isMap(kwargs) ? { kwargs } : {}),
        ...(raised === undefined ? { result: op.get("result") ?? null } : { raised: this.raisedOf(raised) }),
      });
    }
    return calls;
  }

  private happened(): HostReply {
    const op = this.ops.at(this.at);
    const kind = op ? textAt(op, "op") : "";
    const emission = ++this.emissions;
    if (op && kind === "out") {
      this.at++;
      return { state: "emit", emission, outlets: null, ...this.emitted(op) };
    }
    if (op && kind === "raise") {
      this.at++;
      return { state: "done", raised: this.raisedOf(op.get("error") ?? null) };
    }
    if (this.taken !== null) return { state: "done" };
    this.forwarding = true;
    return { state: "forward", emission, outlets: null };
  }

  private emitted(
    op: PyMap,
  ): Pick<HostReply & { state: "emit" }, "event" | "origin" | "same" | "sharesBody"> {
    const event: WireEvent = {
      id: op.get("event") ?? null,
      body: op.get("body") ?? null,
      ...(op.has("key") ? { key: op.get("key") } : {}),
    };
    const { taken } = this;
    const same =
      taken !== null && identical(taken.event.id, event.id) && identical(taken.event.body, event.body);
    return { event, origin: taken?.origin ?? null, same, sharesBody: same };
  }
}
