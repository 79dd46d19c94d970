/** `npm start`: sets up everything and opens JupyterLab on the example notebook. */
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createServer } from "node:net";
import { join } from "node:path";
import { ScriptError, main, root, step } from "./common/run.mjs";
import { python } from "./common/python.mjs";
import { ensureBuild, ensureExtension, ensureTools } from "./setup.mjs";

const FOLDER = "examples";
const NOTEBOOK = "quick-start.ipynb";

/** A port that is free now: the wanted one, else any. */
function freePort(wanted) {
  const tryPort = (port) =>
    new Promise((done) => {
      const server = createServer();
      server.once("error", () => done(null));
      server.listen(port, "127.0.0.1", () => {
        const { port: got } = server.address();
        server.close(() => done(got));
      });
    });
  return tryPort(wanted).then((port) => port ?? tryPort(0));
}

/** Whether a browser can be shown at all. */
function hasDisplay() {
  if (process.env.CI || process.env.SSH_CONNECTION) return false;
  return process.platform !== "linux" || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
}

async function answers(url, child) {
  for (let i = 0; i < 600; i++) {
    if (child.exitCode !== null)
      throw new ScriptError("JupyterLab ended while it was starting; its log is above.");
    try {
      if ((await fetch(`${url}api`)).ok) return;
    } catch {
      // not up yet
    }
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new ScriptError("JupyterLab did not answer within a minute.");
}

main(async () => {
  const open = hasDisplay() && !process.argv.includes("--no-browser");
  await ensureTools("start");
  await ensureBuild();
  await ensureExtension();
  const port = await freePort(8888);
  const token = process.env.JUPYTER_TOKEN || randomBytes(24).toString("hex");
  const url = `http://127.0.0.1:${port}/`;
  const args = [
    "-m",
    "jupyterlab",
    `${FOLDER}/${NOTEBOOK}`,
    `--ServerApp.root_dir=${join(root, FOLDER)}`,
    "--ServerApp.ip=127.0.0.1",
    `--ServerApp.port=${port}`,
    "--ServerApp.port_retries=0",
    `--ServerApp.open_browser=${open ? "True" : "False"}`,
    "--ServerApp.log_level=WARN",
    ...(process.getuid?.() === 0 ? ["--allow-root"] : []),
  ];
  // The token goes by the environment: a command line is visible to everybody on the machine.
  const child = spawn(python, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, JUPYTER_TOKEN: token },
  });
  const ended = new Promise((done) => child.on("close", (code) => done(code ?? 0)));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  await step("JupyterLab", () => answers(url, child));
  console.log(`\n  ${url}lab/tree/${NOTEBOOK}?token=${token}\n\n  Ctrl-C ends it.`);
  return ended;
});
