/**
 * `npm run golden -- [DIR] [--live] [--json] [--kind KIND] [--match TEXT] [--open]`: runs recorded cases through the
 * engine and compares with what the real mlrun did. Exit code 1 when a case differs. With `--open`, the cases that
 * test/golden/open.json names, with the reason, may differ, and must.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { load } from "./common/bundle.mjs";
import { main, root } from "./common/run.mjs";

main(async () => {
  const args = process.argv.slice(2);
  const take = (name) => {
    const at = args.indexOf(name);
    return at < 0 ? null : (args.splice(at, 2)[1] ?? null);
  };
  const flag = (name) => {
    const at = args.indexOf(name);
    if (at >= 0) args.splice(at, 1);
    return at >= 0;
  };
  const options = {
    kind: take("--kind"),
    match: take("--match"),
    live: flag("--live"),
    json: flag("--json"),
  };
  const known = flag("--open") ? JSON.parse(readFileSync(join(root, "test/golden/open.json"), "utf8")) : {};
  const open = Object.keys(known[options.live ? "live" : "replayed"] ?? {});
  const dir = resolve(args[0] ?? join(root, "test/golden/cases"));
  const { golden } = await load("test/golden/main.ts");
  return golden({ root, dir, open, ...options });
});
