import type { StepInfo } from "./state";
import { flat } from "./truth";
import type { Picture } from "../draw/picture";
import { KIND_WORDS } from "../draw/svg-shapes";
import type { Graph, Step } from "../model/graph";
import type { ParsedGraph } from "../notebook/parsed";
import { shortRepr } from "../value/bounded";
import type { PyValue } from "../value/value";

/** Characters of one argument's text in the inspector. */
const FIELD = 300;

/** Shown elsewhere in the inspector, or of no use to a reader. */
const HIDDEN = new Set([
  "kind",
  "name",
  "class_name",
  "handler",
  "class_args",
  "after",
  "endpoint_type",
  "model_endpoint_creation_strategy",
]);

/** What the inspector shows of each step before anything ran, by full name; kinds as the picture has them. */
export function stepInfos(
  graph: Graph,
  parsed: ParsedGraph | null,
  picture: Picture,
): ReadonlyMap<string, StepInfo> {
  const kinds = new Map(picture.nodes.map(({ id, kind }) => [id, KIND_WORDS[kind]]));
  const unknown = new Map<string, string[]>();
  for (const { step, what, reason } of parsed?.unknowns ?? []) {
    if (step === null) continue;
    unknown.set(step, [...(unknown.get(step) ?? []), `${what}: ${reason}`]);
  }
  const infos = new Map<string, StepInfo>();
  for (const [id, step] of flat(graph)) {
    infos.set(id, {
      id,
      name: step.name,
      kind: kinds.get(id) ?? step.kind,
      className: step.className,
      handler: step.handler,
      fields: fieldsOf(step),
      origin: parsed?.origins.get(id) ?? null,
      unknown: unknown.get(id) ?? [],
    });
  }
  return infos;
}

function fieldsOf(step: Step): StepInfo["fields"] {
  const entry = (name: string, value: PyValue) => ({ name, text: shortRepr(value, FIELD) });
  const args = [...step.classArgs].map(([name, value]) => entry(String(name), value));
  const others = [...step.fields]
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, value]) => entry(name, value));
  return [...args, ...others];
}
