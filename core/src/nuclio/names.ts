import type { Problem } from "../model/problem";

/** Nuclio puts `nuclio-` before the name of a function for what it makes in Kubernetes, where 63 is the limit. */
export const LONGEST_NAME = 56;

/** Names that the dashboard keeps for itself. */
const RESERVED: ReadonlySet<string> = new Set(["dashboard", "controller", "dlx", "scaler"]);

/** A name as Kubernetes takes it, made from any text: lower case, digits and single dashes. */
export function deployName(text: string): string {
  const made = text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/-+/g, "-")
    .replace(/^-+|-+$/g, "");
  return made === "" ? "graph" : made;
}

/** What is wrong with the name of a function; empty when nothing is. */
export function nameProblems(name: string): readonly Problem[] {
  const problem = (message: string, remedy: string): Problem => ({
    code: "deploy-name",
    severity: "error",
    step: null,
    message,
    remedy,
    range: null,
  });
  const shorter = "Give it another name in graphcell.deploy.yaml (functions, name).";
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name)) {
    const rule = "lower-case letters, digits and dashes, beginning with a letter, not ending with a dash";
    return [problem(`"${name}" can't be the name of a function: Kubernetes takes ${rule}.`, shorter)];
  }
  if (name.length > LONGEST_NAME) {
    const message = `The function's name "${name}" has ${name.length} characters; at most ${LONGEST_NAME} are possible.`;
    return [problem(message, shorter)];
  }
  return RESERVED.has(name) ? [problem(`Nuclio keeps the name "${name}" for itself.`, shorter)] : [];
}
