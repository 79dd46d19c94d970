/** Work that need not be done again: a stamp holds the hash of what it was made from. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./run.mjs";

const SKIPPED = new Set(["node_modules", "lib", "dist", "labextension", "__pycache__", ".venv"]);

/** Hash of files and folders (all below them), by path and content; what is missing counts as empty. */
export function hashOf(paths, extra = "") {
  const hash = createHash("sha256").update(extra);
  const visit = (path) => {
    if (!existsSync(path)) return;
    if (statSync(path).isDirectory()) {
      for (const name of readdirSync(path).sort()) if (!SKIPPED.has(name)) visit(join(path, name));
    } else hash.update(relative(root, path)).update("\0").update(readFileSync(path));
  };
  for (const path of paths) visit(join(root, path));
  return hash.digest("hex");
}

/** Does `work` unless `stamp` says that it was done for this very hash. Returns whether it was done. */
export async function unlessDone(stamp, hash, work) {
  const file = join(root, stamp);
  if (existsSync(file) && readFileSync(file, "utf8") === hash) return false;
  await work();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, hash);
  return true;
}
