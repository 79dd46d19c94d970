/** The agent on a real kernel, over the port from Node: with the direct channel, and without it. */
import {
  type CallResult,
  CancelSource,
  type Executor,
  GraphcellError,
  type KernelGraphInfo,
  type Loaded,
  PyFloat,
  PyObject,
  type PyValue,
  type SegmentStep,
  dict,
  never,
} from "@graphcell/core";
import { type KernelAgent, type KernelPort, attachAgent } from "@graphcell/kernel-bridge";
import { type JupyterServer, nodeHost, startServer } from "@graphcell/kernel-bridge/node";
import { python, root } from "../support/python";
import { all, pause } from "./kernel-port/case";

jest.setTimeout(60_000);

interface Kernel {
  readonly id: string;
  readonly user: KernelPort;
  readonly port: KernelPort;
  readonly agent: KernelAgent;
}

let server: JupyterServer;
let kernel: Kernel;

beforeAll(async () => {
  server = await startServer({ python, cwd: root });
  kernel = await open(true);
});

afterAll(async () => {
  close(kernel);
  await server.stop();
});

/** A kernel with two front ends: ours, and one whose executions are the user's cells. */
async function open(direct: boolean): Promise<Kernel> {
  const { id } = await server.startKernel();
  const [user, connected] = await Promise.all([server.connect(id), server.connect(id)]);
  const port = direct ? connected : withoutDirect(connected);
  return { id, user, port, agent: await attachAgent(port, { timers: nodeHost.timers }) };
}

function close({ user, port, agent }: Kernel): void {
  agent.dispose();
  port.dispose();
  user.dispose();
}

