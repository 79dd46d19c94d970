import type { OpaqueStep, Parity, ParityDifference } from "./compare";

/** How far both sides agree, in one sentence. */
export function paritySentence(parity: Parity): string {
  const events = counted(parity.events.length, "event");
  const operations = counted(parity.operations, "operation");
  if (parity.agrees) return `Agrees with MLRun ${parity.mlrun}: ${operations} of ${events} are the same.`;
  const wrong = parity.events.filter((event) => !event.agrees).length;
  const where = wrong === 0 ? "" : ` ${counted(wrong, "event")} of ${parity.events.length} differ.`;
  return `Differs from MLRun ${parity.mlrun}: ${parity.agreeing} of ${operations} are the same.${where}`;
}

const WHAT: Readonly<Record<string, string>> = {
  start: "starting the graph",
  in: "what it gets",
  call: "its call",
  out: "what it emits",
  raise: "what it raises",
  answer: "the answer",
  end: "the flow's result",
  stream: "its stream",
  terminate: "its end",
};

/** Where they differ, without the values. */
export function differenceSentence({ event, step, what, place }: ParityDifference): string {
  const where = [event === null ? "" : `event ${event}`, step === null ? "" : `step ${step}`].filter(
    (part) => part !== "",
  );
  const said = WHAT[what] ?? what;
  const at = place === "" ? "" : ` (at ${place})`;
  return `${where.length === 0 ? "" : `${where.join(", ")}: `}${said}${at}`;
}

const WHY: Readonly<Record<OpaqueStep["why"], string>> = {
  "not reached": "no event came to it",
  "other process": "it runs in a process of its own",
  network: "it calls a service",
};

/** Steps that nothing, or not all, is known of; empty when there are none. */
export function opaqueSentence(opaque: readonly OpaqueStep[]): string {
  if (opaque.length === 0) return "";
  return `Not compared in full: ${opaque.map(({ step, why }) => `${step} (${WHY[why]})`).join(", ")}.`;
}

function counted(n: number, what: string): string {
  return `${n} ${what}${n === 1 ? "" : "s"}`;
}
