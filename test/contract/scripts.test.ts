/** Steps in TypeScript and JavaScript in a worker thread, and in the command. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { CancelSource, parseJson, readFunction, simulate, type RunResult } from "@graphcell/core";
import { readScripts, workerExecutor } from "@graphcell/core/script";
import { nodeScriptWorker } from "@graphcell/kernel-bridge/node";
import { folderOf, notebookText, run } from "../support/command";
import { python as interpreter, root } from "../support/python";

jest.setTimeout(120_000);

const one = { engine: "sync", steps: { only: { kind: "task", handler: "step", responder: true } } };

async function runStep(code: string, cancel = new CancelSource()): Promise<RunResult> {
  const scripts = await readScripts("steps.ts", () => Promise.resolve(code));
  const executor = workerExecutor(scripts, nodeScriptWorker(root), cancel.token);
  const { graph } = readFunction(parseJson(JSON.stringify(one)));
  try {
    return await simulate(graph, [{ body: 1 }], { executor, cancel: cancel.token });
  } finally {
    executor.end();
  }
}

test("what a step prints is its own", async () => {
  const { records } = await runStep(
    'export function step(x: number) { console.log("got", x, { a: 1 }); console.error(new Error("hm")); return x; }',
  );
  expect(records[0].stdout).toBe('got 1 {"a":1}\nError: hm\n');
});

test("a step reaches Node's modules and packages", async () => {
  const { events } = await runStep(
    'import { basename } from "node:path"; import ws from "ws"; export const step = () => [basename("/a/b"), typeof ws];',
  );
  expect(events[0].response).toEqual(["b", "function"]);
});

test("a step that never returns ends with the run that is cancelled", async () => {
  const cancel = new CancelSource();
  setTimeout(() => cancel.cancel(), 300);
  const { cancelled, events } = await runStep("export function step() { for (;;); }", cancel);
  expect(cancelled).toBe(true);
  expect(events[0].status).toBe("cancelled");
});

test("steps that end their process end the run, and it says why", async () => {
  const code =
    'export function step() { setTimeout(() => { throw new Error("late"); }, 0); return new Promise(() => {}); }';
  await expect(runStep(code)).rejects.toThrow("The steps of steps.ts ended: Error: late");
});

const file = folderOf({
  "shop.ipynb": notebookText(
    [
      'import mlrun\nfn = mlrun.new_function("shop", kind="serving")\n' +
        'fn.set_topology("flow").to("Discount", name="discount", percent=10).to(name="tax", handler="tax").respond()',
    ],
    "shop",
    ['{"price": 200}'],
  ),
  "graphcell.deploy.yaml": "functions:\n  shop:\n    source: steps.ts\n",
  "steps.ts":
    "export class Discount {\n  constructor(private args: { percent: number }) {}\n" +
    "  do(o: { price: number }) { return { price: o.price * (1 - this.args.percent / 100) }; }\n}\n" +
    "export const tax = (o: { price: number }) => ({ ...o, tax: o.price / 4 });\n",
});

describe("the command", () => {
  test("checks a graph by what the file exports", async () => {
    expect(await run(["check", file("shop.ipynb")])).toEqual({ code: 0, out: "", err: "" });
  });

  test("simulates it", async () => {
    const { code, out, err } = await run(["simulate", file("shop.ipynb"), "--python", interpreter]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toContain("{'price': 180, 'tax': 45}");
  });

  test("says that MLRun has nothing to compare it with", async () => {
    const { code, err } = await run(["verify", file("shop.ipynb"), "--python", interpreter]);
    expect(code).not.toBe(0);
    expect(err).toContain('The steps of "shop" are TypeScript or JavaScript, which MLRun can\'t run.');
  });

  test("exports it as a nodejs function", () => {
    // As it is built: the engine lies beside it.
    const built = join(root, "cli/dist/graphcell.mjs");
    const out = execFileSync(process.execPath, [built, "export", file("shop.ipynb"), "--json"], {
      encoding: "utf8",
    });
    expect(out).toContain("runtime: nodejs");
    expect(out).not.toContain("runtime: python");
  });
});
