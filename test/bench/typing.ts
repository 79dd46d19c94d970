/** What is typed where the time from a key to its graph is measured. */

/** The step that is renamed, and the number of its cell. */
export const STEP = "s3";
export const CHAIN_CELL = 2;
/** Keystrokes of one round. */
export const KEYS = 24;
/** Pause after a keystroke, as people type: long enough for boxes to glide to their new places. */
export const PAUSE_MS = 220;

const STEPS_PER_CELL = 50;
const WORD = "_typed";

/** Sources of a notebook with a chain of so many steps. */
export function chainCells(steps: number): readonly string[] {
  const cells = [
    'import mlrun\n\nfn = mlrun.new_function("chain", kind="serving")\nstep = fn.set_topology("flow", engine="async")',
    "def handle(event):\n    return event",
  ];
  for (let from = 0; from < steps; from += STEPS_PER_CELL) {
    const names = Array.from({ length: Math.min(STEPS_PER_CELL, steps - from) }, (_, i) => `s${from + i}`);
    const calls = names.map((name) => `    .to(name="${name}", handler="handle")`);
    cells.push(`step = (\n    step\n${calls.join("\n")}\n)`);
  }
  return cells;
}

/** The n-th key of a round, and the step's name after it: forwards through a word, then back. */
export function keystroke(n: number): { readonly key: string; readonly name: string } {
  const turn = n % (2 * WORD.length);
  const forwards = turn < WORD.length;
  const length = forwards ? turn + 1 : 2 * WORD.length - turn - 1;
  return { key: forwards ? WORD[turn] : "Backspace", name: STEP + WORD.slice(0, length) };
}
