/** The view's end: a session's state as it is told, one change after another. */
import type { HostMessage, StateChange, ViewMessage } from "./messages";
import { patched } from "./patch";
import { fieldOf } from "./plain";
import { Emitter } from "../lifetime";
import type { GraphState, Intent, SessionLink, SessionState } from "../session/state";

/** A session that lives in another process. Has a state only after the first change: see `started`. */
export class SessionMirror implements SessionLink {
  private readonly changes = new Emitter<SessionState>();
  private current: SessionState | null = null;
  /** The chosen graph's fields in the form in which they come. */
  private plain: Readonly<Record<string, unknown>> = {};

  constructor(private readonly post: (message: ViewMessage) => void) {}

  get started(): boolean {
    return this.current !== null;
  }

  get state(): SessionState {
    if (!this.current) throw new Error("The session has not told its state yet.");
    return this.current;
  }

  onChange(listener: (state: SessionState) => void) {
    return this.changes.event(listener);
  }

  send(intent: Intent): void {
    this.post({ type: "intent", intent });
  }

  /** Takes a change, tells the listeners, and then asks for the next. */
  receive(message: Extract<HostMessage, { readonly type: "state" }>): void {
    this.current = this.applied(message.change);
    try {
      this.changes.fire(this.current);
    } finally {
      this.post({ type: "taken", sequence: message.sequence });
    }
  }

  /** The state after a change. The first change of a view holds all fields. */
  private applied({ revision, state, current }: StateChange): SessionState {
    const before = this.current;
    const fields: Record<string, unknown> = { ...before };
    for (const [name, patch] of Object.entries(state)) fields[name] = patched(fields[name], patch);
    const graph = current === undefined ? (before?.current ?? null) : this.graphAfter(current);
    return { ...fields, revision, current: graph } as unknown as SessionState;
  }

  private graphAfter(changes: StateChange["current"]): GraphState | null {
    if (!changes) {
      this.plain = {};
      return null;
    }
    const plain = { ...this.plain };
    const fields: Record<string, unknown> = { ...this.current?.current };
    for (const [name, patch] of Object.entries(changes)) {
      plain[name] = patched(plain[name], patch);
      fields[name] = fieldOf(name, plain[name]);
    }
    this.plain = plain;
    return fields as unknown as GraphState;
  }
}
