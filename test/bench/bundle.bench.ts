/** What a browser loads of the extension: its JavaScript, compressed as servers send it. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { BenchContext } from "./measure";

export function run({ root }: BenchContext): Promise<Record<string, number>> {
  const folder = join(root, "jupyterlab-ext/graphcell/labextension/static");
  const scripts = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const bytes = scripts.map((name) => gzipSync(readFileSync(join(folder, name))).length);
  const sum = bytes.reduce((total, size) => total + size, 0);
  return Promise.resolve({ "bundle.labextension_kb_gz": sum / 1024 });
}
