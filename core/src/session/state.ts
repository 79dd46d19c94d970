import type { DeployedMark } from "../nuclio/deployed-mark";
import type { MockEvent, Raised } from "../engine/event";
import type { EventStatus } from "../engine/simulate";
import type { Preview, TraceRecord } from "../engine/trace";
import type { Overlay, Picture } from "../draw/picture";
import type { Direction } from "../layout/placement";
import type { GraphPart } from "../model/part";
import type { Problem } from "../model/problem";
import type { Parity } from "../parity/compare";
import type { StepOrigin } from "../notebook/parsed";
import type { SourceRange } from "../source";
import type { Pace } from "./pace";

/**
 * All that the views show, as one immutable value. The session (core) makes it, a host passes it to the view as it
 * is (JupyterLab) or over a message channel (VS Code: so it must be plain data that `structuredClone` carries).
 */
export interface SessionState {
  /** Rises with every change. */
  readonly revision: number;
  readonly notebook: NotebookState | null;
  readonly kernel: KernelState;
  /** Graphs to choose from, in the order of the notebook, those that only the kernel knows last. */
  readonly graphs: readonly GraphChoice[];
  /** The chosen graph, whole; null when there is none. */
  readonly current: GraphState | null;
  readonly settings: ViewSettings;
  /** A sentence that needs the user's eye now (a failed save, a lost connection); dismissed by its id. */
  readonly notices: readonly Notice[];
}

export interface NotebookState {
  readonly path: string;
  readonly name: string;
  readonly trusted: boolean;
  /** No kernel can be started in this place before the person trusts it. */
  readonly restricted?: boolean;
  readonly readOnly: boolean;
  /** Cells that could not be read, a broken file: a sentence; null when all is well. */
  readonly broken: string | null;
  /** Ids of all cells in order, so that a frame of a traceback can be named "cell 3". */
  readonly cellIds?: readonly string[];
}

export interface KernelState {
  readonly status:
    "none" | "starting" | "idle" | "busy" | "restarting" | "dead" | "disconnected" | "not-python";
  /** Display name, for example "Python 3 (ipykernel)". */
  readonly name: string;
  /** `unknown` until the agent has looked. */
  readonly mlrun: {
    readonly state: "unknown" | "missing" | "installed" | "imported";
    readonly version: string | null;
  };
  /** A run can go on while a cell runs. */
  readonly direct: boolean;
  /** What waits for what, as a sentence, when something does. */
  readonly waiting: string | null;
}

export interface GraphChoice {
  readonly id: string;
  readonly name: string;
  readonly kind: "serving" | "feature-set" | "storey";
  readonly where: "text" | "kernel" | "both";
  readonly steps: number;
}

export interface GraphState {
  readonly id: string;
  readonly name: string;
  readonly picture: Picture;
  /** Function of the picture alone; a changed overlay does not change it. */
  readonly pictureRevision: number;
  readonly steps: ReadonlyMap<string, StepInfo>;
  readonly problems: readonly Problem[];
  /** The picture is the last good one: the text is half typed; the reason. */
  readonly stale: string | null;
  readonly range: SourceRange | null;
  readonly events: readonly SavedEvent[];
  readonly run: RunState | null;
  /** The last comparison with MLRun's own mock server; absent or null before the first. */
  readonly parity?: ParityState | null;
  readonly overlay: Overlay | null;
  readonly selection: Selection;
  readonly direction: Direction | "auto";
  readonly collapsed: ReadonlySet<string>;
  /** Its steps are TypeScript or JavaScript: they run without a kernel. */
  readonly scripted?: true;
  /** Its functions in a cluster, as far as somebody looked; absent before. */
  readonly deployed?: readonly DeployedMark[];
}

/** What the inspector shows of a step that has not run. */
export interface StepInfo {
  readonly id: string;
  readonly name: string;
  /** In a word: "task", "model", "router", "queue", ... */
  readonly kind: string;
  readonly className: string | null;
  readonly handler: string | null;
  /** Arguments and other fields, each as the text of its value, in order. */
  readonly fields: readonly { readonly name: string; readonly text: string }[];
  readonly origin: StepOrigin | null;
  readonly unknown: readonly string[];
}

export interface SavedEvent {
  /** Stable within the notebook. */
  readonly id: string;
  readonly name: string;
  /** The event as it is stored: body as JSON text (Python's JSON), the rest as plain fields. */
  readonly event: StoredEvent;
  /** Result of the last run, when it belongs to this very text. */
  readonly result: EventRun | null;
}

/** `bodyText` is kept as typed, also when it is not JSON: then `bodyError` says where. */
export interface StoredEvent {
  readonly bodyText: string;
  readonly bodyError: { readonly message: string; readonly offset: number } | null;
  readonly path?: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly contentType?: string;
  readonly key?: string;
  readonly time?: string;
  readonly repeat?: number;
}

