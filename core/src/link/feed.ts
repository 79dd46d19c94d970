/** The session's end: sends a view what changed, one change at a time. */
import type { HostMessage, StateChange, ViewMessage } from "./messages";
import { type Patch, patchOf } from "./patch";
import { plainField } from "./plain";
import type { Disposable } from "../lifetime";
import type { GraphState, SessionLink, SessionState } from "../session/state";

const STATE_FIELDS = ["notebook", "kernel", "graphs", "settings", "notices"] as const;

/** A value as it was sent: the value itself, because most stay the same object, and its plain form. */
interface Sent {
  readonly value: unknown;
  readonly plain: unknown;
}

/**
 * Keeps one view up to date. While the view is busy with a change, later ones wait and become one. A view that is
 * gone (hidden, reloaded) begins again with `ready`.
 */
export class StateFeed implements Disposable {
  private readonly sent = new Map<string, Sent>();
  private listening: Disposable | null = null;
  private sequence = 0;
  private taken = 0;
  private ready = false;
  private due = false;
  private hadGraph = false;

  constructor(
    private link: SessionLink,
    private readonly post: (message: HostMessage) => void,
  ) {
    this.listen();
  }

  /** Shows another session from now on. */
  setLink(link: SessionLink): void {
    if (link === this.link) return;
    this.link = link;
    this.listen();
    this.send();
  }

  receive(message: ViewMessage): void {
    switch (message.type) {
      case "ready":
        this.sent.clear();
        this.hadGraph = false;
        this.ready = true;
        this.taken = this.sequence;
        return this.send();
      case "taken":
        this.taken = message.sequence;
        if (this.due) this.send();
        return;
      case "intent":
        return this.link.send(message.intent);
      default:
        return message satisfies never;
    }
  }

  /** The view went away; nothing is sent until one says that it is ready. */
  pause(): void {
    this.ready = false;
  }

  dispose(): void {
    this.ready = false;
    this.listening?.dispose();
    this.sent.clear();
  }

  private listen(): void {
    this.listening?.dispose();
    this.listening = this.link.onChange(() => this.send());
  }

  private send(): void {
    if (!this.ready) return;
    this.due = this.taken !== this.sequence;
    if (this.due) return;
    const change = this.changeOf(this.link.state);
    if (change) this.post({ type: "state", sequence: ++this.sequence, change });
  }

  /** What the view does not know yet; null when it knows all. */
  private changeOf(state: SessionState): StateChange | null {
    const fields: Record<string, Patch> = {};
    for (const name of STATE_FIELDS) {
      const patch = this.change(name, state[name], () => state[name]);
      if (patch) fields[name] = patch;
    }
    const current = this.currentOf(state.current);
    if (Object.keys(fields).length === 0 && current === undefined) return null;
    return { revision: state.revision, state: fields, ...(current === undefined ? {} : { current }) };
  }

  private currentOf(graph: GraphState | null): StateChange["current"] {
    if (!graph) {
      const had = this.hadGraph || !this.sent.has("current");
      this.hadGraph = false;
      for (const name of [...this.sent.keys()]) if (name.startsWith("current")) this.sent.delete(name);
      this.sent.set("current", { value: null, plain: null });
      return had ? null : undefined;
    }
    this.hadGraph = true;
    const fields: Record<string, Patch> = {};
    for (const name of Object.keys(graph) as (keyof GraphState)[]) {
      const patch = this.change(`current.${name}`, graph[name], () => plainField(name, graph));
      if (patch) fields[name] = patch;
    }
    return Object.keys(fields).length > 0 ? fields : undefined;
  }

  /** How a value differs from what was sent last under that name, null when it does not; remembers it. */
  private change(name: string, value: unknown, plainOf: () => unknown): Patch | null {
    const before = this.sent.get(name);
    if (before && before.value === value) return null;
    const plain = plainOf();
    this.sent.set(name, { value, plain });
    return before ? patchOf(before.plain, plain) : { "=": plain };
  }
}
