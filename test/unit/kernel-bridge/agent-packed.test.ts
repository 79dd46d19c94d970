import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(__dirname, "../../..");

test("the packed agent is that of kernel-bridge/python", () => {
  const check = (): unknown =>
    execFileSync(process.execPath, [join(root, "scripts/pack-agent.mjs"), "--check"], { stdio: "pipe" });
  expect(check).not.toThrow();
});
