import type { ExecutionEvents, KernelOutput, Timers } from "@graphcell/kernel-bridge";
import { Executions } from "@graphcell/kernel-bridge";
import { CancelSource, GraphcellError } from "@graphcell/core";

/** Time that moves when told to. */
class FakeTimers implements Timers {
  private now = 0;
  private due: { at: number; callback: () => void }[] = [];

  schedule(callback: () => void, ms: number) {
    const entry = { at: this.now + ms, callback };
    this.due.push(entry);
    return { dispose: () => void (this.due = this.due.filter((other) => other !== entry)) };
  }

  pass(ms: number): void {
    this.now += ms;
    for (const entry of this.due.filter(({ at }) => at <= this.now)) {
      this.due = this.due.filter((other) => other !== entry);
      entry.callback();
    }
  }

  get pending(): number {
    return this.due.length;
  }
}

interface Sent extends ExecutionEvents {
  readonly code: string;
  heard: boolean;
}

function setUp() {
  const timers = new FakeTimers();
  const sent: Sent[] = [];
  const calls = { interrupts: 0 };
  const executions = new Executions(
    {
      send(code, events) {
        const one: Sent = { code, heard: true, ...events };
        sent.push(one);
        return { dispose: () => (one.heard = false) };
      },
      interrupt: () => {
        calls.interrupts++;
        return Promise.resolve();
      },
    },
    timers,
  );
  executions.setReady(true);
  const codes = () => sent.map(({ code }) => code);
  const nth = (i: number): Sent => {
    const one = sent[i];
    if (!one) throw new Error(`request ${i} was not sent`);
    return one;
  };
  return { timers, executions, codes, nth, calls };
}

async function result(outputs: AsyncIterable<KernelOutput>): Promise<string> {
  let text = "";
  try {
    for await (const output of outputs) text += output.type === "stream" ? output.text : "?";
    return text;
  } catch (error) {
    return text + (error instanceof GraphcellError ? error.code : String(error));
  }
}

const print = (text: string): KernelOutput => ({ type: "stream", name: "stdout", text });

test("one request is in the kernel at a time", async () => {
  const { executions, codes, nth } = setUp();
  const [a, b] = [executions.run("a"), executions.run("b")];
  expect(codes()).toEqual(["a"]);
  nth(0).output(print("1"));
  nth(0).ended("done");
  expect(codes()).toEqual(["a", "b"]);
  nth(1).ended("done");
  expect([await result(a), await result(b)]).toEqual(["1", ""]);
});

test("nothing is sent before the port is ready", () => {
  const { executions, codes } = setUp();
  executions.setReady(false);
  executions.run("a");
  expect(codes()).toEqual([]);
  executions.setReady(true);
  expect(codes()).toEqual(["a"]);
});

test("what waits and is cancelled is never sent, and interrupts nothing", async () => {
  const { executions, codes, nth, calls } = setUp();
  executions.run("a");
  nth(0).begun();
  const cancel = new CancelSource();
  const b = executions.run("b", cancel);
  cancel.cancel();
  nth(0).ended("done");
  expect([await result(b), codes(), calls.interrupts]).toEqual(["GC_CANCELLED", ["a"], 0]);
});

test("running code that is cancelled is interrupted, and the next one waits for its end", async () => {
  const { executions, codes, nth, calls, timers } = setUp();
  const cancel = new CancelSource();
  const a = executions.run("a", cancel);
  executions.run("b");
  nth(0).begun();
  nth(0).output(print("1"));
  cancel.cancel();
  expect([await result(a), calls.interrupts, codes()]).toEqual(["1GC_CANCELLED", 1, ["a"]]);
  nth(0).ended("done");
  expect(codes()).toEqual(["a", "b"]);
  expect(timers.pending).toBe(0);
});

test("code that ignores the interrupt holds up the next one for 5 s at most", () => {
  const { executions, codes, nth, timers } = setUp();
  const cancel = new CancelSource();
  executions.run("a", cancel);
  executions.run("b");
  nth(0).begun();
  cancel.cancel();
  timers.pass(4_999);
  expect(codes()).toEqual(["a"]);
  timers.pass(1);
  expect(codes()).toEqual(["a", "b"]);
});

test("a request that was cancelled in the kernel's queue is interrupted when it begins, unless it ends soon", () => {
  const { executions, nth, calls, timers } = setUp();
  for (const ends of [true, false]) {
    const cancel = new CancelSource();
    executions.run("a", cancel);
    const request = nth(ends ? 0 : 1);
    cancel.cancel();
    expect(calls.interrupts).toBe(0);
    request.begun();
    if (ends) request.ended("done");
    timers.pass(200);
  }
  expect(calls.interrupts).toBe(1);
});

test("a request that the kernel aborted is sent again", async () => {
  const { executions, codes, nth, timers } = setUp();
  const a = executions.run("a");
  nth(0).ended("aborted");
  expect(codes()).toEqual(["a"]);
  timers.pass(50);
  expect(codes()).toEqual(["a", "a"]);
  nth(1).ended("done");
  expect(await result(a)).toBe("");
});

test("an aborted request that is cancelled meanwhile is not sent again, and the next one is", () => {
  const { executions, codes, nth, timers, calls } = setUp();
  const cancel = new CancelSource();
  executions.run("a", cancel);
  executions.run("b");
  nth(0).begun();
  nth(0).ended("aborted");
  cancel.cancel();
  timers.pass(50);
  expect([codes(), calls.interrupts]).toEqual([["a", "b"], 0]);
});

test("running out of time is told apart from cancelling", async () => {
  const { executions, nth, calls, timers } = setUp();
  const a = executions.run("a", undefined, { timeoutMs: 1_000 });
  nth(0).begun();
  timers.pass(1_000);
  expect([await result(a), calls.interrupts]).toEqual(["GC_KERNEL_TIMEOUT", 1]);
});

test("a failed port fails what waits, what runs and what comes, until it is ready again", async () => {
  const { executions, codes, nth } = setUp();
  const [a, b] = [executions.run("a"), executions.run("b")];
  executions.fail(new GraphcellError("GC_KERNEL_DEAD", "gone"), true);
  executions.setReady(false);
  const c = executions.run("c");
  expect(await Promise.all([a, b, c].map(result))).toEqual(Array(3).fill("GC_KERNEL_DEAD"));
  expect(nth(0).heard).toBe(false);
  executions.setReady(true);
  executions.run("d");
  expect(codes()).toEqual(["a", "d"]);
});

test("only requests that were sent before count as lost", async () => {
  const { executions, nth } = setUp();
  const a = executions.run("a");
  const before = executions.outstanding();
  const b = executions.run("b");
  executions.lost(before);
  nth(1).ended("done");
  expect([await result(a), await result(b)]).toEqual(["GC_KERNEL_LOST", ""]);
});
