#!/usr/bin/env node
/** Starts the built command. It is here, and not the bundle itself, so that npm can link it before the first build. */
import { existsSync } from "node:fs";

const built = new URL("../dist/graphcell.mjs", import.meta.url);

if (existsSync(built)) {
  await import(built.href);
} else {
  process.stderr.write("graphcell: the command is not built yet. Run npm run setup in its folder first.\n");
  process.exitCode = 3;
}
