import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../../..");

test("the packed worker of steps in TypeScript is that of core/src/script", () => {
  const check = (): unknown =>
    execFileSync(process.execPath, [join(root, "scripts/pack-scripts.mjs"), "--check"], { stdio: "pipe" });
  expect(check).not.toThrow();
});

test("the packed agent is that of kernel-bridge/python", () => {
  const check = (): unknown =>
    execFileSync(process.execPath, [join(root, "scripts/pack-agent.mjs"), "--check"], { stdio: "pipe" });
  expect(check).not.toThrow();
});
