/**
 * What is deployed gives what the simulation gives: the source of each example in MLRun's own serving runtime, several
 * functions with a real Kafka broker between them. The engine as a nodejs function is in native.test.ts.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseNotebook, readNotebook, decodeMetadata } from "@graphcell/core";
import {
  type DeploySettings,
  type DeploymentPlan,
  STATS_VARIABLE,
  decodeStats,
  planDeployment,
  variableOf,
} from "@graphcell/core/nuclio";
import { run } from "../support/command";
import { type HostRequest, runFunction } from "../support/function-host";
import { KAFKA_JARS, startBroker } from "../support/kafka";
import { python, root } from "../support/python";

jest.setTimeout(240_000);

const example = (name: string): string => join(root, "examples", `${name}.ipynb`);
const ROUTERS = join(root, "test/nuclio/routers.py");

function planOf(path: string, settings: DeploySettings = {}, graph?: string): DeploymentPlan {
  const { cells } = readNotebook(readFileSync(path, "utf8"), path.endsWith(".py") ? "python" : "notebook");
  const parsed = parseNotebook(cells).graphs.find((one) => graph === undefined || one.name === graph);
  if (!parsed) throw new Error(`${path} builds no graph ${graph ?? ""}`);
  return planDeployment({
    graph: parsed.graph,
    spec: parsed.spec,
    name: parsed.name,
    cells,
    graphNames: parsed.variables,
    settings,
  });
}

const errors = (plan: DeploymentPlan): string[] =>
  plan.problems.filter((p) => p.severity === "error").map((p) => p.message);

/** The saved events of an example as requests. */
function savedRequests(path: string): HostRequest[] {
  const { metadata } = readNotebook(readFileSync(path, "utf8"));
  const [saved] = [...decodeMetadata(metadata).graphs.values()];
  return (saved?.events ?? []).map(({ event }) => ({
    body: event.bodyText,
    contentType: "application/json",
    ...(event.path ? { path: event.path } : {}),
  }));
}

interface Simulated {
  readonly status: string;
  readonly response?: unknown;
  readonly error?: { readonly class: string; readonly message: string };
}

/** What the simulation answers to the same requests, in a kernel that has run the notebook. */
async function simulated(
  path: string,
  requests: readonly HostRequest[],
  graph?: string,
): Promise<Simulated[]> {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-events-"));
  try {
    const events = join(folder, "events.json");
    const list = requests.map(
      (r) => `{"body": ${r.body}${r.path ? `, "path": ${JSON.stringify(r.path)}` : ""}}`,
    );
    writeFileSync(events, `[${list.join(",")}]`);
    const chosen = graph === undefined ? [] : ["--graph", graph];
    const { out, err } = await run([
      "simulate",
      path,
      "--json",
      "--events",
      events,
      "--python",
      python,
      ...chosen,
    ]);
    if (out === "") throw new Error(err);
    return (JSON.parse(out) as { events: Simulated[] }).events;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Both as values that can be compared: ids and timestamps are made anew on each run. */
const valueOf = (body: string): unknown => {
  try {
    return withoutIds(JSON.parse(body));
  } catch {
    return body;
  }
};

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([k, v]) => [k, k === "id" || k === "timestamp" ? "" : withoutIds(v)]),
  );
}

const answersOf = (events: readonly Simulated[]): unknown[] =>
  events.map(({ response, error }) => {
    if (error) return `${error.class}: ${error.message}`;
    const fields = response as { $type?: string; body?: unknown } | null;
    return withoutIds(fields?.$type === "Response" ? fields.body : response);
  });

