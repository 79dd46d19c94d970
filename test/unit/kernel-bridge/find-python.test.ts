import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findPython } from "@graphcell/kernel-bridge/node";

const folder = realpathSync(mkdtempSync(join(tmpdir(), "graphcell-test-")));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A script that answers the probe as a Python of that version would. */
function fakePython(path: string, version: string, missing: readonly string[] = []): string {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  const answer = JSON.stringify({ version: version.split(".").map(Number), missing });
  writeFileSync(full, `#!${process.execPath}\nconsole.log(${JSON.stringify(answer)});\n`);
  chmodSync(full, 0o755);
  return full;
}

const none = { PATH: join(folder, "nothing") };
const project = join(folder, "project", "notebooks");

// Windows starts no scripts: there the contract tests find the real ones.
const onPosix = process.platform === "win32" ? test.skip : test;

beforeAll(() => {
  mkdirSync(project, { recursive: true });
  fakePython("active/bin/python", "3.11.1");
  fakePython("conda/bin/python", "3.11.2");
  fakePython("bare/python3", "3.12.1", ["jupyter_server"]);
  fakePython("full/python3", "3.11.4");
  fakePython("old/python3", "3.8.10");
  fakePython("project/.venv/bin/python", "3.11.3");
});

onPosix.each([
  ["the active environment before .venv", { VIRTUAL_ENV: join(folder, "active") }, project, "3.11.1"],
  ["a .venv above the folder before conda", { CONDA_PREFIX: join(folder, "conda") }, project, "3.11.3"],
  [
    "conda before PATH",
    { CONDA_PREFIX: join(folder, "conda"), PATH: join(folder, "full") },
    folder,
    "3.11.2",
  ],
  [
    "the first on PATH that has Jupyter",
    { PATH: ["bare", "old", "full"].map((p) => join(folder, p)).join(":") },
    folder,
    "3.11.4",
  ],
  ["one without Jupyter when there is no other", { PATH: join(folder, "bare") }, folder, "3.12.1"],
  ["nothing for an environment that is gone", { VIRTUAL_ENV: join(folder, "gone") }, project, "3.11.3"],
])("finds %s", async (_what, env, cwd, version) => {
  expect((await findPython(cwd, undefined, { env: { ...none, ...env } })).version).toBe(version);
});

onPosix("a given path is relative to the folder, and nothing else is looked at", async () => {
  const info = await findPython(join(folder, "project"), join(".venv", "bin", "python"), { env: none });
  expect(info.path).toBe(join(folder, "project", ".venv", "bin", "python"));
});

onPosix("tells what a Python lacks", async () => {
  expect((await findPython(folder, join(folder, "bare", "python3"))).missing).toEqual(["jupyter_server"]);
});

onPosix.each([
  ["GC_PYTHON_MISSING", "no/such/python"],
  ["GC_PYTHON_OLD", "old/python3"],
])("fails with %s for %s", async (code, path) => {
  await expect(findPython(folder, join(folder, path))).rejects.toMatchObject({ code });
});

onPosix("fails when there is no Python anywhere", async () => {
  await expect(findPython(folder, undefined, { env: none })).rejects.toMatchObject({
    code: "GC_PYTHON_MISSING",
  });
});
