import type { EventSpec, Program, StepSpec } from "./program";

/** Smaller programs than this one, those that lose most first. */
export function* smaller(program: Program): Iterable<Program> {
  const { steps, events } = program;
  for (let i = 0; i < events.length; i++) {
    if (events.length > 1) yield { ...program, events: without(events, i) };
  }
  if (program.topology === "flow") for (let i = 0; i < steps.length; i++) yield withoutStep(program, i);
  if (program.errorStream) yield { ...program, errorStream: false };
  if (program.graphHandler !== null) yield { ...program, graphHandler: null };
  if (program.cyclic !== null) {
    yield { ...program, cyclic: null, steps: steps.map((step) => ({ ...step, cycleTo: null })) };
  }
  for (let i = 0; i < steps.length; i++) {
    for (const step of smallerSteps(steps[i], steps)) yield { ...program, steps: replaced(steps, i, step) };
  }
  for (let i = 0; i < events.length; i++) {
    for (const event of smallerEvents(events[i])) yield { ...program, events: replaced(events, i, event) };
  }
}

function withoutStep(program: Program, at: number): Program {
  const gone = program.steps[at];
  const steps = without(program.steps, at).map((step) => {
    const after = step.after.flatMap((name) => (name === gone.name ? gone.after : [name]));
    const { onError } = step;
    return {
      ...step,
      after: [...new Set(after)],
      cycleTo: step.cycleTo === gone.name ? null : step.cycleTo,
      onError: onError && { ...onError, before: onError.before.filter((name) => name !== gone.name) },
      classArgs: withoutName(step.classArgs, gone.name),
    };
  });
  return { ...program, steps };
}

/** Outlets name the steps after: those that are gone leave them. */
function withoutName(classArgs: StepSpec["classArgs"], name: string): StepSpec["classArgs"] {
  const { outlets } = classArgs;
  if (outlets === undefined) return classArgs;
  const names = (JSON.parse(outlets) as string[]).filter((n) => n !== name);
  return { ...classArgs, outlets: JSON.stringify(names) };
}

function* smallerSteps(step: StepSpec, all: readonly StepSpec[]): Iterable<StepSpec> {
  if (step.onError !== null) yield { ...step, onError: null };
  if (step.onError !== null && step.onError.before.length > 0) {
    yield { ...step, onError: { ...step.onError, before: [] } };
  }
  if (step.responder) yield { ...step, responder: false };
  if (step.maxIterations !== null) yield { ...step, maxIterations: null };
  for (const part of ["fields", "classArgs"] as const) {
    for (const name of Object.keys(step[part])) yield { ...step, [part]: withoutKey(step[part], name) };
  }
  for (let i = 0; i < step.routes.length; i++) yield { ...step, routes: without(step.routes, i) };
  for (let i = 0; i < step.models.length; i++) yield { ...step, models: without(step.models, i) };
  for (let i = 0; i < step.after.length && step.after.length > 1; i++) {
    yield { ...step, after: without(step.after, i) };
  }
  if (step.handler !== "same" && step.className === null) yield { ...step, handler: "same", fields: {} };
  if (step.className !== null && !all.some((s) => s.onError?.before.includes(step.name))) {
    yield { ...step, className: null, handler: "same", fields: {}, classArgs: {}, routes: [], models: [] };
  }
  for (const handler of smallerExpressions(step.handler)) yield { ...step, handler };
}

/** Parts of an expression in brackets, each as one of its own. */
function* smallerExpressions(handler: string | null): Iterable<string> {
  if (handler === null || !handler.startsWith("(") || handler.length < 9) return;
  const inner = handler.slice(1, -1);
  yield "(event)";
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] !== "(") continue;
    let depth = 0;
    for (let j = i; j < inner.length; j++) {
      depth += inner[j] === "(" ? 1 : inner[j] === ")" ? -1 : 0;
      if (depth > 0) continue;
      if (j - i > 1) yield inner.slice(i, j + 1);
      break;
    }
  }
}

function* smallerEvents(event: EventSpec): Iterable<EventSpec> {
  for (const name of Object.keys(event.fields)) yield { ...event, fields: withoutKey(event.fields, name) };
  for (const body of ["1", "{}", '{"x": 1}', "[]", '""']) {
    if (event.body !== null && event.body.length > body.length) yield { ...event, body };
  }
  const entries = /^\{(.*)\}$/.exec(event.body ?? "")?.[1].split(/, (?=")/) ?? [];
  if (entries.length < 2) return;
  for (let i = 0; i < entries.length; i++) yield { ...event, body: `{${without(entries, i).join(", ")}}` };
}

function without<T>(list: readonly T[], at: number): T[] {
  return list.filter((_, i) => i !== at);
}

function replaced<T>(list: readonly T[], at: number, by: T): T[] {
  return list.map((item, i) => (i === at ? by : item));
}

function withoutKey<T>(record: Readonly<Record<string, T>>, key: string): Record<string, T> {
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== key));
}
