/** A real VS Code for the end-to-end tests: code-server from npm, with a Node of its own, in .cache. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, npm, root, step, windows } from "./run.mjs";
import { unlessDone } from "./stamp.mjs";

/** VS Code 1.139.1. */
const CODE_SERVER = "4.139.1";
/** What that VS Code runs on. */
const NODE = "24.21.0";

const folder = join(root, ".cache", "code-server");
const node = `node-${windows ? "win" : process.platform}-${process.arch}`;

/** Paths of the server's script and of the Node that runs it. */
export async function ensureCodeServer() {
  const place = {
    node: join(folder, "node_modules", node, "bin", windows ? "node.exe" : "node"),
    server: join(folder, "node_modules/code-server/out/node/entry.js"),
  };
  await unlessDone(".cache/code-server/stamp", `${CODE_SERVER} ${NODE} ${node}`, () =>
    step("VS Code for the end-to-end tests (code-server)", async () => {
      mkdirSync(folder, { recursive: true });
      const dependencies = { "code-server": CODE_SERVER, [node]: NODE };
      const manifest = { name: "graphcell-code-server", private: true, dependencies };
      writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
      const options = ["--ignore-scripts", "--no-audit", "--no-fund"];
      await npm(["install", ...options], { cwd: folder, quiet: true });
      // Its install script would do this, and build native modules that no test needs.
      const inner = join(folder, "node_modules/code-server/lib/vscode");
      await npm(["install", "--omit=dev", ...options], { cwd: inner, quiet: true });
    }),
  );
  if (!existsSync(place.node) || !existsSync(place.server)) {
    throw new ScriptError("code-server could not be installed: remove .cache/code-server and try again.");
  }
  return place;
}
