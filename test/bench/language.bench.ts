/**
 * What the editor's language features take after a keystroke, in a notebook whose graph has 100 steps: besides
 * reading the notebook, which the graph's picture needs in any case.
 */
import { completionsAt, diagnosticsOf, hoverAt, lensesOf, parseNotebook } from "@graphcell/core";
import { quantile } from "./measure";

const KEYSTROKES = 400;

function sources(): readonly string[] {
  const steps = Array.from({ length: 10 }, (_, i) =>
    Array.from({ length: 10 }, (_, j) => `step = step.to("Echo", name="s${i}${j}", k=${j})`).join("\n"),
  );
  return [
    "class Echo:\n    def do(self, x):\n        return x",
    'import mlrun\nfn = mlrun.new_function("f", kind="serving")\nstep = fn.set_topology("flow")',
    ...steps,
  ];
}

export function run(): Promise<Record<string, number>> {
  const cells = sources().map((source, i) => ({ id: `c${i}`, kind: "code" as const, source }));
  let parsed = parseNotebook(cells);
  const reading: number[] = [];
  const answering: number[] = [];
  for (let i = 0; i < KEYSTROKES; i++) {
    const typed = 'step.to("Echo", name="t", after="s0'.slice(0, 1 + (i % 35));
    const now = cells.map((cell, k) => (k === 4 ? { ...cell, source: `${cell.source}\n${typed}` } : cell));
    const start = performance.now();
    parsed = parseNotebook(now, parsed);
    const read = performance.now();
    const context = { cells: now, parsed };
    diagnosticsOf(context);
    lensesOf(context);
    hoverAt(context, { cellId: "c4", line: 2, column: 16 });
    completionsAt(context, { cellId: "c4", line: 11, column: typed.length + 1 });
    reading.push(read - start);
    answering.push(performance.now() - read);
  }
  return Promise.resolve({
    "language.answer_ms_p50_100_steps": quantile(answering, 0.5),
    "language.answer_ms_p95_100_steps": quantile(answering, 0.95),
    "language.read_ms_p50_100_steps": quantile(reading, 0.5),
  });
}
