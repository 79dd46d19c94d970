/** Debian's packages, where the machine has them and may install them. */
import { existsSync } from "node:fs";
import { run, step } from "./run.mjs";

/** Installs packages; does nothing where there is no apt. What came of it the caller sees for itself. */
export async function installPackages(title, ...packages) {
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) return;
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const apt = (...args) => {
    const [program, ...rest] = [...sudo, "apt-get", ...args];
    return run(program, rest, { quiet: true, check: false, env: { DEBIAN_FRONTEND: "noninteractive" } });
  };
  await step(title, async () => {
    await apt("update");
    await apt("install", "-y", "--no-install-recommends", ...packages);
  });
}
