import {
  EXAMPLE_CELLS,
  type GraphState,
  type Intent,
  type KernelState,
  type SessionState,
} from "@graphcell/core";
import { formatCount } from "./format";
import type { IconName } from "./icon";
import { parityCondition } from "./parity";
import type { TextKey, Translator } from "./texts";

/** What stands in the way, or must be known, in one sentence and with one thing to do. */
export interface Condition {
  readonly id: string;
  /** Takes the place of everything, stands over the picture, or over the events. */
  readonly place: "whole" | "picture" | "events";
  readonly severity: "error" | "warning" | "info" | "wait";
  readonly sentence: string;
  readonly action: { readonly label: string; readonly intent: Intent } | null;
  /** Lines of code to show and to insert. */
  readonly example?: string;
  readonly icon?: IconName;
}

/** The lines of the example that build the graph: what a notebook without one is shown. */
const EXAMPLE = EXAMPLE_CELLS[1];

const INSTALL = "%pip install mlrun";

/** What is to be said of a state, most urgent first; none when all is well. */
export function conditionsOf(state: SessionState, t: Translator): readonly Condition[] {
  const whole = wholeOf(state, t);
  if (whole) return [whole];
  const found = [...pictureConditions(state, t)];
  // Where no kernel may start, that is what is said of it; steps that are not Python need none.
  const quiet = state.notebook?.restricted === true || state.current?.scripted === true;
  const kernel = quiet ? null : kernelCondition(state.kernel, t);
  if (kernel) found.push(kernel);
  if (state.current) {
    found.push(...runConditions(state.current, t));
    const parity = parityCondition(state.current, t);
    if (parity) found.push(parity);
  }
  if (state.notebook?.readOnly) {
    const sentence = t("state.readOnly");
    found.push({ id: "read-only", place: "events", severity: "info", sentence, action: null });
  }
  return found;
}

function wholeOf(state: SessionState, t: Translator): Condition | null {
  const { notebook, current } = state;
  const base = { place: "whole", severity: "info" } as const;
  if (!notebook) {
    const action = { label: t("state.noNotebook.action"), intent: { type: "new-notebook" } as const };
    return { ...base, id: "no-notebook", icon: "notebook", sentence: t("state.noNotebook"), action };
  }
  if (notebook.broken !== null) {
    const sentence = t("state.broken", { reason: notebook.broken });
    const intent = { type: "copy", text: notebook.broken } as const;
    return {
      ...base,
      id: "broken",
      severity: "error",
      sentence,
      action: { label: t("state.broken.action"), intent },
    };
  }
  if (current) return null;
  if (notebook.readOnly) {
    const action = {
      label: t("state.noGraph.copy"),
      intent: { type: "copy", text: EXAMPLE_CELLS.slice(0, 2).join("\n\n\n") } as const,
    };
    const sentence = t("state.noGraph.readOnly");
    return { ...base, id: "no-graph", icon: "graph", sentence, action, example: EXAMPLE };
  }
  const action = { label: t("state.noGraph.action"), intent: { type: "insert-example" } as const };
  return { ...base, id: "no-graph", icon: "graph", sentence: t("state.noGraph"), action, example: EXAMPLE };
}

function* pictureConditions(state: SessionState, t: Translator): Iterable<Condition> {
  const { current, notebook } = state;
  const goTo = (label: TextKey) =>
    current?.range ? { label: t(label), intent: { type: "reveal", range: current.range } as const } : null;
  if (notebook && !notebook.trusted) {
    const [sentence, label] = notebook.restricted
      ? [t("state.restricted"), t("state.restricted.action")]
      : [t("state.untrusted"), t("state.untrusted.action")];
    const action = { label, intent: { type: "trust-notebook" } as const };
    yield { id: "untrusted", place: "picture", severity: "warning", sentence, action };
  }
  if (current?.stale != null) {
    const sentence = t("state.stale", { reason: withoutStop(current.stale) });
    yield { id: "stale", place: "picture", severity: "wait", sentence, action: goTo("state.stale.action") };
  } else if (current && current.picture.nodes.every((node) => node.kind === "start")) {
    const sentence = t("state.emptyGraph");
    yield {
      id: "empty-graph",
      place: "picture",
      severity: "info",
      sentence,
      action: goTo("state.emptyGraph.action"),
    };
  }
}

