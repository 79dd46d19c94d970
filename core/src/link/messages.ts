/**
 * What a session and its view say to each other when a process stands between them (VS Code's extension host and its
 * webview). Everything is plain JSON: maps go as lists of entries, sets as lists.
 */
import type { Intent } from "../session/state";
import type { Patch } from "./patch";

/** From the session's process to the view. */
export type HostMessage =
  | {
      readonly type: "state";
      /** Rises by one; the view answers with it, and gets the next change only then. */
      readonly sequence: number;
      readonly change: StateChange;
    }
  /** Opens the editor of the chosen event. */
  | { readonly type: "edit-event" }
  /** Puts the keyboard into the view. */
  | { readonly type: "focus" };

/** From the view. */
export type ViewMessage =
  /** The view is there and knows nothing: the next change holds the whole state. */
  | { readonly type: "ready" }
  | { readonly type: "taken"; readonly sequence: number }
  | { readonly type: "intent"; readonly intent: Intent };

/** Fields that are not as they were in the state that the view took last. */
export interface StateChange {
  readonly revision: number;
  readonly state: Readonly<Record<string, Patch>>;
  /** Fields of the chosen graph; null when there is none any more, absent when nothing of it changed. */
  readonly current?: Readonly<Record<string, Patch>> | null;
}
