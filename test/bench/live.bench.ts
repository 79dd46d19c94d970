/** From a keystroke in a cell to the graph as it is drawn then, in a real JupyterLab. */
import type { Host, OpenNotebook } from "../e2e/host";
import { createLabHost } from "../e2e/lab/host";
import { Sidebar } from "../e2e/sidebar";
import { until } from "../e2e/wait";
import { type BenchContext, median, quantile } from "./measure";
import { CHAIN_CELL, KEYS, PAUSE_MS, STEP, chainCells, keystroke } from "./typing";

/** Rounds of the compared pages come in turns. */
const ROUNDS = 5;
/** Where a keystroke is looked for: in the drawn graph, or in the cell that is typed in. */
type Watched = "graph" | "editor";

/** Milliseconds of one keystroke, from its event on. */
interface Keystroke {
  /** Until the notebook's model tells of the change: the editor's own work. */
  readonly model: number;
  /** Until what is watched was changed. */
  readonly changed: number;
  /** Until the frame that shows it began: with 60 frames a second a wait of up to 17 ms lies before it. */
  readonly frame: number;
  /** Until that frame was made. */
  readonly painted: number;
}

interface BenchPage {
  expect(name: string): void;
  take(): Keystroke | null;
}

declare global {
  interface Window {
    graphcellBench: BenchPage;
  }
}

/** A page that is typed in. */
interface Typed {
  readonly host: Host;
  readonly watched: Watched;
}

export async function run({ root, chromium }: BenchContext): Promise<Record<string, number>> {
  const lab = { root, chromium, app: "jupyterlab" } as const;
  const host = await createLabHost(lab);
  const bare = await createLabHost({ ...lab, extension: false });
  try {
    const figures: Record<string, number> = {};
    const pages: readonly Typed[] = [
      { host, watched: "graph" },
      { host: bare, watched: "editor" },
    ];
    for (const steps of [100, 1000]) Object.assign(figures, await measure(pages, steps));
    const errors = host.takeErrors();
    if (errors.length > 0) throw new Error(errors.join("\n"));
    return figures;
  } finally {
    await host.close();
    await bare.close();
  }
}

/** Types in all pages in turns, so that what else the machine does falls on all of them alike. */
async function measure(pages: readonly Typed[], steps: number): Promise<Record<string, number>> {
  const typists = [];
  for (const { host, watched } of pages) {
    const notebook = await host.openCells(`chain-${steps}.ipynb`, chainCells(steps));
    if (watched === "graph") {
      await notebook.showSidebar();
      await new Sidebar(notebook.sidebar).step(STEP).waitFor({ state: "attached" });
    }
    await prepare(notebook, watched);
    typists.push({ host, notebook, keys: [] as Keystroke[] });
  }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const { notebook, keys } of typists) {
      const typed = await typeRound(notebook);
      // The first round warms up.
      if (round > 0) keys.push(...typed);
    }
  }
  for (const { host } of typists) await host.reset();
  const [ours, bare] = typists.map(({ keys }) => keys);
  return summary(ours, bare, steps);
}

/** What a keystroke's work takes: without the wait for the display's next frame. */
const work = ({ changed, frame, painted }: Keystroke) => changed + (painted - frame);

function summary(
  ours: readonly Keystroke[],
  bare: readonly Keystroke[],
  steps: number,
): Record<string, number> {
  const both = (name: string, times: readonly number[]) => ({
    [`live.${name}_ms_p95_${steps}_steps`]: quantile(times, 0.95),
    [`live.${name}_ms_median_${steps}_steps`]: median(times),
  });
  return {
    ...both("type_to_dag", ours.map(work)),
    ...both("jupyterlab_alone", bare.map(work)),
    [`live.type_to_dag_vs_jupyterlab_alone_${steps}_steps`]: median(ours.map(work)) / median(bare.map(work)),
    ...both(
      "model_to_dag",
      ours.map((k) => k.changed - k.model),
    ),
    ...both(
      "type_to_dag_at_60_hz",
      ours.map((k) => k.painted),
    ),
    ...both(
      "jupyterlab_alone_at_60_hz",
      bare.map((k) => k.painted),
    ),
  };
}

