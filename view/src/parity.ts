import type { GraphState, ParityDifference, ParityState } from "@graphcell/core";
import type { Condition } from "./condition";
import { formatCount } from "./format";
import type { Translator } from "./texts";

const AGAIN = { type: "verify-events", events: "all" } as const;

/** Characters of a value that the line shows. */
const SHOWN = 60;

/** The line that says how far the simulation and MLRun's own mock server agree; null before the first comparison. */
export function parityCondition({ parity: state }: GraphState, t: Translator): Condition | null {
  if (!state) return null;
  const base = { id: `parity-${state.phase}`, place: "events", action: null } as const;
  const again = { label: t("parity.again"), intent: AGAIN };
  if (state.phase === "running") {
    const sentence = t("parity.running", { done: formatCount(state.done), total: formatCount(state.total) });
    const action = { label: t("parity.cancel"), intent: { type: "cancel-verify" } as const };
    return { ...base, severity: "wait", sentence, action };
  }
  if (state.phase === "cancelled") {
    return { ...base, severity: "info", sentence: t("parity.cancelled"), action: again };
  }
  if (state.phase === "failed" || state.parity === null) {
    const { message, remedy } = state.failure ?? { message: "", remedy: "" };
    return {
      ...base,
      severity: "error",
      sentence: t("parity.failed", { message, remedy }).trim(),
      action: again,
    };
  }
  return { ...base, ...verdict(state, state.parity, t) };
}

function verdict(
  state: ParityState,
  parity: NonNullable<ParityState["parity"]>,
  t: Translator,
): Pick<Condition, "severity" | "sentence" | "action"> {
  const counts = {
    version: parity.mlrun,
    n: formatCount(parity.operations),
    agreeing: formatCount(parity.agreeing),
    events: formatCount(parity.events.length),
  };
  const again = { label: t("parity.again"), intent: AGAIN };
  const [first] = parity.differences;
  const more = [opaqueText(parity.opaque, t), state.outdated ? t("parity.outdated") : ""].filter(
    (s) => s !== "",
  );
  if (!first) {
    const sentence = [t("parity.agrees", counts), ...more].join(" ");
    return { severity: "info", sentence, action: state.outdated ? again : null };
  }
  const values = { mlrun: cut(first.mlrun), graphcell: cut(first.graphcell), where: whereText(first, t) };
  const sentence = [t("parity.differs", { ...counts, ...values }), ...more].join(" ");
  const step = first.step?.split("/")[0] ?? null;
  const show = { label: t("state.runFailed.action"), intent: { type: "select-step", step } as const };
  return { severity: "error", sentence, action: step === null || state.outdated ? again : show };
}

function whereText({ event, step, place }: ParityDifference, t: Translator): string {
  const parts = [
    event === null ? "" : t("parity.event", { event }),
    step === null ? "" : t("parity.step", { step }),
    place,
  ].filter((part) => part !== "");
  return parts.length === 0 ? t("parity.graph") : parts.join(", ");
}

function opaqueText(opaque: NonNullable<ParityState["parity"]>["opaque"], t: Translator): string {
  return opaque.length === 0 ? "" : t("parity.opaque", { steps: opaque.map(({ step }) => step).join(", ") });
}

function cut(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN - 1)}\u2026` : text;
}
