import { PyObject, type PyValue } from "../value/value";
import type { ServerContext } from "./context";
import { ForeignCallable } from "./foreign";
import { FlowEvent } from "./flowevent";
import type { Answer } from "./loop";

/** Which of MLRun's two ways to read and write paths. */
export type Walk = "mlrun" | "storey";

/**
 * Whether a path leads through a value that only Python can look into: one that stays in the kernel, or, where MLRun
 * reads attributes of what is no dict, any such value.
 */
export function leadsIntoPython(
  { executor }: ServerContext,
  body: PyValue,
  path: string,
  walk: Walk,
): boolean {
  if (executor?.python !== true) return false;
  let at: PyValue = body;
  for (const key of path.split(".")) {
    if (at instanceof Map) {
      at = at.get(key) ?? null;
      continue;
    }
    if (at === null) return false;
    if (at instanceof PyObject && !(at instanceof FlowEvent)) return true;
    return walk === "mlrun" && at !== body;
  }
  return false;
}

/** What is at the path, as Python finds it. */
export function readInPython(
  context: ServerContext,
  step: string,
  body: PyValue,
  path: string,
  walk: Walk,
): Answer<PyValue> {
  return walker(context, step, `read_${walk}`).call([path, body]);
}

/** `str()` of what is at the path, as MLRun's own steps read it. */
export function textInPython(
  context: ServerContext,
  step: string,
  body: PyValue,
  path: string,
): Answer<PyValue> {
  return walker(context, step, "read_text").call([path, body]);
}

/** The body after Python has written the result at the path. */
export function writeInPython(
  context: ServerContext,
  step: string,
  body: PyValue,
  path: string,
  result: PyValue,
  walk: Walk,
): Answer<PyValue> {
  return walker(context, step, `write_${walk}`).call([path, body, result]);
}

function walker(context: ServerContext, step: string, method: string): ForeignCallable {
  const info = { name: method, user: false, flavour: "plain" as const, params: [] };
  return new ForeignCallable(context, { step, ref: "paths", method, info, tracedAs: null, awaits: false });
}
