/** The view's end: a session's state as it is told, one change after another. */
import type { HostMessage, StateChange, ViewMessage } from "./messages";
import { fieldOf } from "./plain";
import { Emitter } from "../lifetime";
import type { GraphState, Intent, SessionLink, SessionState } from "../session/state";

/** A session that lives in another process. Has a state only after the first change: see `started`. */
export class SessionMirror implements SessionLink {
  private readonly changes = new Emitter<SessionState>();
  private current: SessionState | null = null;

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
    this.current = applied(this.current, message.change);
    try {
      this.changes.fire(this.current);
    } finally {
      this.post({ type: "taken", sequence: message.sequence });
    }
  }
}

/** The state after a change. The first change of a view holds all fields. */
function applied(before: SessionState | null, { revision, state, current }: StateChange): SessionState {
  const graph = current === undefined ? (before?.current ?? null) : graphAfter(before, current);
  return { ...before, ...state, revision, current: graph } as SessionState;
}

function graphAfter(before: SessionState | null, fields: StateChange["current"]): GraphState | null {
  if (!fields) return null;
  const changed = Object.entries(fields).map(([name, plain]) => [name, fieldOf(name, plain)]);
  return { ...before?.current, ...Object.fromEntries(changed) } as GraphState;
}
