/** Kernels that die, restart and go away, and ports that are closed. */
import type { PortCase } from "./case";
import { all, codeOf, equal, holds, pause, printed, until } from "./case";

export const lifetimeCases: readonly PortCase[] = [
  {
    name: "somebody else's code fires onExecuted once; ours does not",
    needs: ["executed", "other"],
    async run({ port, runAsOther }) {
      let fired = 0;
      const listener = port.onExecuted?.(() => fired++);
      await all(port.execute("ours = 1"));
      await pause(200);
      equal(fired, 0, "after our own code");
      await runAsOther?.("theirs = 2");
      await until(() => fired > 0, "onExecuted");
      await pause(200);
      equal(fired, 1, "after theirs");
      listener?.dispose();
    },
  },
  {
    name: "somebody else's code makes the status busy",
    needs: ["other"],
    async run({ port, runAsOther }) {
      const other = runAsOther?.("import time; time.sleep(0.5)");
      await until(() => port.status === "busy", "busy");
      await other;
      await until(() => port.status === "idle", "idle");
    },
  },
  {
    name: "a kernel that dies fails its execution, comes back by itself and fires onRestart",
    needs: ["restart"],
    destroys: true,
    async run({ port }) {
      const seen: string[] = [];
      let restarts = 0;
      port.onStatus((status) => seen.push(status));
      port.onRestart(() => restarts++);
      await all(port.execute("before = 1"));
      const dying = codeOf(port.execute("import os; os._exit(1)"));
      const behind = codeOf(port.execute("1"));
      equal([await dying, await behind], ["GC_KERNEL_DEAD", "GC_KERNEL_DEAD"], "errors");
      equal(await printed(port, "print('before' in globals())"), "False", "the old variable is there");
      equal(restarts, 1, "onRestart");
      holds(seen.includes("restarting"), `it was restarting: ${seen.join()}`);
      equal(port.status, "idle", "status");
    },
  },
  {
    name: "restart() fails what runs, ends when the kernel is back, and fires onRestart once",
    needs: ["restart"],
    destroys: true,
    async run({ port }) {
      let restarts = 0;
      port.onRestart(() => restarts++);
      await all(port.execute("before = 1"));
      const cut = codeOf(port.execute("import time; time.sleep(30)"));
      await pause(200);
      await port.restart();
      equal(await cut, "GC_KERNEL_DEAD", "error");
      equal(restarts, 1, "onRestart");
      equal(await printed(port, "print('before' in globals())"), "False", "the old variable is there");
      await port.restart();
      equal(await printed(port, "print('again')"), "again", "after a second restart");
      equal(restarts, 2, "onRestart");
    },
  },
  {
    name: "code that is given while the kernel restarts runs in the new one",
    needs: ["restart"],
    destroys: true,
    async run({ port }) {
      const restarted = port.restart();
      const early = printed(port, "print('early')");
      await restarted;
      equal(await early, "early", "output");
    },
  },
  {
    name: "disposing a port ends its executions, and later ones, with an error",
    destroys: true,
    async run({ port }) {
      const cut = codeOf(port.execute("import time; time.sleep(1)"));
      const queued = codeOf(port.execute("1"));
      await pause(200);
      port.dispose();
      port.dispose();
      equal([await cut, await queued], ["GC_KERNEL_CLOSED", "GC_KERNEL_CLOSED"], "errors");
      equal(await codeOf(port.execute("1")), "GC_KERNEL_CLOSED", "later error");
      equal(port.direct === undefined, true, "no direct channel");
    },
  },
];
