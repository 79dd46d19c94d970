/** The VS Code extension in a real workbench: its size, how long it keeps others from starting, a keystroke's graph. */
import { statSync } from "node:fs";
import { type CodeHost, createCodeHost } from "../e2e/code/host";
import { Sidebar } from "../e2e/sidebar";
import { until } from "../e2e/wait";
import { type BenchContext, median, quantile } from "./measure";
import { CHAIN_CELL, KEYS, PAUSE_MS, STEP, chainCells, keystroke } from "./typing";

const KB = 1000;
const ID = "graphcell.graphcell-vscode";
const ACTIVATIONS = 5;
const ROUNDS = 5;

declare global {
  interface Window {
    /** Milliseconds since the epoch of the last key that went down. */
    graphcellPressed: number;
    /** The name that is waited for, and when the frame that shows it was made. */
    graphcellDrawn: { name: string; at: number };
  }
}

export async function run({ root, chromium, code }: BenchContext): Promise<Record<string, number>> {
  const made = await code();
  const host = await createCodeHost({ root, chromium, ...made });
  try {
    const activations: number[] = [];
    for (let i = 0; i < ACTIVATIONS; i++) activations.push(await activation(host));
    const times = await typing(host);
    const errors = host.takeErrors();
    if (errors.length > 0) throw new Error(errors.join("\n"));
    return {
      "vscode.activate_ms": median(activations),
      "vscode.vsix_kb": statSync(made.vsix).size / KB,
      "vscode.type_to_dag_ms_p95_100_steps": quantile(times, 0.95),
      "vscode.type_to_dag_ms_median_100_steps": median(times),
    };
  } finally {
    await host.close();
  }
}

/** Milliseconds from asking for the extension to its being active, in an extension host that has not loaded it. */
async function activation(host: CodeHost): Promise<number> {
  await host.begin();
  await host.reload();
  const ms = await host.server.driver.call(async (vscode, id) => {
    const extension = vscode.extensions.getExtension(id);
    if (!extension || extension.isActive) return -1;
    const begun = performance.now();
    await extension.activate();
    return performance.now() - begun;
  }, ID);
  if (ms < 0) throw new Error("the extension is active before a notebook or a command needs it");
  return ms;
}

/** Milliseconds of keystrokes that rename a step of 100, until the webview has drawn them. */
async function typing(host: CodeHost): Promise<readonly number[]> {
  const notebook = await host.openCells("chain-100.ipynb", chainCells(100), { kernel: false });
  await notebook.showSidebar();
  await new Sidebar(notebook.sidebar).step(STEP).waitFor({ state: "attached" });
  await placeCursor(host, notebook.file);
  await host.page.evaluate(() => {
    const note = (event: KeyboardEvent) =>
      void (window.graphcellPressed = performance.timeOrigin + event.timeStamp);
    document.addEventListener("keydown", note, { capture: true });
  });
  await notebook.sidebar.evaluate(watch);
  const times: number[] = [];
  for (let i = 0; i < KEYS * (ROUNDS + 1); i++) {
    const { key, name } = keystroke(i);
    await notebook.sidebar.evaluate(
      (_, expected) => void (window.graphcellDrawn = { name: expected, at: 0 }),
      name,
    );
    await host.page.keyboard.press(key);
    let drawn = 0;
    await until(`keystroke ${i + 1} is drawn`, async () => {
      drawn = await notebook.sidebar.evaluate(() => window.graphcellDrawn.at);
      return drawn > 0;
    });
    // The first round warms up.
    if (i >= KEYS) times.push(drawn - (await host.page.evaluate(() => window.graphcellPressed)));
    await host.page.waitForTimeout(PAUSE_MS);
  }
  return times;
}

/** Puts the cursor behind the name of the step. */
async function placeCursor(host: CodeHost, file: string): Promise<void> {
  await host.server.driver.call(
    async (vscode, [name, cell, text]) => {
      const notebook = vscode.workspace.notebookDocuments.find(({ uri }) => uri.path.endsWith(`/${name}`));
      const document = notebook?.cellAt(cell).document;
      if (!document) throw new Error(`${name} is not open`);
      const at = document.positionAt(document.getText().indexOf(text) + text.length);
      await vscode.commands.executeCommand("vscode.open", document.uri, {
        selection: new vscode.Range(at, at),
      });
    },
    [file, CHAIN_CELL, `"${STEP}`] as const,
  );
  await host.page.locator(".notebook-editor .monaco-list-row .monaco-editor.focused").waitFor();
}

/**
 * Runs in the webview: notes when the expected name was drawn, without the wait for the display's next frame, as
 * live.bench.ts does.
 */
function watch(root: Element): void {
  const now = () => performance.timeOrigin + performance.now();
  const graph = root.querySelector(".gc-dag-svg");
  if (!graph) throw new Error("there is no graph");
  let [changed, frame] = [0, 0];
  const channel = new MessageChannel();
  channel.port1.onmessage = () => void (window.graphcellDrawn.at = changed + (now() - frame));
  window.graphcellDrawn = { name: "", at: 0 };
  let seen = "";
  new MutationObserver(() => {
    const { name } = window.graphcellDrawn;
    if (name === seen || graph.querySelector(`.gc-node[data-id="${name}"]`) === null) return;
    seen = name;
    changed = now();
    requestAnimationFrame((begun) => {
      frame = Math.max(performance.timeOrigin + begun, changed);
      channel.port2.postMessage(null);
    });
  }).observe(graph, { subtree: true, childList: true, attributes: true, characterData: true });
}
