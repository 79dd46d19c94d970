import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import type { EmbeddedOptions } from "@graphcell/kernel-bridge/node";
import { root } from "./python";

/** The embedded Python of the packages, and its worker as a file; `dispose` removes that. */
export async function embeddedPython(): Promise<EmbeddedOptions & { dispose(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-embedded-"));
  const worker = join(folder, "worker.mjs");
  await build({
    entryPoints: [join(root, "kernel-bridge/src/node/embedded/worker.ts")],
    outfile: worker,
    bundle: true,
    platform: "node",
    format: "esm",
    target: "node20",
  });
  const pyodide = dirname(require.resolve("pyodide/package.json"));
  return { pyodide, worker, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}
