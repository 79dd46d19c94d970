/** Finds the Python that runs notebooks. No shell: the same on Linux, macOS and Windows. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join, parse, resolve } from "node:path";
import { GraphcellError } from "@graphcell/core";

/** An interpreter that ran. */
export interface PythonInfo {
  /** As it was started. */
  readonly path: string;
  /** `3.11.7` */
  readonly version: string;
  /** What a Jupyter server needs and this Python lacks, as pip names. */
  readonly missing: readonly string[];
  /** Where it was found, for people. */
  readonly origin: string;
}

export interface FindPythonOptions {
  /** Default: this process's. */
  readonly env?: NodeJS.ProcessEnv;
}

const OLDEST = [3, 9] as const;
const NEEDED = ["jupyter_server", "ipykernel"] as const;
const PROBE_MS = 20_000;
const windows = process.platform === "win32";

/** Answers without importing anything from the current folder, which nobody has trusted yet. */
const PROBE = [
  "import sys",
  "sys.path = [p for p in sys.path if p]",
  "import importlib.util as u, json",
  `missing = [m for m in ${JSON.stringify(NEEDED)} if u.find_spec(m) is None]`,
  "print(json.dumps({'version': list(sys.version_info[:3]), 'missing': missing}))",
].join("\n");

interface Candidate {
  readonly path: string;
  readonly origin: string;
}

/**
 * The Python to use for notebooks in `cwd`: the `given` one, else that of the active virtual environment, of a
 * `.venv` in `cwd` or above it, of conda, or the first on PATH (there one that has Jupyter goes before one that
 * has not). Throws `GC_PYTHON_MISSING` when there is none, `GC_PYTHON_OLD` when it is older than 3.9.
 */
export async function findPython(
  cwd: string,
  given?: string,
  options: FindPythonOptions = {},
): Promise<PythonInfo> {
  const env = options.env ?? process.env;
  if (given !== undefined) return usable(await probe({ path: pathOf(given, cwd), origin: "given" }), given);
  for (const candidate of environments(cwd, env)) {
    const info = await probe(candidate);
    if (info) return usable(info, candidate.path);
  }
  const found: PythonInfo[] = [];
  for (const candidate of onPath(env)) {
    const info = await probe(candidate);
    if (info?.missing.length === 0 && !isOld(info)) return info;
    if (info) found.push(info);
  }
  return usable(found.find((info) => !isOld(info)) ?? found[0] ?? null, "python3");
}

/** A Python as it is now, for who installs something into it; null when it can't be run. */
export function probePython({ path, origin }: PythonInfo): Promise<PythonInfo | null> {
  return probe({ path, origin });
}

/** Runs a Python once; null when it can't be run. */
async function probe({ path, origin }: Candidate): Promise<PythonInfo | null> {
  const output = await outputOf(path, ["-c", PROBE]);
  const line = output?.trim().split("\n").pop();
  if (!line) return null;
  try {
    const { version, missing }: { version: number[]; missing: string[] } = JSON.parse(line);
    return { path, origin, version: version.join("."), missing };
  } catch {
    return null;
  }
}

function outputOf(command: string, args: readonly string[]): Promise<string | null> {
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "ignore"], windowsHide: true });
    // Not spawn's own timeout: that one stays behind when there is no such command.
    const timer = setTimeout(() => child.kill("SIGKILL"), PROBE_MS);
    const end = (result: string | null) => {
      clearTimeout(timer);
      done(result);
    };
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
    child.on("error", () => end(null));
    child.on("close", (code) => end(code === 0 ? output : null));
  });
}

/** Interpreters of environments that somebody made for this folder or switched on, best first. */
function environments(cwd: string, env: NodeJS.ProcessEnv): Candidate[] {
  const candidates: Candidate[] = [];
  if (env.VIRTUAL_ENV) candidates.push({ path: inVenv(env.VIRTUAL_ENV), origin: "active environment" });
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    candidates.push({ path: inVenv(join(folder, ".venv")), origin: `.venv in ${folder}` });
    if (folder === parse(folder).root) break;
  }
  if (env.CONDA_PREFIX) {
    const path = windows ? join(env.CONDA_PREFIX, "python.exe") : join(env.CONDA_PREFIX, "bin", "python");
    candidates.push({ path, origin: "conda environment" });
  }
  return candidates.filter(({ path }) => existsSync(path));
}

function inVenv(folder: string): string {
  return windows ? join(folder, "Scripts", "python.exe") : join(folder, "bin", "python");
}

function onPath(env: NodeJS.ProcessEnv): Candidate[] {
  const folders = (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  const names = windows ? ["python.exe", "python3.exe", "py.exe"] : ["python3", "python"];
  return names.flatMap((name) =>
    folders
      .map((folder) => join(folder, name))
      .filter((path) => existsSync(path))
      .map((path) => ({ path, origin: "PATH" })),
  );
}

/** A name without a folder is looked up on PATH; anything else is relative to `cwd`. */
function pathOf(given: string, cwd: string): string {
  return /[/\\]/.test(given) ? resolve(cwd, given) : given;
}

function isOld({ version }: PythonInfo): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
}

function usable(info: PythonInfo | null, looked: string): PythonInfo {
  if (!info) throw pythonMissing(looked);
  if (!isOld(info)) return info;
  throw new GraphcellError(
    "GC_PYTHON_OLD",
    `${info.path} is Python ${info.version}; Graphcell needs ${OLDEST.join(".")} or newer.`,
    "Give another one with --python PATH.",
  );
}

/** There is no such Python, or it can't be run. */
export function pythonMissing(path: string): GraphcellError {
  return new GraphcellError(
    "GC_PYTHON_MISSING",
    `There is no Python that runs at ${path}.`,
    "Install Python 3.9 or newer, or give one with --python PATH.",
  );
}

/** Throws `GC_SERVER_MISSING`, with the command that installs what lacks. */
export function requireServer(info: PythonInfo): void {
  if (info.missing.length === 0) return;
  throw new GraphcellError(
    "GC_SERVER_MISSING",
    `${info.path} has no ${info.missing.join(" and no ")}: it can't run notebooks.`,
    `Install it: ${info.path} -m pip install ${info.missing.join(" ")}`,
  );
}
