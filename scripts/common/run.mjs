/** Runs programs and says what goes on: the terminal side of all scripts. */
import { spawn } from "node:child_process";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const windows = process.platform === "win32";

/** A failure that a person can act on: printed without a stack trace. */
export class ScriptError extends Error {}

/** Ends the script with the error's message, or with its stack when it is a fault of ours. */
export function main(work) {
  work().then(
    (code) => process.exit(code ?? 0),
    (error) => {
      console.error(error instanceof ScriptError ? `\n${error.message}` : error);
      process.exit(1);
    },
  );
}

/**
 * Runs a program to its end. `quiet` keeps its output unless it fails; `input: "inherit"` gives it the terminal.
 * Resolves to `{ code, output }`; throws `ScriptError` for a code other than 0 unless `check` is false.
 */
export function run(command, args, { cwd = root, env, quiet = false, check = true, tee = false } = {}) {
  return new Promise((done, fail) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", quiet || tee ? "pipe" : "inherit", quiet || tee ? "pipe" : "inherit"],
      windowsHide: true,
    });
    let output = "";
    for (const [stream, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
        if (tee) to.write(text);
      });
    }
    child.on("error", (error) => {
      if (!check) done({ code: -1, output: error.message });
      else fail(new ScriptError(`${command} could not be started: ${error.message}`));
    });
    child.on("close", (code) => {
      if (code !== 0 && check) {
        const shown = quiet ? `\n${output.trim().split("\n").slice(-30).join("\n")}` : "";
        fail(new ScriptError(`${[command, ...args].join(" ")} ended with code ${code}.${shown}`));
      } else done({ code: code ?? -1, output });
    });
  });
}

/** npm without a shell: on Windows it is a script that only node can start. */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  if (cli?.endsWith("js")) return run(process.execPath, [cli, ...args], options);
  return windows ? run("cmd.exe", ["/d", "/s", "/c", "npm", ...args], options) : run("npm", args, options);
}

/** Says what is being done while it is being done, and how long it took. */
export async function step(title, work) {
  const begun = Date.now();
  const terminal = process.stdout.isTTY;
  const seconds = () => `${((Date.now() - begun) / 1000).toFixed(1)} s`;
  const timer = terminal
    ? setInterval(() => process.stdout.write(`\r  ${title} ... ${seconds()} `), 200)
    : (console.log(`  ${title} ...`), null);
  try {
    const result = await work();
    if (terminal) process.stdout.write(`\r\x1b[K  ${title}: ${seconds()}\n`);
    else if (Date.now() - begun > 1000) console.log(`  ${title}: ${seconds()}`);
    return result;
  } finally {
    if (timer) clearInterval(timer);
  }
}
