import type { CancelToken, Disposable, Event } from "../lifetime";
import type { Executor } from "../engine/executor";
import type { Fetch } from "../engine/simulate";
import type { Preview } from "../engine/trace";
import type { TextFix } from "../model/problem";
import type { ParsedNotebook } from "../notebook/parsed";
import type { RunReal } from "../parity/real";
import type { Cell, SourceRange } from "../source";
import type { PyMap, PyValue } from "../value/value";
import type { KernelState } from "./state";

/** What a session needs of its host. Each port is small, and says nothing of Jupyter or VS Code. */
export interface SessionPorts {
  readonly notebook: NotebookPort;
  readonly kernel: KernelLink;
  readonly host: HostPort;
  /** Steps in TypeScript or JavaScript beside the notebook; absent where the host can't run any. */
  readonly scripts?: ScriptPort;
}

/** Steps in TypeScript or JavaScript. */
export interface ScriptPort {
  /**
   * Runs the steps that a graph's settings name, for one run; null where they name none. Throws `GraphcellError` for
   * settings or files that can't be read.
   */
  executor(graph: string, cancel: CancelToken): Promise<Executor | null>;
  /** Names that steps of a graph find in its file; empty where there is none. */
  names(graph: string): Promise<ReadonlySet<string>>;
}

/** The one notebook that a session belongs to. */
export interface NotebookPort {
  readonly path: string;
  readonly name: string;
  readonly trusted: boolean;
  /** The whole place that it is in is not trusted: no kernel is started for it, not even when the person asks. */
  readonly restricted?: boolean;
  readonly readOnly: boolean;
  /** All cells in order; a new array after a change, unchanged cells the same objects. */
  readonly cells: readonly Cell[];
  /** What its cells build, where they are something else than a notebook's; see `readGraphFile`. */
  read?(previous?: ParsedNotebook): ParsedNotebook;
  /** Fires after any change of cells, at most once a tick. */
  readonly onCells: Event<void>;
  /** Fires when the user's cursor went to another cell or line. */
  readonly onCursor?: Event<SourceRange>;
  /** Value of the notebook's metadata key `graphcell`, as plain JSON; undefined when absent. */
  readMetadata(): unknown;
  /** Replaces it; undefined removes it. Marks the notebook as changed. */
  writeMetadata(value: unknown): void;
  /** Fires when that key was changed by anybody else (undo, another editor, a reload). */
  readonly onMetadata: Event<void>;
  /** Shows a place; the keyboard goes there too, unless it is to stay where it is. */
  reveal(range: SourceRange, keepFocus: boolean): void;
  /** One step of undo. */
  applyFix(fix: TextFix): void;
  /** Inserts code cells after the current one and goes to the first. */
  insertCells(sources: readonly string[]): void;
}

/** A graph that lives in a kernel's namespace, as the agent tells it. */
export interface KernelGraphInfo {
  /** Variables of the user's namespace that hold it; empty when only reachable. */
  readonly variables: readonly string[];
  readonly name: string;
  readonly kind: "serving" | "feature-set" | "storey";
  /** MLRun's dictionary of the graph. */
  readonly graph: PyMap;
  /** Function spec beside it: parameters, load_mode, function_refs, ... */
  readonly spec: PyMap;
  /** Changes when the dictionary does. */
  readonly revision: number;
}

/** What the agent says of the namespace; pushed only when something changed. */
export interface NamespaceReport {
  readonly revision: number;
  readonly graphs: readonly KernelGraphInfo[];
  /** Version of the imported mlrun; null when it is not imported. */
  readonly mlrun: string | null;
  readonly mlrunInstalled: boolean;
  readonly python: string;
  /** Names that the namespace defines, so that the checker knows them. */
  readonly names: readonly string[];
}

/** The kernel of the notebook, over whatever agent and transport the host uses. */
export interface KernelLink {
  readonly status: KernelState["status"];
  /** Display name. */
  readonly name: string;
  readonly direct: boolean;
  readonly onStatus: Event<void>;
  /** Last report of the namespace; null before the first or after a restart. */
  readonly report: NamespaceReport | null;
  readonly onReport: Event<void>;
  /** An executor for one run; throws GraphcellError when there is no usable kernel. */
  executor(
    graph: { readonly variable: string | null; readonly name: string },
    cancel: CancelToken,
  ): Promise<Executor>;
  /** MLRun's own mock server in the kernel; absent where the host has no way to it. */
  readonly runReal?: RunReal;
  /** Value of a Python expression in the user's namespace. */
  evaluate(expression: string, cancel?: CancelToken): Promise<PyValue>;
  preview(handle: string, bytes: number): Promise<Preview>;
  start(): Promise<void>;
  interrupt(): Promise<void>;
  restart(): Promise<void>;
}

export interface HostPort {
  /** Real milliseconds, monotonic. */
  now(): number;
  /** Calls back after `ms`; 0 means soon. */
  schedule(callback: () => void, ms: number): Disposable;
  /** HTTP for remote steps; absent means none. */
  readonly fetch?: Fetch;
  /** Intents that only a host can answer: open a tab, copy, choose a kernel, save an export. */
  perform(intent: HostIntent): void;
}

export type HostIntent =
  | { readonly type: "choose-kernel" | "open-tab" | "new-notebook" | "trust-notebook" }
  | { readonly type: "copy"; readonly text: string }
  | { readonly type: "save"; readonly name: string; readonly mime: string; readonly text: string }
  | { readonly type: "show-value"; readonly title: string; readonly preview: Preview }
  | { readonly type: "setting"; readonly name: string; readonly value: unknown };
