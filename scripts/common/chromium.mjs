/** A Chromium for the end-to-end tests: the machine's own, else Debian's package where it may be installed. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { installPackages } from "./apt.mjs";
import { ScriptError, windows } from "./run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge"];
const PLACES = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  join(process.env.PROGRAMFILES ?? "", "Google/Chrome/Application/chrome.exe"),
  join(process.env["PROGRAMFILES(X86)"] ?? "", "Microsoft/Edge/Application/msedge.exe"),
];

/** Path of a Chromium, or null. `CHROMIUM` in the environment comes first. */
export function findChromium() {
  const given = process.env.CHROMIUM;
  if (given) return existsSync(given) ? given : null;
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(folder, windows ? `${name}.exe` : name);
      if (folder && existsSync(path)) return path;
    }
  }
  return PLACES.find((path) => existsSync(path)) ?? null;
}

export async function ensureChromium() {
  const found = findChromium();
  if (found) return found;
  const title = "Chromium for the end-to-end tests (Debian's package)";
  await installPackages(title, "chromium", "fonts-noto-core");
  const installed = findChromium();
  if (installed) return installed;
  throw new ScriptError(
    "The end-to-end tests need Chromium or Chrome and could not install it.\n" +
      "Install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path/to/chromium",
  );
}
