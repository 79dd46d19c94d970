import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { Host, Theme } from "./host";
import { check } from "./wait";

export const THEMES: readonly Theme[] = ["light", "dark", "high-contrast"];

/** What axe finds serious or critical in a part of the page, a line each. */
export async function axe(host: Host, selector: string): Promise<readonly string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  await host.page.evaluate(source);
  return host.page.evaluate(async (within) => {
    const { axe } = window as unknown as {
      axe: { run(context: string, options: object): Promise<AxeResult> };
    };
    const { violations } = await axe.run(within, { resultTypes: ["violations"] });
    const bad = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
    return bad.flatMap(({ id, help, nodes }) =>
      nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 160)}`),
    );
  }, selector);
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly impact: string | null;
    readonly nodes: readonly { readonly html: string }[];
  }[];
}

/** Fails where axe finds something serious in a part of the page, in any theme. */
export async function nothingSerious(host: Host, selector: string): Promise<void> {
  for (const theme of THEMES) {
    await host.setTheme(theme);
    const found = await axe(host, selector);
    check(found.length === 0, `${theme}: nothing serious, but:\n${found.join("\n")}`);
  }
  await host.setTheme("light");
}
