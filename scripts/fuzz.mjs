/**
 * `npm run fuzz -- [--count N] [--seed N] [--out DIR] [--most N] [--show]`: makes random graphs and events, runs each in
 * the real mlrun and in our engine, and compares everything. A difference is shrunk to a small program and written to
 * DIR as a golden case. Exit code 1 when something differs. Without a seed it takes one from the clock, and prints it.
 */
import { join, resolve } from "node:path";
import { load } from "./common/bundle.mjs";
import { main, root } from "./common/run.mjs";

main(async () => {
  const args = process.argv.slice(2);
  const take = (name, otherwise) => {
    const at = args.indexOf(name);
    return at < 0 ? otherwise : args[at + 1];
  };
  const { fuzz } = await load("test/fuzz/main.ts");
  return fuzz({
    root,
    seed: Number(take("--seed", Date.now() % 1_000_000_000)),
    count: Number(take("--count", 500)),
    out: resolve(take("--out", join(root, ".cache/fuzz"))),
    most: Number(take("--most", 20)),
    show: args.includes("--show"),
  });
});
