/** What a browser loads of the extension: its JavaScript, compressed as servers send it. */
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { createLabHost } from "../e2e/lab/host";
import type { BenchContext } from "./measure";

const KB = 1000;

export async function run({ root, chromium }: BenchContext): Promise<Record<string, number>> {
  const folder = join(root, "jupyterlab-ext/graphcell/labextension/static");
  const size = (name: string) => gzipSync(readFileSync(join(folder, name))).length / KB;
  const sum = (names: readonly string[]) => names.map(size).reduce((total, one) => total + one, 0);
  const all = readdirSync(folder).filter((name) => name.endsWith(".js"));
  const loaded = await loadedScripts(root, chromium);
  return {
    "bundle.labextension_kb_gz": sum(all.filter((name) => loaded.has(name))),
    "bundle.labextension_with_engine_kb_gz": sum(all),
  };
}

/** Names of the scripts that JupyterLab asks for until a notebook's graph is drawn. */
async function loadedScripts(root: string, chromium: string): Promise<ReadonlySet<string>> {
  const host = await createLabHost({ root, chromium, app: "jupyterlab" });
  try {
    const loaded = new Set<string>();
    host.page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      if (pathname.includes("/extensions/graphcell/")) loaded.add(basename(pathname));
    });
    const notebook = await host.open("quick-start.ipynb");
    await notebook.showSidebar();
    await notebook.sidebar.locator(".gc-node").first().waitFor();
    return loaded;
  } finally {
    await host.close();
  }
}
