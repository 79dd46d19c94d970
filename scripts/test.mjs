/**
 * `npm test`: sets up everything and runs all tests, one stage after the other. With names as arguments it runs only
 * those stages. Ends with one line that counts all tests.
 */
import { ensureChromium } from "./common/chromium.mjs";
import { ensureKafka } from "./common/kafka.mjs";
import { ScriptError, main, run } from "./common/run.mjs";
import { python } from "./common/python.mjs";
import { ensureBuild, ensureTools } from "./setup.mjs";

const node = process.execPath;
const bin = (name, ...args) => [node, [`node_modules/${name}`, ...args]];
const agent = "kernel-bridge/python";

/** Name, command, and how to read the counts from its output. */
const stages = [
  ["types", bin("typescript/bin/tsc", "-b")],
  ["lint", bin("eslint/bin/eslint.js", ".", "--max-warnings", "0")],
  ["format", bin("prettier/bin/prettier.cjs", "--check", "--log-level", "warn", ".")],
  [
    "ruff",
    [python, ["-m", "ruff", "check", agent, "jupyterlab-ext/graphcell", "test/python", "test/fuzz/python"]],
  ],
  ["mypy", [python, ["-m", "mypy", "--config-file", `${agent}/pyproject.toml`, `${agent}/graphcell_agent`]]],
  ["unit", bin("jest/bin/jest.js", "--selectProjects", "unit", "view")],
  ["golden", [node, ["scripts/golden.mjs", "--open"]]],
  ["python", [python, ["-m", "pytest", "-q", "test/python", "test/fuzz/python"]]],
  ["contract", bin("jest/bin/jest.js", "--selectProjects", "contract", "--runInBand")],
  ["nuclio", bin("jest/bin/jest.js", "--selectProjects", "nuclio", "--runInBand")],
  ["golden-live", [node, ["scripts/golden.mjs", "--live", "--open"]]],
  ["hostile", [node, ["scripts/fuzz.mjs", "--hostile", "--seed", "1", "--count", "100000"]]],
  ["fuzz", [node, ["scripts/fuzz.mjs", "--seed", "1", "--count", "500", "--open"]]],
  ["e2e-lab", [node, ["scripts/e2e.mjs", "lab"]]],
  ["e2e-code", [node, ["scripts/e2e.mjs", "code"]]],
];

/** Sums of "N passed" and "N failed", in the closing line of jest, pytest and our own runners. */
function counts(output) {
  // A colour code would stand between a number and its word.
  const text = output.replace(new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, "g"), "");
  const closing = text.split("\n").filter((line) => /^(Tests:|=*\s*\d+ (passed|failed))/.test(line.trim()));
  const last = closing[closing.length - 1] ?? "";
  const number = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(last)?.[1] ?? 0);
  return { passed: number("passed"), failed: number("failed") };
}

main(async () => {
  const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith("-"));
  const unknown = wanted.find((name) => !stages.some(([stage]) => stage === name));
  if (unknown)
    throw new ScriptError(`No stage "${unknown}". Stages: ${stages.map(([name]) => name).join(", ")}.`);
  await ensureTools("test");
  const chosen = stages.filter(([name]) => wanted.length === 0 || wanted.includes(name));
  if (chosen.some(([name]) => name.startsWith("e2e"))) {
    process.env.CHROMIUM = await ensureChromium();
  }
  if (chosen.some(([name]) => name === "nuclio"))
    process.env.GRAPHCELL_KAFKA_JARS = (await ensureKafka()) ?? "";
  await ensureBuild();
  let passed = 0;
  let failed = 0;
  const broken = [];
  for (const [name, [command, args]] of chosen) {
    const begun = Date.now();
    console.log(`\n== ${name}`);
    const { code, output } = await run(command, args, { tee: true, check: false });
    const sum = counts(output);
    passed += sum.passed;
    failed += sum.failed;
    if (code !== 0) {
      broken.push(name);
      if (sum.failed === 0) failed++;
    }
    console.log(
      `== ${name}: ${code === 0 ? "ok" : "FAILED"} in ${((Date.now() - begun) / 1000).toFixed(1)} s`,
    );
  }
  if (broken.length > 0) console.log(`\nFailed: ${broken.join(", ")}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return broken.length > 0 ? 1 : 0;
});
