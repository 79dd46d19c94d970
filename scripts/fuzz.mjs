/**
 * `npm run fuzz -- [--count N] [--seed N] [--out DIR] [--most N] [--show] [--no-shrink] [--open]`: makes random graphs and events, runs each in
 * the real mlrun and in our engine, and compares everything. A difference is shrunk to a small program and written to
 * DIR as a golden case. With `--open`, the seeds that test/fuzz/open.json names, with the reason, may differ, and must.
 * With `--hostile` it reads, checks, draws and runs graph files that are broken in random ways instead, and needs no Python.
 * Exit code 1 when something differs. Without a seed it takes one from the clock, and prints it.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "./common/bundle.mjs";
import { main, root } from "./common/run.mjs";

main(async () => {
  const args = process.argv.slice(2);
  const take = (name, otherwise) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : args[at + 1];
  };
  if (args.includes("--hostile")) {
    const { hostile } = await load("test/fuzz/hostile/main.ts");
    return hostile({ root, seed: Number(take("--seed", 1)), count: Number(take("--count", 100_000)) });
  }
  const known = JSON.parse(readFileSync(join(root, "test/fuzz/open.json"), "utf8"));
  const { fuzz } = await load("test/fuzz/main.ts");
  return fuzz({
    root,
    seed: Number(take("--seed", Date.now() % 1_000_000_000)),
    count: Number(take("--count", 500)),
    out: resolve(take("--out", join(root, ".cache/fuzz"))),
    most: Number(take("--most", 20)),
    show: args.includes("--show"),
    shrink: !args.includes("--no-shrink"),
    known: new Set(args.includes("--open") ? Object.keys(known.seeds).map(Number) : []),
  });
});