type KernelSaying = readonly [
  Condition["severity"],
  TextKey,
  TextKey,
  "start-kernel" | "interrupt-kernel" | "restart-kernel" | "choose-kernel",
];

const KERNEL: Readonly<Partial<Record<KernelState["status"], KernelSaying>>> = {
  none: ["info", "state.kernelNone", "state.kernelNone.action", "start-kernel"],
  starting: ["wait", "state.kernelStarting", "state.kernelStarting.action", "choose-kernel"],
  restarting: ["wait", "state.kernelRestarting", "state.kernelStarting.action", "choose-kernel"],
  dead: ["error", "state.kernelDead", "state.kernelDead.action", "restart-kernel"],
  disconnected: ["error", "state.kernelDisconnected", "state.kernelDisconnected.action", "start-kernel"],
  "not-python": ["warning", "state.notPython", "state.notPython.action", "choose-kernel"],
};

function kernelCondition(kernel: KernelState, t: Translator): Condition | null {
  const base = { place: "events" } as const;
  const saying = KERNEL[kernel.status];
  if (saying) {
    const [severity, sentence, label, type] = saying;
    const action = { label: t(label), intent: { type } };
    const text = t(sentence, { name: kernel.name });
    return { ...base, id: `kernel-${kernel.status}`, severity, sentence: text, action };
  }
  if (kernel.status === "busy" && (kernel.waiting !== null || !kernel.direct)) {
    const sentence = kernel.waiting ?? t("state.kernelBusy");
    const action = { label: t("state.kernelBusy.action"), intent: { type: "interrupt-kernel" } as const };
    return { ...base, id: "kernel-busy", severity: "wait", sentence, action };
  }
  if (kernel.mlrun.state !== "missing") return null;
  const action = { label: t("state.mlrunMissing.action"), intent: { type: "copy", text: INSTALL } as const };
  return { ...base, id: "mlrun-missing", severity: "warning", sentence: t("state.mlrunMissing"), action };
}

function* runConditions(graph: GraphState, t: Translator): Iterable<Condition> {
  const { run } = graph;
  if (!run) return;
  const whole = { type: "run-events", events: "all" } as const;
  const again = { label: t("state.runAgain"), intent: run.part ? { ...whole, part: run.part } : whole };
  const base = { place: "events" } as const;
  if (run.part) {
    const { from, to } = run.part;
    const sentence = from === null ? t("state.partRun", { to }) : t("state.partRunFrom", { from, to });
    const action = { label: t("state.partRun.action"), intent: whole };
    yield { ...base, id: "part-run", severity: "info", sentence, action };
  }
  if (run.failure) {
    const { message, remedy, step } = run.failure;
    const intent = { type: "select-step", step } as const;
    const action = step === null ? again : { label: t("state.runFailed.action"), intent };
    const sentence = t("state.runFailed", { message, remedy }).trim();
    yield { ...base, id: "run-failed", severity: "error", sentence, action };
  } else if (run.phase === "cancelled") {
    const sentence = t("state.runCancelled", { done: formatCount(run.done), total: formatCount(run.total) });
    yield { ...base, id: "run-cancelled", severity: "warning", sentence, action: again };
  } else if (run.outdated && run.phase === "done") {
    const sentence = t(run.kernelEnded ? "state.kernelEnded" : "state.outdated");
    yield { ...base, id: "outdated", severity: "warning", sentence, action: again };
  }
}

function withoutStop(sentence: string): string {
  return sentence.replace(/[.\s]+$/, "");
}
