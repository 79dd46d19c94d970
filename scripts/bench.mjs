/**
 * `npm run bench -- [NAME ...]`: measures, and prints a table on standard error and one JSON object on standard output.
 * Each file `test/bench/NAME.bench.ts` exports `run({ root, chromium }): Promise<Record<string, number>>`.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "./common/bundle.mjs";
import { ensureChromium } from "./common/chromium.mjs";
import { ScriptError, main, root } from "./common/run.mjs";
import { ensureBuild, ensureExtension, ensureTools } from "./setup.mjs";

/** What each figure is held against; figures without one are informative. */
const AIMS = {
  "live.type_to_dag_ms_p95_100_steps": ["below", 16],
  "language.answer_ms_p95_100_steps": ["below", 2],
  "layout.vs_dagre_1000": ["above", 50],
  "layout.vs_elk_1000": ["above", 20],
  "inline.simulate_10_steps_vs_roundtrip": ["below", 2],
  "agent.cell_overhead_ms": ["below", 2],
  "bundle.labextension_kb_gz": ["below", 250],
};

const files = readdirSync(join(root, "test/bench"))
  .filter((file) => file.endsWith(".bench.ts"))
  .map((file) => file.slice(0, -".bench.ts".length));

function row(name, value) {
  const [side, aim] = AIMS[name] ?? [];
  const missed = side === "below" ? value >= aim : side === "above" ? value <= aim : false;
  const held = side ? `  aim ${side} ${aim}${missed ? "  MISSED" : ""}` : "";
  return `  ${name.padEnd(44)} ${String(Math.round(value * 100) / 100).padStart(10)}${held}`;
}

main(async () => {
  const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
  const unknown = wanted.find((name) => !files.includes(name));
  if (unknown) throw new ScriptError(`No benchmark "${unknown}". There are: ${files.join(", ")}.`);
  // What setting up prints would stand in the way of the JSON.
  const log = console.log;
  console.log = console.error;
  await ensureTools("test");
  await ensureBuild();
  await ensureExtension();
  const chromium = await ensureChromium();
  const results = {};
  for (const name of wanted.length > 0 ? wanted : files) {
    console.error(`\n${name}`);
    const { run } = await load(`test/bench/${name}.bench.ts`);
    for (const [figure, value] of Object.entries(await run({ root, chromium }))) {
      results[figure] = value;
      console.error(row(figure, value));
    }
  }
  log(JSON.stringify(results, null, 2));
});
