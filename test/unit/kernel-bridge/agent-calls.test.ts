/** The TypeScript end of the agent, on a kernel that is a script. */
import { CancelSource, Emitter, GraphcellError, never, parseWire, wireText } from "@graphcell/core";
import { type LoadRequest, PyFloat, type PyMap, type PyValue, dict, isMap } from "@graphcell/core";
import {
  type DirectChannel,
  type KernelAgent,
  type KernelOutput,
  type KernelPort,
  type KernelStatus,
  RPC_MIME,
  attachAgent,
} from "@graphcell/kernel-bridge";

/** Answers of a fake agent by call; what it does not list is an empty answer. */
type Script = (call: PyMap) => Record<string, PyValue> | string;

class FakeKernel implements KernelPort {
  readonly language: string = "python";
  status: KernelStatus = "idle";
  readonly statuses = new Emitter<KernelStatus>();
  readonly restarts = new Emitter<void>();
  readonly executed = new Emitter<void>();
  readonly onStatus = this.statuses.event;
  readonly onRestart = this.restarts.event;
  readonly onExecuted = this.executed.event;
  readonly codes: string[] = [];
  requests: PyMap[][] = [];
  direct?: DirectChannel;
  hasAgent = true;

  constructor(private readonly script: Script) {}

  async *execute(code: string): AsyncIterable<KernelOutput> {
    this.codes.push(code);
    await Promise.resolve();
    const found = /agent\.rpc\((".*")\)/.exec(code);
    if (!found) {
      this.hasAgent = true;
      return;
    }
    if (!this.hasAgent) return;
    yield {
      type: "data",
      data: { [RPC_MIME]: { graphcell: 1, text: this.answer(JSON.parse(found[1]) as string) } },
    };
  }

  answer(text: string): string {
    const request = parseWire(text);
    if (!isMap(request)) throw new Error("no request");
    const calls = (request.get("calls") as PyMap[]).slice();
    this.requests.push(calls);
    const replies: PyValue[] = [];
    for (const call of calls) {
      const answer = this.script(call);
      if (typeof answer === "string") return answer;
      replies.push(dict(answer));
    }
    return wireText(dict({ graphcell: 1, id: request.get("id") ?? "", replies }));
  }

  interrupt(): Promise<void> {
    return Promise.resolve();
  }
  restart(): Promise<void> {
    return Promise.resolve();
  }
  dispose(): void {}
}