/** A host that offers executions only, as VS Code's kernels do. */
function withoutDirect(port: KernelPort): KernelPort {
  return new Proxy(port, {
    get: (target, name) => {
      if (name === "direct") return undefined;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

async function cell(code: string, { user } = kernel): Promise<string> {
  const outputs = await all(user.execute(code));
  return outputs
    .map((o) => (o.type === "stream" ? o.text : o.type === "error" ? `${o.name}: ${o.value}` : ""))
    .join("");
}

/** Waits until an expression has a value. */
async function untilPrinted(expression: string, text: string): Promise<void> {
  while ((await cell(`print(${expression})`)) !== `${text}\n`) await pause(20);
}

/** Runs a cell and waits for the report that it causes. */
async function reportAfter(code: string, { agent } = kernel): Promise<readonly KernelGraphInfo[]> {
  const reported = new Promise<void>((resolve) => {
    const listening = agent.onReport(() => {
      listening.dispose();
      resolve();
    });
  });
  expect(await cell(code)).toBe("");
  await reported;
  return agent.report?.graphs ?? [];
}

async function loaded(executor: Executor, what: string, className: string | null = null): Promise<Loaded> {
  const answer = await executor.load({
    step: what,
    name: what,
    className,
    handler: className === null ? what : null,
    classArgs: dict(),
    offered: dict(),
    engine: "async",
    postInit: true,
  });
  if ("raised" in answer) throw new Error(answer.raised.message);
  return answer;
}

async function called(executor: Executor, what: string, body: PyValue): Promise<CallResult> {
  const { ref } = await loaded(executor, what);
  return executor.call({ step: what, ref, method: "", args: [body], awaits: true });
}

function stepOf({ ref }: Loaded, method = ""): SegmentStep {
  return {
    step: ref,
    ref,
    method,
    inputPath: null,
    resultPath: null,
    fullEvent: false,
    context: false,
    walker: "storey",
    form: "map",
  };
}

const graph = { variable: null, name: "" };

const STEPS = `
import asyncio, os, sys, time
def inc(x): return {**x, "n": x["n"] + 1}
def half(x): return x["n"] / 2
async def slow(x):
    await asyncio.sleep(0.01)
    return x
def bad(x): return 1 / x
def leave(x): sys.exit(1)
spinning = False
def forever(x):
    global spinning
    spinning = True
    try:
        while True: time.sleep(0.01)
    finally: spinning = False
def stuck(x):
    global spinning
    spinning = True
    time.sleep(30)
def die(x): os._exit(1)
def flood(x):
    for _ in range(100): sys.stdout.write("x" * 1_000_000)
    return 1
def huge(x): return bytearray(1 << 30)
def size(x): return len(x)
def million(x): return list(range(10_000_000))
class Counter:
    def __init__(self, start): self.n = start
    def do(self, x):
        self.n += 1
        return self.n
`;

test("leaves no name, no history and no output behind", async () => {
  const look = `print(sorted(n for n in globals() if "graphcell" in n.lower() or n in ("bootstrap", "scope", "agent")),
    get_ipython().execution_count, len(In), dict(Out),
    [f for f in __import__("linecache").cache if "graphcell" in f],
    "graphcell" in "".join(i[2] for i in get_ipython().history_manager.get_tail(50, include_latest=True)))`;
  const before = await cell(look);
  expect(before).toMatch(/^\[\] \d+ \d+ \{\}/);
  await kernel.agent.scan();
  await kernel.agent.evaluate("1 + 1");
  expect(await cell(look)).toBe(before);
  expect(before).toMatch(/False\n$/);
});

test("is attached once for all front ends, and survives %reset and %autoreload", async () => {
  await cell("%load_ext autoreload");
  await cell("%autoreload 2");
  await cell("x = 1");
  await cell("%reset -f");
  const second = await attachAgent(kernel.port, { timers: nodeHost.timers });
  expect(second.report?.python).toMatch(/^3\./);
  expect(await second.evaluate("'x' in globals()")).toBe(false);
  second.dispose();
  expect(kernel.agent.attached).toBe(true);
  await expect(kernel.agent.evaluate("2 ** 70")).resolves.toBe(2n ** 70n);
  await expect(kernel.agent.evaluate("1.0")).resolves.toEqual(new PyFloat(1));
});

test.each([["direct", true] as const, ["executions only", false] as const])(
  "over %s: a segment takes one request; state stays; errors name the cell",
  async (_name, direct) => {
    const here = direct ? kernel : await open(false);
    try {
      await cell(STEPS, here);
      const executor = await here.agent.executor(graph, never);
      const steps = await Promise.all(["inc", "slow", "inc", "half"].map((name) => loaded(executor, name)));
      const batch = [1, 2].map((n) => ({ event: { id: `e${n}`, body: dict({ n }) } }));
      const outputs = (await executor.run?.({ steps: steps.map((one) => stepOf(one)) }, batch, never)) ?? [];
      expect(outputs.map((o) => o.out.map((e) => e.body))).toEqual([[1.5], [new PyFloat(2)]]);
      expect(outputs[0].steps.map((s) => s.in)).toEqual(
        [{ n: 1 }, { n: 2 }, { n: 2 }, { n: 3 }].map((x) => dict(x)),
      );
      const counter = await executor.load({
        step: "c",
        name: "c",
        className: "Counter",
        handler: null,
        classArgs: dict({ start: 5 }),
        offered: dict(),
        engine: "sync",
        postInit: true,
      });
      if ("raised" in counter) throw new Error(counter.raised.message);
      const count = (): Promise<CallResult> | CallResult =>
        executor.call({ step: "c", ref: counter.ref, method: "do", args: [null], awaits: false });
      expect([(await count()).value, (await count()).value]).toEqual([6, 7]);
      const shared = dict({ n: 1 });
      const holding = (await called(executor, "({'in': [event]})", shared)).value;
      const inner = holding instanceof Map ? holding.get("in") : null;
      expect(Array.isArray(inner) && inner[0]).toBe(shared);
      const { raised } = await called(executor, "bad", 0);
      expect(raised?.class).toBe("ZeroDivisionError");
      expect(raised?.frames?.map((f) => f.name)).toEqual(["bad"]);
      expect(raised?.traceback).toMatch(/^Traceback[^]*Cell In\[\d+\], line 7, in bad/);
      executor.end?.();
    } finally {
      if (!direct) close(here);
    }
  },
);

describe("steps that misbehave", () => {
  let executor: Executor;
  beforeAll(async () => {
    await cell(STEPS);
    executor = await kernel.agent.executor(graph, never);
  });

  test("sys.exit is an exception", async () => {
    expect((await called(executor, "leave", 0)).raised?.class).toBe("SystemExit");
  });

  test("100 MB of print are cut", async () => {
    const { value, stdout } = await called(executor, "flood", 0);
    expect(value).toBe(1);
    expect(stdout).toMatch(/99934464 characters left out/);
  });

  test("a value of 1 GB and a list of ten million stay in the kernel", async () => {
    const { value } = await called(executor, "huge", 0);
    expect(value).toBeInstanceOf(PyObject);
    if (!(value instanceof PyObject)) return;
    expect(value.fields.get("length")).toBe(2 ** 30);
    expect((await called(executor, "size", value)).value).toBe(2 ** 30);
    const million = (await called(executor, "million", 0)).value;
    if (!(million instanceof PyObject)) throw new Error("the list came whole");
    expect(million.fields.get("length")).toBe(10_000_000);
    const preview = await kernel.agent.preview(million.handle ?? "", 1000);
    expect(preview).toMatchObject({ type: "list", json: null, cut: true });
    expect(preview.text).toMatch(/^\[0, 1, 2, /);
  });

  test.each([
    ["forever", true],
    ["stuck", true],
    ["forever", false],
    ["stuck", false],
  ])(
    "cancel ends a step that never returns (%s, direct: %s), and the kernel goes on",
    async (name, direct) => {
      const here = direct ? kernel : await open(false);
      try {
        await cell(STEPS, here);
        const cancel = new CancelSource();
        const running = await here.agent.executor(graph, cancel);
        const { ref } = await loaded(running, name);
        setTimeout(() => cancel.cancel(), 300);
        const call = running.call({ step: name, ref, method: "", args: [0], awaits: false });
        await expect(call).rejects.toMatchObject({ code: "GC_CANCELLED" });
        const next = await here.agent.executor(graph, never);
        expect((await called(next, "inc", dict({ n: 1 }))).value).toEqual(dict({ n: 2 }));
        expect(await cell("print(type(sys.stdout).__name__)", here)).toBe("OutStream\n");
      } finally {
        if (!direct) close(here);
      }
    },
  );

  test.each(["forever", "stuck"])(
    "%s: who closes its port gets out, and keeps nobody waiting",
    async (name) => {
      await cell("spinning = False");
      const gone = await server.connect(kernel.id);
      const agent = await attachAgent(gone, { timers: nodeHost.timers });
      const left = await agent.executor(graph, never);
      const { ref } = await loaded(left, name);
      const call = Promise.resolve(left.call({ step: name, ref, method: "", args: [0], awaits: false }));
      call.catch(() => null);
      await untilPrinted("spinning", "True");
      // Another front end is not held up while it does.
      const next = await kernel.agent.executor(graph, never);
      expect((await called(next, "inc", dict({ n: 1 }))).value).toEqual(dict({ n: 2 }));
      agent.dispose();
      gone.dispose();
      await expect(call).rejects.toMatchObject({ code: "GC_KERNEL_CLOSED" });
      if (name === "forever") await untilPrinted("spinning", "False");
      expect((await called(next, "inc", dict({ n: 2 }))).value).toEqual(dict({ n: 3 }));
      await untilPrinted("type(sys.stdout).__name__", "OutStream");
    },
  );

  test("an interrupt of the kernel ends a step on the main shell", async () => {
    const here = await open(false);
    try {
      await cell(STEPS, here);
      const running = await here.agent.executor(graph, never);
      const { ref } = await loaded(running, "forever");
      setTimeout(() => void here.port.interrupt(), 300);
      const call = running.call({ step: "forever", ref, method: "", args: [0], awaits: false });
      await expect(call).rejects.toMatchObject({ code: "GC_INTERRUPTED" });
      expect(await cell("print(1)", here)).toBe("1\n");
    } finally {
      close(here);
    }
  });
});

test("runs go on while a cell is busy", async () => {
  await cell(STEPS);
  let over = false;
  const busy = cell("time.sleep(2)").finally(() => (over = true));
  const executor = await kernel.agent.executor(graph, never);
  expect((await called(executor, "inc", dict({ n: 1 }))).value).toEqual(dict({ n: 2 }));
  expect(over).toBe(false);
  await busy;
});

describe("graphs in the namespace", () => {
  beforeAll(async () => {
    await cell(`import mlrun
def make(name, n):
    f = mlrun.new_function(name, kind="serving", image="x")
    at = f.set_topology("flow", engine="async")
    for i in range(n):
        at = at.to(name=f"s{i}", handler="inc")
    at.respond()
    return f`);
  });

  test("are told after the cell, also renamed, changed, in a loop and deleted", async () => {
    const names = (graphs: readonly KernelGraphInfo[]): string[] =>
      graphs.map((g) => `${g.name}:${g.variables.join("+")}`).sort();
    expect(names(await reportAfter("fn = make('a', 2)"))).toEqual(["a:fn"]);
    expect(names(await reportAfter("other = fn\ndel fn"))).toEqual(["a:other"]);
    const [changed] = await reportAfter(
      "_ = other.spec.graph.add_step(name='more', handler='inc', after='s1')",
    );
    const steps = changed.graph.get("steps");
    expect(steps instanceof Map ? [...steps.keys()] : []).toEqual(["s0", "s1", "more"]);
    const many = await reportAfter("for i in range(3): globals()[f'fn{i}'] = make(f'b{i}', i + 1)\ndel i");
    expect(names(many)).toEqual(["a:other", "b0:fn0", "b1:fn1", "b2:fn2"]);
    expect(names(await reportAfter("del other, fn0, fn1, fn2"))).toEqual([]);
  });

  test("are not written again after a cell that changed nothing, and other values not looked into", async () => {
    await reportAfter(`asked = []
class Asked(list):
    def __getattribute__(self, name):
        asked.append(name)
        return super().__getattribute__(name)
    def __iter__(self):
        asked.append("iter")
        return super().__iter__()
    def __len__(self):
        asked.append("len")
        return super().__len__()
big = make('big', 300)
numbers = Asked(range(100))
written = type(big.spec.graph).to_dict
type(big.spec.graph).to_dict = lambda self, *args, **kw: (asked.append("to_dict"), written(self, *args, **kw))[1]`);
    expect(await cell("asked.clear()")).toBe("");
    expect(await cell("pass")).toBe("");
    expect(await cell("print(asked); type(big.spec.graph).to_dict = written")).toBe("[]\n");
  });
});

test("%%simulate blocks its cell until the front end has the result", async () => {
  const asked: unknown[] = [];
  const answering = await attachAgent(kernel.port, {
    timers: nodeHost.timers,
    simulate: async (request) => {
      asked.push(request);
      return { bundle: { "text/plain": "done" } };
    },
  });
  try {
    const outputs = await all(kernel.user.execute("%%simulate fn\n{'n': 1, 'x': [1.0, None]}"));
    const data = outputs.filter((o) => o.type === "data").map((o) => o.data["text/plain"]);
    expect(data).toEqual(["Simulating …", "done"]);
    expect(asked).toEqual([
      expect.objectContaining({
        graph: "fn",
        events: [dict({ body: dict({ n: 1, x: [new PyFloat(1), null] }) })],
      }),
    ]);
  } finally {
    answering.dispose();
  }
});

test("after a restart the agent comes back; a run of before is void", async () => {
  await cell(STEPS);
  const executor = await kernel.agent.executor(graph, never);
  await loaded(executor, "inc");
  await kernel.port.restart();
  for (let i = 0; i < 200 && !kernel.agent.attached; i++) await new Promise((done) => setTimeout(done, 50));
  expect(kernel.agent.attached).toBe(true);
  await expect(loaded(executor, "inc")).rejects.toMatchObject({ code: "GC_KERNEL_DEAD" });
  await cell("def inc(x): return 5");
  const again = await kernel.agent.executor(graph, never);
  expect((await called(again, "inc", 1)).value).toBe(5);
});

test("a step that kills the kernel gives a clear error", async () => {
  const here = await open(true);
  try {
    await cell(STEPS, here);
    const executor = await here.agent.executor(graph, never);
    const death: unknown = await called(executor, "die", 0).catch((error: unknown) => error);
    expect(death).toBeInstanceOf(GraphcellError);
    expect(death).toMatchObject({ code: "GC_KERNEL_DEAD" });
  } finally {
    close(here);
  }
});
