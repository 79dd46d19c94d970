import type { Problem } from "@graphcell/core";
import type { Json } from "@graphcell/core/nuclio";
import type { Terminal } from "../terminal";

/** The one object of `--json`. */
export function printJson(terminal: Terminal, value: Json): void {
  terminal.out(`${JSON.stringify(value)}\n`);
}

export function problemJson(problem: Problem): Json {
  const { code, severity, step, message, remedy, range } = problem;
  return {
    code,
    severity,
    step,
    message,
    remedy,
    cell: range ? range.cell + 1 : null,
    line: range?.line ?? null,
    column: range?.column ?? null,
  };
}