const timers = {
  schedule(callback: () => void, ms: number) {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

function report(revision: number, names: string[] = []): Record<string, PyValue> {
  return { revision, graphs: [], mlrun: null, mlrun_installed: false, python: "3.11.7", names };
}

/** A script that answers the calls of attaching, and `more` for others. */
function script(more: Script = () => ({})): Script {
  return (call) => {
    if (call.get("op") === "hello") return { version: "any", protocol: 1 };
    if (call.get("op") === "scan") {
      return call.get("since") === 1 ? { revision: 1, same: true } : report(1);
    }
    return more(call);
  };
}

function attach(kernel: KernelPort): Promise<KernelAgent> {
  return attachAgent(kernel, { timers, scanDelayMs: 1 });
}

const load: LoadRequest = {
  step: "s",
  name: "s",
  className: null,
  handler: "f",
  classArgs: dict({ x: new PyFloat(1), big: 2n ** 70n, text: 'q"\\\n\u2028é😀' }),
  offered: dict(),
  engine: "async",
  postInit: true,
};

const loadedReply = { ref: "s1", kind: "function", methods: dict(), mro: [], attributes: dict() };

function ops(kernel: FakeKernel): string[][] {
  return kernel.requests.map((calls) => calls.map((call) => String(call.get("op"))));
}

test("puts the agent into a kernel that has none, before anything else", async () => {
  const kernel = new FakeKernel(script());
  kernel.hasAgent = false;
  const agent = await attach(kernel);
  expect(kernel.codes[1]).toMatch(/^# graphcell request\n\(lambda scope/);
  expect(agent.attached).toBe(true);
  expect(agent.report?.python).toBe("3.11.7");
});

test("code of requests is ASCII on one line for each part", async () => {
  const kernel = new FakeKernel(script(() => loadedReply));
  const agent = await attach(kernel);
  await (await agent.executor({ variable: null, name: "" }, never)).load(load);
  const code = kernel.codes.at(-1) ?? "";

  expect(code).toMatch(/^[\x20-\x7e\n]*$/);
  expect(code.split("\n")).toHaveLength(4);
});

test("what is asked in one tick goes in one request, after the opening of the run", async () => {
  const kernel = new FakeKernel(script(() => loadedReply));
  const executor = await (await attach(kernel)).executor({ variable: "fn", name: "f" }, never);
  kernel.requests = [];
  await Promise.all([executor.load(load), executor.load(load)]);
  await executor.load(load);
  executor.end?.();
  await new Promise((done) => setTimeout(done, 5));
  expect(ops(kernel)).toEqual([["open", "load", "load"], ["load"], ["end"]]);
  expect(kernel.requests[0][1].get("class_args")).toEqual(load.classArgs);
});

test("prepared steps need no further request", async () => {
  const kernel = new FakeKernel(
    script((call) => (call.get("op") === "prepare" ? { replies: [dict(loadedReply)] } : loadedReply)),
  );
  const executor = await (await attach(kernel)).executor({ variable: null, name: "" }, never);
  kernel.requests = [];
  await executor.prepare?.([load]);
  expect(await executor.load(load)).toMatchObject({ ref: "s1" });
  expect(ops(kernel)).toEqual([["open", "prepare"]]);
  await executor.load(load);
  expect(ops(kernel)).toEqual([["open", "prepare"], ["load"]]);
});

test("a large batch is cut into portions, its outputs keep their order", async () => {
  const kernel = new FakeKernel(
    script((call) => {
      const batch = call.get("batch");
      const outputs = Array.isArray(batch) ? batch.map((event) => dict({ steps: [], out: [event] })) : [];
      return { outputs };
    }),
  );
  const executor = await (await attach(kernel)).executor({ variable: null, name: "" }, never);
  const batch = Array.from({ length: 1200 }, (_, i) => ({ event: { id: `e${i}`, body: i } }));
  const outputs = (await executor.run?.({ steps: [] }, batch, never)) ?? [];
  expect(outputs.map((output) => output.out[0].body)).toEqual(batch.map(({ event }) => event.body));
  expect(ops(kernel).filter((names) => names.includes("run"))).toHaveLength(3);
});

// What an agent answers to a load that can't be read, or went wrong; and the code of the error.
const BAD: readonly [string, Record<string, PyValue> | string, string][] = [
  ["no JSON", "{", "GC_PROTOCOL"],
  ["another protocol", '{"graphcell":2,"id":"1","replies":[]}', "GC_PROTOCOL"],
  ["too few answers", '{"graphcell":1,"id":"1","replies":[]}', "GC_PROTOCOL"],
  ["a wrong type", { ...loadedReply, ref: 5 }, "GC_PROTOCOL"],
  ["an unknown kind", { ...loadedReply, kind: "thing" }, "GC_PROTOCOL"],
  ["methods as a list", { ...loadedReply, methods: [] }, "GC_PROTOCOL"],
  ["an error", { error: dict({ code: "GC_RUN_GONE", message: "gone", remedy: "again" }) }, "GC_RUN_GONE"],
];

test.each(BAD)("%s is an error of its own", async (_name, answer, code) => {
  const kernel = new FakeKernel(script((call) => (call.get("op") === "open" ? {} : answer)));
  const executor = await (await attach(kernel)).executor({ variable: null, name: "" }, never);
  const failed: unknown = await Promise.resolve(executor.load(load)).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(GraphcellError);
  expect(failed).toMatchObject({ code });
});

test("a look after cells comes once, and tells only changes", async () => {
  let revision = 1;
  const kernel = new FakeKernel((call) => {
    if (call.get("op") !== "scan") return { version: "any" };
    return call.get("since") === revision ? { revision, same: true } : report(revision, [`r${revision}`]);
  });
  const agent = await attach(kernel);
  const heard: (readonly string[] | undefined)[] = [];
  agent.onReport((next) => heard.push(next?.names));
  kernel.requests = [];
  for (let i = 0; i < 5; i++) kernel.executed.fire();
  await new Promise((done) => setTimeout(done, 20));
  expect(ops(kernel)).toEqual([["scan"]]);
  revision = 2;
  kernel.executed.fire();
  await new Promise((done) => setTimeout(done, 20));
  expect(heard).toEqual([["r2"]]);
});

test("a restart makes the report void and brings the agent back", async () => {
  const kernel = new FakeKernel(script());
  const agent = await attach(kernel);
  const heard: (number | null)[] = [];
  agent.onReport((next) => heard.push(next?.revision ?? null));
  const executor = await agent.executor({ variable: null, name: "" }, never);
  kernel.hasAgent = false;
  kernel.restarts.fire();
  expect(agent.attached).toBe(false);
  await new Promise((done) => setTimeout(done, 10));
  expect(agent.attached).toBe(true);
  expect(heard).toEqual([null, 1]);
  await expect(executor.load(load)).rejects.toMatchObject({ code: "GC_KERNEL_DEAD" });
});

test("a kernel of another language is refused", async () => {
  const kernel = new FakeKernel(script());
  Object.defineProperty(kernel, "language", { value: "julia" });
  await expect(attach(kernel)).rejects.toMatchObject({ code: "GC_NOT_PYTHON" });
});

test("a cancelled run asks nothing more", async () => {
  const kernel = new FakeKernel(script());
  const cancel = new CancelSource();
  const executor = await (await attach(kernel)).executor({ variable: null, name: "" }, cancel);
  kernel.requests = [];
  cancel.cancel();
  await expect(executor.load(load)).rejects.toMatchObject({ code: "GC_CANCELLED" });
  expect(kernel.requests).toEqual([]);
});

describe("over the direct channel", () => {
  function withDirect(kernel: FakeKernel): { sent: string[]; pushes: Emitter<string> } {
    const sent: string[] = [];
    const pushes = new Emitter<string>();
    kernel.direct = {
      onPush: pushes.event,
      request: async (text) => {
        if (!kernel.hasAgent) throw new GraphcellError("GC_DIRECT_CLOSED", "closed");
        sent.push(text);
        return kernel.answer(text);
      },
    };
    return { sent, pushes };
  }

  test("requests go there, but the agent comes by an execution", async () => {
    const kernel = new FakeKernel(script());
    kernel.hasAgent = false;
    const { sent } = withDirect(kernel);
    const agent = await attach(kernel);
    expect(agent.attached).toBe(true);
    expect(kernel.codes.length).toBeGreaterThan(0);
    const before = kernel.codes.length;
    await agent.scan();
    expect(kernel.codes).toHaveLength(before);
    expect(sent.length).toBeGreaterThan(0);
  });

  test("a cell that waits is answered once, also after a restart", async () => {
    const told: PyValue[] = [];
    const kernel = new FakeKernel(
      script((call) => {
        if (call.get("op") === "simulated") told.push(call.get("bundle") ?? "taken");
        return { yours: true };
      }),
    );
    const { pushes } = withDirect(kernel);
    const answered: string[] = [];
    await attachAgent(kernel, {
      timers,
      simulate: async ({ graph }) => {
        answered.push(graph);
        throw new GraphcellError("GC_TEST", "No such graph.", "Name another.");
      },
    });
    kernel.restarts.fire();
    await new Promise((done) => setTimeout(done, 10));
    const event = dict({ body: 1 });
    pushes.fire(
      wireText(dict({ graphcell: 1, push: "simulate", graph: "g", events: [event], display_id: "d" })),
    );
    await new Promise((done) => setTimeout(done, 10));
    expect(answered).toEqual(["g"]);
    expect(told).toEqual(["taken", dict({ "text/plain": "No such graph. Name another." })]);
  });

  test("a graph is told once; who missed it looks", async () => {
    const entry = (revision: number): PyMap =>
      dict({
        variables: ["fn"],
        name: "f",
        kind: "serving",
        revision,
        graph: dict({ steps: dict() }),
        spec: dict(),
      });
    const named = (revision: number): PyMap =>
      dict({ variables: ["other"], name: "f", kind: "serving", revision, same: true });
    const kernel = new FakeKernel((call): Record<string, PyValue> => {
      if (call.get("op") !== "scan") return { version: "any" };
      const known = call.get("known");
      return {
        ...report(call.get("since") === null ? 1 : 3),
        graphs: [entry(Array.isArray(known) ? known.length : 0)],
      };
    });
    const { pushes } = withDirect(kernel);
    const agent = await attach(kernel);
    const push = (revision: number, graphs: PyMap[]): void =>
      pushes.fire(wireText(dict({ graphcell: 1, push: "report", ...report(revision), graphs })));
    push(2, [named(0)]);
    expect(agent.report?.graphs).toEqual([
      {
        variables: ["other"],
        name: "f",
        kind: "serving",
        revision: 0,
        graph: dict({ steps: dict() }),
        spec: dict(),
      },
    ]);
    push(3, [named(77)]);
    await new Promise((done) => setTimeout(done, 5));
    expect(agent.report?.revision).toBe(3);
  });

  test("pushed reports are taken unless they are older", async () => {
    const kernel = new FakeKernel(script());
    const { pushes } = withDirect(kernel);
    const agent = await attach(kernel);
    for (const revision of [3, 2]) {
      pushes.fire(wireText(dict({ graphcell: 1, push: "report", ...report(revision) })));
    }
    pushes.fire("nonsense");
    expect(agent.report?.revision).toBe(3);
  });
});
