/** Runs the scenarios on one host, one after another, and prints what failed. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Host, Scenario } from "./host";
import { createCodeHost } from "./code/host";
import { createWebCodeHost } from "./code/webHost";
import { createLabHost } from "./lab/host";
import { scenarios } from "./scenarios";
import { screenshotPath, screenshotsIn } from "./screenshot";
import { ScenarioError } from "./wait";

interface Options {
  readonly root: string;
  readonly chromium: string;
  /** `lab` runs JupyterLab's scenarios, then Notebook 7's; `code` runs VS Code's, then those in a folder that is not trusted, then those of its own Python and of a browser alone. */
  readonly suite: "lab" | "code";
  /** For `code`: Node and script of code-server, and our extension as people get it, alone and with its own Python. */
  readonly code?: {
    readonly node: string;
    readonly server: string;
    readonly vsix: string;
    readonly withPython: string;
  };
  /** Part of a scenario's name; all when empty. */
  readonly filter: string;
}

interface Sum {
  passed: number;
  failed: number;
}

/** Returns whether all passed. */
export async function runSuite({ root, chromium, suite, code, filter }: Options): Promise<boolean> {
  screenshotsIn(root);
  await mkdir(join(root, "test/e2e/screenshots"), { recursive: true });
  const sum: Sum = { passed: 0, failed: 0 };
  const chosenFor = (host: string) =>
    scenarios.filter((s) => s.name.includes(filter) && (s.hosts ?? ["lab", "code"]).includes(host));
  if (suite === "code") {
    if (!code) throw new Error("the suite code needs a code-server");
    for (const trust of [false, true]) {
      const chosen = chosenFor(trust ? "code-restricted" : "code");
      if (chosen.length === 0) continue;
      await runAll(await createCodeHost({ root, chromium, ...code, trust }), chosen, sum);
    }
    const embedded = chosenFor("code-embedded");
    if (embedded.length > 0) {
      const options = { root, chromium, ...code, vsix: code.withPython, name: "code-embedded" };
      await runAll(await createCodeHost(options), embedded, sum);
    }
    const web = chosenFor("code-web");
    if (web.length > 0) await runAll(await createWebCodeHost({ root, chromium, ...code }), web, sum);
  } else {
    for (const app of ["jupyterlab", "notebook"] as const) {
      const chosen = chosenFor(app === "notebook" ? "notebook" : "lab");
      if (chosen.length > 0) await runAll(await createLabHost({ root, chromium, app }), chosen, sum);
    }
  }
  console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
  return sum.failed === 0 && sum.passed > 0;
}

async function runAll(host: Host, chosen: readonly Scenario[], sum: Sum): Promise<void> {
  console.log(`\n${host.name}`);
  try {
    for (const scenario of chosen) await runOne(host, scenario, sum);
  } finally {
    await host.close();
  }
}

async function runOne(host: Host, scenario: Scenario, sum: Sum): Promise<void> {
  const begun = Date.now();
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
  try {
    await scenario.run(host);
    const errors = host.takeErrors();
    if (errors.length > 0) throw new ScenarioError(`our code threw in the page:\n${errors.join("\n")}`);
    await host.reset();
    sum.passed++;
    console.log(`  ok      ${scenario.name} (${seconds()})`);
  } catch (error) {
    sum.failed++;
    const text =
      error instanceof ScenarioError ? error.message : error instanceof Error ? error.stack : `${error}`;
    const shown = (text ?? "").split("\n").join("\n          ");
    console.log(`  FAILED  ${scenario.name} (${seconds()})\n          ${shown}`);
    await host.page
      .screenshot({ path: screenshotPath(host, `failed-${scenario.name}`) })
      .catch(() => undefined);
    for (const thrown of host.takeErrors()) console.log(`          in the page: ${thrown}`);
    await host.reset().catch(() => undefined);
  }
}