/** Puts the cursor behind the name of the step, and begins to look. */
async function prepare(notebook: OpenNotebook, watched: Watched): Promise<void> {
  await placeCursor(notebook, CHAIN_CELL, `"${STEP}`);
  await notebook.page.evaluate(measureInPage, [notebook.file, CHAIN_CELL, watched] as const);
}

/** Renames a step that is in sight, character by character and back, again and again. */
async function typeRound({ page }: OpenNotebook): Promise<readonly Keystroke[]> {
  const keystrokes: Keystroke[] = [];
  for (let i = 0; i < KEYS; i++) {
    const { key, name } = keystroke(i);
    await page.evaluate((expected) => window.graphcellBench.expect(expected), name);
    await page.keyboard.press(key);
    let taken: Keystroke | null = null;
    await until(`keystroke ${i + 1} is drawn`, async () => {
      taken = await page.evaluate(() => window.graphcellBench.take());
      return taken !== null;
    });
    if (taken) keystrokes.push(taken);
    await page.waitForTimeout(PAUSE_MS);
  }
  return keystrokes;
}

/** Puts the cursor behind the first place of a text in a cell. */
async function placeCursor(notebook: OpenNotebook, cell: number, text: string): Promise<void> {
  await notebook.select(cell);
  const offset = (await notebook.source(cell)).indexOf(text) + text.length;
  await notebook.page.evaluate(
    ([path, n, to]) => {
      for (const panel of window.jupyterapp.shell.widgets("main")) {
        if (panel.context?.path !== path) continue;
        const editor = panel.content?.widgets[n]?.editor;
        editor?.focus();
        editor?.setCursorPosition(editor.getPositionAt(to));
      }
    },
    [notebook.file, cell, offset] as const,
  );
}

/** Runs in the page: notes when the key went down, when the model told, when the expected name showed. */
function measureInPage([path, cell, watched]: readonly [string, number, Watched]): void {
  interface Told {
    readonly changed: { connect(listener: () => void): void };
  }
  let [pressed, told, changed, frame, painted] = [0, 0, 0, 0, 0];
  let expected = "";
  const now = () => performance.now();
  document.addEventListener("keydown", (event) => void (pressed = event.timeStamp), { capture: true });
  let editor: HTMLElement | null = null;
  for (const panel of window.jupyterapp.shell.widgets("main")) {
    if (panel.context?.path !== path) continue;
    editor = panel.content?.widgets[cell]?.node.querySelector(".cm-content") ?? null;
    const shared = panel.content?.model?.sharedModel.cells[cell] as unknown as Told;
    shared.changed.connect(() => void (told ||= now()));
  }
  const channel = new MessageChannel();
  // A task of its own comes after the frame that was asked for before it.
  channel.port1.onmessage = () => void (painted ||= now());
  const graph = document.querySelector("#graphcell-sidebar .gc-dag-svg");
  const seen = watched === "graph" ? graph : editor;
  if (!seen) throw new Error(`there is no ${watched}`);
  const shows = () =>
    watched === "graph"
      ? seen.querySelector(`.gc-node[data-id="${expected}"]`) !== null
      : seen.textContent.includes(`"${expected}"`);
  new MutationObserver(() => {
    if (pressed === 0 || changed > 0 || !shows()) return;
    changed = now();
    requestAnimationFrame((at) => {
      frame = Math.max(at, changed);
      channel.port2.postMessage(null);
    });
  }).observe(seen, { subtree: true, childList: true, attributes: true, characterData: true });
  window.graphcellBench = {
    expect(name) {
      [pressed, told, changed, frame, painted] = [0, 0, 0, 0, 0];
      expected = name;
    },
    take() {
      if (painted === 0) return null;
      const [model, shown, begun, done] = [told, changed, frame, painted].map((time) => time - pressed);
      return { model, changed: shown, frame: begun, painted: done };
    },
  };
}
