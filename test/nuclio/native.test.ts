/** Graphs as nodejs functions, behind real HTTP: they answer as the simulation does. */
import {
  PyObject,
  dumpJson,
  never,
  parseJson,
  readFunctionText,
  simulate,
  type PyValue,
} from "@graphcell/core";
import {
  type DeploymentPlan,
  STATS_HEADER,
  STATS_VARIABLE,
  decodeStats,
  planDeployment,
  variableOf,
} from "@graphcell/core/nuclio";
import { type ScriptModules, readScripts, workerExecutor } from "@graphcell/core/script";
import { nodeScriptWorker } from "@graphcell/kernel-bridge/node";
import { nativeBundle, serveNative } from "../support/native-host";
import { root } from "../support/python";

interface Served {
  readonly graph: ReturnType<typeof readFunctionText>["graph"];
  readonly plan: DeploymentPlan;
}

function planOf(graph: object, scripts: ScriptModules | null): Served {
  const read = readFunctionText(JSON.stringify(graph));
  const settings = scripts
    ? { functions: { native: { source: scripts.entry, requirements: ["left-pad"] } } }
    : { native: true };
  const plan = planDeployment({
    graph: read.graph,
    spec: read.spec,
    name: "native",
    cells: [],
    graphNames: [],
    settings,
    ...(scripts ? { scripts: new Map([[scripts.entry, scripts]]) } : {}),
    bundle: nativeBundle(),
  });
  return { graph: read.graph, plan };
}

const post = (url: string, body: string): Promise<Response> =>
  fetch(url, { method: "POST", body, headers: { "content-type": "application/json" } });

/** What a server sends for a value. */
const textOf = (value: PyValue): string => (typeof value === "string" ? value : dumpJson(value));

test("a graph of built-in steps answers as it does in the simulation", async () => {
  const { graph, plan } = planOf(
    {
      engine: "async",
      steps: {
        large: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "(event['a'] > 1)" } },
        more: {
          kind: "task",
          class_name: "storey.Extend",
          class_args: { _fn: "({'b': event['a'] * 2})" },
          after: ["large"],
          responder: true,
        },
      },
    },
    null,
  );
  expect(plan.problems.filter((p) => p.severity === "error")).toEqual([]);
  const { url, close } = await serveNative(plan.functions[0]);
  try {
    for (const body of ['{"a": 3}', '{"a": 2.5, "c": [1, null]}']) {
      const answer = await post(url, body);
      const simulation = await simulate(graph, [{ body: parseJson(body) }], {});
      expect(await answer.text()).toBe(textOf(simulation.events[0].response ?? null));
      expect(answer.headers.get("content-type")).toBe("application/json");
    }
    const wrong = await post(url, "not json");
    expect(wrong.status).toBe(400);
    expect(await wrong.text()).toBe("failed to json decode event, Expecting value: line 1 column 1 (char 0)");
  } finally {
    close();
  }
});

const STEPS: Readonly<Record<string, string>> = {
  "steps.ts": `import { createHash } from "node:crypto";
import { VAT } from "./lib/tax";

interface Order { readonly price: number; readonly items: readonly string[] }

export class Discount {
  constructor(private readonly args: { readonly percent: number }) {}

  do(order: Order): Order {
    if (order.price < 0) throw new RangeError("a price below nothing");
    return { ...order, price: order.price * (1 - this.args.percent / 100) };
  }
}

export async function addTax(order: Order) {
  await Promise.resolve();
  return { ...order, tax: order.price * VAT, big: 2n ** 60n };
}

export const fingerprint = (items: readonly string[]) =>
  createHash("sha256").update(items.join()).digest("hex");
export const hasItems = ({ items }: Order) => items.length > 0;
`,
  "lib/tax.ts": "export const VAT = 0.25;\n",
};

describe("steps in TypeScript", () => {
  const graph = {
    engine: "async",
    steps: {
      some: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "hasItems" } },
      discount: {
        kind: "task",
        class_name: "Discount",
        class_args: { percent: 10 },
        after: ["some"],
      },
      print: {
        kind: "task",
        handler: "fingerprint",
        input_path: "items",
        result_path: "print",
        after: ["discount"],
      },
      tax: { kind: "task", handler: "addTax", after: ["print"], responder: true },
    },
  };
  let scripts: ScriptModules;
  let served: Served;
  let url: string;
  let close: () => void;
  beforeAll(async () => {
    scripts = await readScripts("steps.ts", (path) => Promise.resolve(STEPS[path] ?? null));
    served = planOf(graph, scripts);
    ({ url, close } = await serveNative(served.plan.functions[0]));
  });
  afterAll(() => close());

  test("become a nodejs function with their packages", () => {
    const [fn] = served.plan.functions;
    expect(served.plan.problems.filter((p) => p.severity === "error")).toEqual([]);
    expect(fn.config.spec).toMatchObject({
      runtime: "nodejs",
      build: { commands: ["npm install --global left-pad"] },
    });
    expect(fn.source.startsWith(fn.own)).toBe(true);
  });

  test.each([
    '{"price": 200, "items": ["a", "ü"]}',
    '{"price": 0.5, "items": ["x"], "more": {"deep": [1.5, null, true]}}',
    '{"price": 9007199254740993, "items": [""]}',
    '{"price": -1, "items": ["a"]}',
  ])("answer to %s as in the simulation", async (body) => {
    const executor = workerExecutor(scripts, nodeScriptWorker(root), never);
    const simulation = await simulate(served.graph, [{ body: parseJson(body) }], { executor });
    executor.end();
    const response = simulation.events[0].response ?? null;
    const answer = await post(url, body);
    // An error is a response of its own.
    const failed = response instanceof PyObject ? response.fields : null;
    expect(await answer.text()).toBe(textOf(failed?.get("body") ?? response));
    expect(answer.status).toBe(failed?.get("status_code") ?? 200);
  });

  test("are counted, for whoever has the function's key", async () => {
    const key = variableOf(served.plan.functions[0].config.spec, STATS_VARIABLE) ?? "";
    const numbers = async (): Promise<unknown> => {
      const answer = await fetch(url, { headers: { [STATS_HEADER]: key } });
      return decodeStats(await answer.text());
    };
    const before = (await numbers()) as { counts: ReadonlyMap<string, readonly number[]> };
    await post(url, '{"price": 200, "items": ["a"]}');
    await post(url, '{"price": -1, "items": ["a"]}');
    const after = (await numbers()) as { counts: ReadonlyMap<string, readonly number[]> };
    const grown = [...after.counts].map(([name, [calls, errors]]) => {
      const [was = 0, failed = 0] = before.counts.get(name) ?? [];
      return [name, calls - was, errors - failed];
    });
    expect(grown).toEqual([
      ["", 2, 1],
      ["some", 2, 0],
      ["discount", 2, 1],
      ["print", 1, 0],
      ["tax", 1, 0],
    ]);
    const other = await fetch(url, { headers: { [STATS_HEADER]: "guessed" } });
    expect(await other.text()).not.toContain("replica");
  });
});
