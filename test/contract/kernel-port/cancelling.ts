/** Cancelling and running out of time: the caller hears of it at once, and the kernel survives. */
import { CancelSource } from "@graphcell/core";
import type { PortCase } from "./case";
import { all, codeOf, equal, pause, printed, running } from "./case";

const SLEEP = "print('go', flush=True); import time; time.sleep(30); late = True";

export const cancelCases: readonly PortCase[] = [
  {
    name: "a token that was cancelled before keeps the code from running",
    async run({ port }) {
      const cancel = new CancelSource();
      cancel.cancel();
      equal(await codeOf(port.execute("never_ran = 1", cancel)), "GC_CANCELLED", "error");
      equal(await printed(port, "print('never_ran' in globals())"), "False", "it ran");
    },
  },
  {
    name: "cancelling what waits behind our own code withdraws it, and leaves the running one alone",
    async run({ port }) {
      const first = all(port.execute("import time; time.sleep(0.5); print('whole')"));
      const cancel = new CancelSource();
      const second = codeOf(port.execute("withdrawn = 1", cancel));
      await pause(100);
      cancel.cancel();
      equal(await second, "GC_CANCELLED", "error");
      equal((await first).length, 1, "outputs of the running one");
      equal(await printed(port, "print('withdrawn' in globals())"), "False", "it ran");
    },
  },
  {
    name: "cancelling running code interrupts it; the kernel and its variables survive",
    async run({ port }) {
      await all(port.execute("before = 7; late = False"));
      const cancel = new CancelSource();
      const outputs = port.execute(SLEEP, cancel)[Symbol.asyncIterator]();
      await running(outputs);
      cancel.cancel();
      equal(await codeOf(outputs.next()), "GC_CANCELLED", "error");
      equal(await printed(port, "print(before, late)"), "7 False", "variables");
    },
  },
  {
    name: "an interrupt for one execution never hits the next",
    async run({ port }) {
      for (let i = 0; i < 10; i++) {
        const cancel = new CancelSource();
        const outputs = port.execute("print('go', flush=True); import time; time.sleep(0.05)", cancel);
        const iterator = outputs[Symbol.asyncIterator]();
        await running(iterator);
        const next = printed(port, "import time; time.sleep(0.1); print('whole')");
        await pause(5 * i);
        cancel.cancel();
        equal(await next, "whole", `next execution, cancelled after ${5 * i} ms`);
      }
    },
  },
  {
    name: "cancelling while somebody else's code runs does not interrupt that",
    needs: ["other"],
    async run({ port, runAsOther }) {
      const other = runAsOther?.("import time; time.sleep(1); undisturbed = True");
      await pause(300);
      const cancel = new CancelSource();
      const ours = codeOf(port.execute("1", cancel));
      await pause(100);
      cancel.cancel();
      equal(await ours, "GC_CANCELLED", "error");
      await other;
      equal(await printed(port, "print(undisturbed)"), "True", "their variable");
    },
  },
  {
    name: "code that was cancelled before the kernel came to it does not go on for long",
    needs: ["other"],
    async run({ port, runAsOther }) {
      const other = runAsOther?.("import time; time.sleep(0.7)");
      await pause(200);
      const cancel = new CancelSource();
      const ours = codeOf(port.execute("ended = False; import time; time.sleep(30); ended = True", cancel));
      await pause(100);
      cancel.cancel();
      equal(await ours, "GC_CANCELLED", "error");
      await other;
      equal(await printed(port, "print(globals().get('ended', False))"), "False", "later output");
    },
  },
  {
    name: "an execution that runs out of time is interrupted",
    async run({ port }) {
      const code = "over = False; import time; time.sleep(30); over = True";
      equal(await codeOf(port.execute(code, undefined, { timeoutMs: 300 })), "GC_KERNEL_TIMEOUT", "error");
      equal(await printed(port, "print(over)"), "False", "later output");
    },
  },
  {
    name: "an execution that waits for somebody else's code runs out of time, too",
    needs: ["other"],
    async run({ port, runAsOther }) {
      const other = runAsOther?.("import time; time.sleep(1.5); spared = True");
      await pause(200);
      equal(await codeOf(port.execute("1", undefined, { timeoutMs: 300 })), "GC_KERNEL_TIMEOUT", "error");
      await other;
      equal(await printed(port, "print(spared)"), "True", "their variable");
    },
  },
  {
    name: "interrupt() ends running code with KeyboardInterrupt",
    async run({ port }) {
      const outputs = port.execute(SLEEP)[Symbol.asyncIterator]();
      await running(outputs);
      await port.interrupt();
      const next = await outputs.next();
      const output = next.done ? null : next.value;
      equal(output?.type === "error" && output.name, "KeyboardInterrupt", "error");
    },
  },
  {
    name: "code that somebody's failing cell swept out of the kernel's queue runs nevertheless",
    needs: ["other"],
    async run({ port, runAsOther }) {
      const other = runAsOther?.("import time; time.sleep(0.5); get_ipython().kernel._abort_queues()");
      await pause(150);
      equal(await printed(port, "print('ran')"), "ran", "output");
      await other;
    },
  },
];