export interface EventRun {
  readonly status: EventStatus;
  /** HTTP-like code: 200, the response's status, 400 for an exception, null for a timeout. */
  readonly code: number | null;
  readonly ms: number;
  readonly response: Preview | null;
  readonly error: Raised | null;
  /** Differs from the run before. */
  readonly changed: boolean;
}

export interface RunState {
  readonly phase: "loading" | "running" | "done" | "cancelled" | "failed";
  readonly done: number;
  readonly total: number;
  /** The run could not begin or broke: a sentence and what to do. */
  readonly failure: {
    readonly message: string;
    readonly remedy: string;
    readonly step: string | null;
  } | null;
  /** Graph or a step's code has changed since, or the kernel has ended. */
  readonly outdated: boolean;
  /** The end of the kernel made it outdated; absent when a change did. */
  readonly kernelEnded?: boolean;
  readonly startedAt: number;
  readonly ms: number;
  /** While it runs: how fast, and how long it will take still; null when that can't be told yet. */
  readonly pace?: Pace | null;
  /** Only this part of the graph ran; absent when all did. */
  readonly part?: GraphPart;
}

/** How far a comparison with MLRun's own mock server has come, and what it found. */
export interface ParityState {
  readonly phase: "running" | "done" | "cancelled" | "failed";
  /** Events that went through either engine, of twice their number. */
  readonly done: number;
  readonly total: number;
  readonly failure: { readonly message: string; readonly remedy: string } | null;
  readonly parity: Parity | null;
  /** Graph or a step's code has changed since. */
  readonly outdated: boolean;
}

export interface Selection {
  readonly step: string | null;
  /** Id of a saved event; null shows all events of the last run. */
  readonly event: string | null;
  /** Records of the chosen step (for the chosen event), newest run, at most a stated number. */
  readonly records: readonly TraceRecord[];
  /** How many there are in all. */
  readonly total: number;
}

export interface ViewSettings {
  readonly autoRun: boolean;
  readonly direction: Direction | "auto";
  readonly previewBytes: number;
  readonly showTimes: boolean;
}

export interface Notice {
  readonly id: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly remedy: string;
  readonly action: { readonly label: string; readonly intent: Intent } | null;
}

/** What a person asks for in a view. The host or the session answers it; the view never acts by itself. */
export type Intent =
  | { readonly type: "choose-graph"; readonly graph: string }
  | { readonly type: "select-step"; readonly step: string | null }
  | { readonly type: "select-event"; readonly event: string | null }
  | { readonly type: "reveal"; readonly range: SourceRange; readonly keepFocus?: boolean }
  | {
      readonly type: "run-events";
      readonly events: readonly string[] | "all";
      /** No more than this part of the graph. */
      readonly part?: GraphPart;
    }
  | { readonly type: "cancel-run" }
  /** Compares with MLRun's own mock server. */
  | { readonly type: "verify-events"; readonly events: readonly string[] | "all" }
  | { readonly type: "cancel-verify" }
  | {
      readonly type: "add-event";
      /** Id of the event that it follows; null puts it last, the empty text first. */
      readonly after: string | null;
      readonly event?: StoredEvent;
      readonly name?: string;
    }
  | { readonly type: "edit-event"; readonly event: string; readonly name: string; readonly to: StoredEvent }
  | { readonly type: "duplicate-event"; readonly event: string }
  /** `to` is the index, from 0, that the event has afterwards. */
  | { readonly type: "move-event"; readonly event: string; readonly to: number }
  | { readonly type: "delete-event"; readonly event: string }
  /** A result, as JSON text, that stands for a step's work in simulations; null lets the step work again. */
  | { readonly type: "mock-step"; readonly step: string; readonly result: string | null }
  | { readonly type: "set-direction"; readonly direction: Direction | "auto" }
  | { readonly type: "set-collapsed"; readonly group: string; readonly collapsed: boolean }
  | { readonly type: "set-setting"; readonly name: keyof ViewSettings; readonly value: unknown }
  | { readonly type: "apply-fix"; readonly problem: number }
  | { readonly type: "show-value"; readonly handle: string }
  | { readonly type: "start-kernel" | "interrupt-kernel" | "restart-kernel" | "choose-kernel" }
  | { readonly type: "insert-example" | "open-tab" | "new-notebook" | "trust-notebook" }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "export"; readonly format: "svg" | "mermaid" | "dot" | "yaml" | "json" }
  | { readonly type: "dismiss"; readonly notice: string };

/** What the view holds on to: the session itself in JupyterLab, its mirror in a webview. */
export interface SessionLink {
  readonly state: SessionState;
  /** Calls back after each change with the new state; at most once a frame. */
  onChange(listener: (state: SessionState) => void): { dispose(): void };
  send(intent: Intent): void;
}

/** An event as it goes to the engine. */
export type RunnableEvent = MockEvent & { readonly savedId: string };