describe("in MLRun's serving runtime", () => {
  test.each(["quick-start", "iris-ensemble", "three-hundred-steps"])(
    "the deployed source of %s answers as the simulation does",
    async (name) => {
      const plan = planOf(example(name));
      expect(errors(plan)).toEqual([]);
      const requests = savedRequests(example(name));
      expect(requests.length).toBeGreaterThan(0);
      const answers = await runFunction(plan.functions[0], { requests });
      const expected = await simulated(example(name), requests);
      expect(answers.map((a) => valueOf(a.body))).toEqual(answersOf(expected));
    },
  );

  test.each([
    ["quick-start", example("quick-start")],
    ["iris", example("iris-ensemble")],
    ["routed", ROUTERS],
  ])("%s tells who has the key, and nobody else, what its steps did", async (graph, path) => {
    const plan = planOf(path, {}, graph);
    const [fn] = plan.functions;
    const key = variableOf(fn.config.spec, STATS_VARIABLE) ?? "";
    const saved: HostRequest[] =
      path === ROUTERS
        ? ["/v2/models/double/infer", "/nobody/infer"].map((at) => ({
            path: at,
            body: '{"inputs": [1]}',
            contentType: "application/json",
          }))
        : savedRequests(path);
    const ask = (given: string): HostRequest => ({ body: "", headers: { "X-Graphcell-Stats": given } });
    const answers = await runFunction(fn, { requests: [...saved, ask(key), ask("wrong")] });
    const told = decodeStats(answers[saved.length].body);
    expect(decodeStats(answers[saved.length + 1].body)).toBeNull();
    const failed = answers.slice(0, saved.length).filter(({ status }) => status >= 400).length;
    expect(told?.counts.get("")?.slice(0, 2)).toEqual([saved.length, failed]);
    expect([...(told?.counts.keys() ?? [])].sort()).toEqual(["", ...fn.steps].sort());
    const steps = [...(told?.counts ?? [])].filter(([name]) => name !== "");
    expect(Math.max(...steps.map(([, [calls]]) => calls))).toBe(saved.length);
    for (const [, [calls, errors, seconds]] of steps) {
      expect(errors).toBeLessThanOrEqual(calls);
      expect(seconds > 0).toBe(calls > 0);
    }
  });

  test("an error that a sync step's own handler takes is one of the step's", async () => {
    const [fn] = planOf(ROUTERS, {}, "caught").functions;
    const key = variableOf(fn.config.spec, STATS_VARIABLE) ?? "";
    const asked: HostRequest = { body: "", headers: { "X-Graphcell-Stats": key } };
    const answers = await runFunction(fn, { requests: [{ body: '{"a": 1}' }, asked] });
    const told = decodeStats(answers[1].body);
    expect(told?.counts.get("fails")?.slice(0, 2)).toEqual([1, 1]);
    // Nuclio's own events lack the attribute by which MLRun's handlers of sync flows tell it.
    expect(told?.counts.get("taken")?.slice(0, 2)).toEqual([1, 0]);
  });

  test("a function that is told so counts nothing", async () => {
    const plan = planOf(example("quick-start"), { defaults: { stats: false } });
    const [fn] = plan.functions;
    expect(variableOf(fn.config.spec, STATS_VARIABLE)).toBeNull();
    expect(fn.source).not.toContain("_stats");
    const answers = await runFunction(fn, { requests: savedRequests(example("quick-start")) });
    expect(answers[0].status).toBe(200);
  });

  test.each([
    ["routed", ["/", "/v2/models/double/infer", "/double/infer", "/nobody/infer"]],
    ["voted", ["/", "/v2/models/infer"]],
  ])("the router graph %s does without MLRun's API server", async (graph, paths) => {
    const plan = planOf(ROUTERS, {}, graph);
    expect(errors(plan)).toEqual([]);
    const requests = paths.map((path) => ({
      path,
      body: '{"inputs": [1, 2]}',
      contentType: "application/json",
    }));
    const answers = await runFunction(plan.functions[0], { requests });
    const expected = await simulated(ROUTERS, requests, graph);
    expect(answers.map((a) => valueOf(a.body))).toEqual(answersOf(expected));
    expect(answers.every((a) => a.status < 500)).toBe(true);
  });
});

(KAFKA_JARS === null ? describe.skip : describe)("with a real Kafka broker between two functions", () => {
  test("the stream example's alerts reach its child function", async () => {
    const broker = await startBroker(KAFKA_JARS ?? "");
    try {
      const path = `kafka://${broker.address}/alerts`;
      const plan = planOf(example("stream"), { queues: { alerts: { path, partitions: 1 } } });
      expect(errors(plan)).toEqual([]);
      const [child, parent] = plan.functions;
      const stream = { topic: "alerts", brokers: [broker.address], count: 1, seconds: 90 };
      // The child makes the topic when it starts; the parent may only begin then.
      const reading = runFunction(child, stream);
      await topicOf(broker.address, "alerts");
      const answers = await runFunction(parent, { requests: savedRequests(example("stream")) });
      expect(answers.map((a) => a.status)).toEqual(answers.map(() => 200));
      const read = await reading;
      expect(read).toHaveLength(1);
      expect(read[0].status).toBe(200);
    } finally {
      await broker.stop();
    }
  });
});

/** Waits until a topic is there. */
async function topicOf(address: string, topic: string): Promise<void> {
  const { spawnSync } = await import("node:child_process");
  const code = `from kafka import KafkaConsumer
import sys
sys.exit(0 if ${JSON.stringify(topic)} in KafkaConsumer(bootstrap_servers=${JSON.stringify(address)}).topics() else 1)`;
  for (let i = 0; i < 60; i++) {
    if (spawnSync(python, ["-c", code]).status === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`topic ${topic} was not made`);
}
