import { join } from "node:path";
import type { Locator, Page } from "playwright-core";
import type { Host } from "./host";

let folder = "test/e2e/screenshots";

/** Says where the project is; screenshots go to its `test/e2e/screenshots`, which git ignores. */
export function screenshotsIn(root: string): void {
  folder = join(root, "test/e2e/screenshots");
}

export function screenshotPath(host: Host, name: string): string {
  return join(folder, `${host.name}-${name.replace(/[^a-z0-9]+/gi, "-")}.png`);
}

/** Takes a picture of the page, or of a part of it, for people to look at. */
export async function screenshot(host: Host, name: string, of: Page | Locator = host.page): Promise<void> {
  await of.screenshot({ path: screenshotPath(host, name), animations: "disabled" });
}
