/** The project's own Python environment in .venv. */
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { ScriptError, root, run, step, windows } from "./run.mjs";
import { hashOf, unlessDone } from "./stamp.mjs";

const bin = join(root, ".venv", windows ? "Scripts" : "bin");

/** Interpreter of .venv; there once `ensurePython` has run. */
export const python = join(bin, windows ? "python.exe" : "python");

/** A tool that pip put into .venv. */
export const tool = (name) => join(bin, windows ? `${name}.exe` : name);

/** Interpreters to try: 3.11 first, because mlrun 1.12 runs on nothing else. */
function candidates() {
  const given = process.env.GRAPHCELL_PYTHON;
  if (given) return [[given]];
  const named = ["python3.11", "python3", "python", "python3.13", "python3.12", "python3.10"].map((n) => [n]);
  return windows ? [["py", "-3.11"], ["py", "-3"], ...named] : named;
}

async function versionOf(command) {
  const [program, ...args] = command;
  const code = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])";
  const { code: exit, output } = await run(program, [...args, "-c", code], { quiet: true, check: false });
  const found = /^(\d+)\.(\d+)\s*$/m.exec(output);
  return exit === 0 && found ? [Number(found[1]), Number(found[2])] : null;
}

async function findPython() {
  let best = null;
  for (const command of candidates()) {
    const version = await versionOf(command);
    if (!version || version[0] !== 3 || version[1] < 10) continue;
    if (version[1] === 11) return { command, minor: 11 };
    best ??= { command, minor: version[1] };
  }
  if (best) return best;
  throw new ScriptError(
    "Graphcell needs Python 3.10 or newer, best 3.11 (mlrun 1.12 runs on that one only), with its venv module.\n" +
      "Install it, or name one: GRAPHCELL_PYTHON=/path/to/python3.11",
  );
}

/** Makes .venv with the packages of `requirements/NAME.txt`, once for each version of that file. */
export async function ensurePython(name) {
  const files = ["requirements/start.txt", ...(name === "test" ? ["requirements/test.txt"] : [])];
  await unlessDone(join(".venv", `graphcell-${name}.stamp`), hashOf(files), async () => {
    if (!existsSync(python)) {
      const { command, minor } = await findPython();
      rmSync(join(root, ".venv"), { recursive: true, force: true });
      await step(`Python environment in .venv (Python 3.${minor})`, () =>
        run(command[0], [...command.slice(1), "-m", "venv", join(root, ".venv")], { quiet: true }),
      );
      if (minor !== 11) {
        console.log(
          "  mlrun 1.12 needs Python 3.11: graphs are drawn, but the examples can't run without it.",
        );
      }
    }
    const title = name === "test" ? "Python packages for the tests" : "JupyterLab, ipykernel and mlrun";
    await step(title, () =>
      run(
        python,
        ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", `requirements/${name}.txt`],
        {
          quiet: true,
        },
      ),
    );
  });
}
