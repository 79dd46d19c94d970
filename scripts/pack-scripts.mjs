/**
 * Packs core/src/script/worker-entry.ts, what runs in a worker for steps in TypeScript or JavaScript, into
 * core/src/script/worker-source.ts, from where hosts start it: a text starts the same way in a page and in Node. Run it
 * after a change of what the worker is made of; a unit test fails while the packed file is old. `--check` only tells.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import prettier from "prettier";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = join(root, "core/src/script/worker-source.ts");

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ["core/src/script/worker-entry.ts"],
  bundle: true,
  write: false,
  minify: true,
  format: "iife",
  target: "es2022",
  logLevel: "warning",
});
const text = await prettier.format(
  `/** Made by scripts/pack-scripts.mjs from core/src/script/worker-entry.ts: change it there. */
export const WORKER_SOURCE = ${JSON.stringify(outputFiles[0].text)};
`,
  { ...(await prettier.resolveConfig(target)), filepath: target },
);
if (!process.argv.includes("--check")) writeFileSync(target, text);
else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
  console.error("core/src/script/worker-source.ts is old: run `node scripts/pack-scripts.mjs`.");
  process.exitCode = 1;
}
