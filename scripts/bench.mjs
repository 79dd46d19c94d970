/**
 * `npm run bench -- [NAME ...]`: measures, and prints a table on standard error and one JSON object on standard output.
 * Each file `test/bench/NAME.bench.ts` exports `run({ root, chromium, code }): Promise<Record<string, number>>`.
 */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { load } from "./common/bundle.mjs";
import { ensureChromium } from "./common/chromium.mjs";
import { ensureCodeServer } from "./common/code-server.mjs";
import { ScriptError, main, root } from "./common/run.mjs";
import { packageVsix } from "./common/vsix.mjs";
import { ensureBuild, ensureExtension, ensureTools } from "./setup.mjs";

/** What each figure is held against; figures without one are informative. */
const AIMS = {
  "live.type_to_dag_ms_p95_100_steps": ["below", 16],
  "language.answer_ms_p95_100_steps": ["below", 2],
  "layout.vs_dagre_1000": ["above", 50],
  "layout.vs_elk_1000": ["above", 20],
  "inline.simulate_10_steps_vs_roundtrip": ["below", 2],
  "agent.cell_overhead_ms": ["below", 2],
  "engine.linear3_vs_storey": ["above", 200],
  "engine.linear3_traced_vs_storey": ["above", 50],
  "engine.filter_flatmap_batch_vs_storey": ["above", 200],
  "engine.fanout3_vs_storey": ["above", 200],
  "engine.linear3_vs_rxjs": ["above", 1],
  "engine.router10_vs_mlrun": ["above", 20],
  "engine.compile_4500_steps_vs_mlrun": ["above", 10],
  "engine.rss_mb_1m_events": ["below", 300],
  "kernel.linear3_vs_mlrun_async": ["above", 20],
  "kernel.linear3_vs_mlrun_sync": ["above", 1.5],
  "kernel.linear3_vs_hand_loop": ["above", 0.25],
  "bundle.labextension_kb_gz": ["below", 250],
  "deploy.overhead_ms": ["below", 200],
  "vscode.activate_ms": ["below", 50],
  "vscode.vsix_kb": ["below", 1500],
  "vscode.type_to_dag_ms_p95_100_steps": ["below", 50],
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

/** A process of its own, whose memory is measured. */
async function memory() {
  const { measureMemory } = await load("test/bench/engine.bench.ts");
  console.log(await measureMemory());
}

main(async () => {
  if (process.argv.includes("--memory")) return memory();
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
  // VS Code is set up only where it is measured.
  const code = async () => ({ ...(await ensureCodeServer()), vsix: await packageVsix() });
  const results = {};
  for (const name of wanted.length > 0 ? wanted : files) {
    console.error(`\n${name}`);
    const { run } = await load(`test/bench/${name}.bench.ts`);
    for (const [figure, value] of Object.entries(await run({ root, chromium, code }))) {
      results[figure] = value;
      console.error(row(figure, value));
    }
  }
  log(JSON.stringify(results, null, 2));
});
