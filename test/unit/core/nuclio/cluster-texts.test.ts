import { readFunctionText } from "@graphcell/core";
import {
  cleanLog,
  deployedGraph,
  deployedSource,
  diffGraphs,
  functionMetrics,
  readLogLine,
  readSamples,
  settingsOf,
} from "@graphcell/core/nuclio";
import type { JsonObject } from "@graphcell/core/nuclio";
import { recorded } from "../../../support/recorded";

const text = (name: string): string => recorded(name).answers[0].bodyText ?? "";
const specOf = (name: string): JsonObject => (recorded(name).request.body as { spec: JsonObject }).spec;

describe("metrics", () => {
  test("the recorded metrics of a function are read", () => {
    expect(functionMetrics(readSamples(text("183-metrics")), "rec-mon")).toEqual({
      handled: 2,
      failed: 0,
      durationMs: null,
      refused: 0,
      committedLag: new Map(),
    });
  });

  test("workers and replicas are summed, other functions are not, and lag is told by trigger", () => {
    const lines = [
      'nuclio_processor_handled_events_total{function="f",instance="a",result="success"} 2',
      'nuclio_processor_handled_events_total{function="f",instance="b",result="success"} 3',
      'nuclio_processor_handled_events_total{function="f",instance="b",result="failure"} 1',
      'nuclio_processor_handled_events_total{function="g",instance="a",result="success"} 9',
      'nuclio_processor_handled_events_duration_milliseconds_count{function="f",worker_index="0"} 4',
      'nuclio_processor_handled_events_duration_milliseconds_sum{function="f",worker_index="0"} 10.5',
      'nuclio_processor_stream_high_water_mark_committed_lag{function="f",trigger_id="kafka",partition="0"} 4',
      'nuclio_processor_stream_high_water_mark_committed_lag{function="f",trigger_id="kafka",partition="1"} 3',
      "not a metric",
    ].join("\n");
    expect(functionMetrics(readSamples(lines), "f")).toEqual({
      handled: 5,
      failed: 1,
      durationMs: 10.5,
      refused: 0,
      committedLag: new Map([["kafka", 7]]),
    });
  });

  test.each([
    ['a{l="x \\"y\\" \\\\ z"} 1', { l: 'x "y" \\ z' }, 1],
    ["a 1.5e3 1700000000", {}, 1500],
    ["a +Inf", {}, Infinity],
  ])("the line %s", (line, labels, value) => {
    expect(readSamples(line)).toEqual([{ name: "a", labels, value }]);
  });
});

describe("logs", () => {
  test("colours, base64 and lines that nobody can read are gone", () => {
    const escape = String.fromCharCode(27);
    const raw = `${escape}[34m(I)${escape}[0m hello\r\n${"QUJD".repeat(80)}\n${"x ".repeat(2000)}\n\n\n\nend`;
    const clean = cleanLog(raw);
    expect(clean).toContain("(I) hello\n(320 characters of base64)");
    expect(clean).toContain("(4000 characters)");
    expect(clean).not.toContain("\n\n\n");
    expect(clean).not.toContain(escape);
  });

  test("every line of the recorded logs is read", () => {
    const lines = text("041-logs-snapshot").split("\n").map(readLogLine);
    const raised = lines.find((line) => line.level === "error");
    expect(raised).toMatchObject({ time: expect.stringMatching(/^20:11/) as string });
    expect(raised?.fields["exc"]).toBe("boom happened");
    expect(readLogLine("scored {'text': 'hello!'}")).toEqual({
      level: null,
      time: null,
      text: "scored {'text': 'hello!'}",
      fields: {},
    });
  });
});

describe("what is deployed", () => {
  test("the graph of a recorded function is read, plain and packed alike", () => {
    const plain = deployedGraph(specOf("100-graph-create"));
    const packed = deployedGraph(specOf("105-graph-update-packed"));
    if (!plain || !packed) throw new Error("no graph");
    expect([...plain.steps.keys()]).toEqual(["clean", "score"]);
    // The recorded update made the flow a sync one.
    expect(diffGraphs(plain, packed)).toMatchObject([
      { step: "", change: "changed", fields: [{ name: "engine", before: "async", after: "sync" }] },
    ]);
    expect(deployedSource(specOf("100-graph-create"))).toContain("class Clean:");
  });

  test("a function that holds no graph gives none", () => {
    expect(deployedGraph({ env: [{ name: "SERVING_SPEC_ENV", value: "nonsense" }] })).toBeNull();
    expect(deployedGraph({})).toBeNull();
    expect(deployedSource({})).toBeNull();
  });

  test("two graphs differ by step and field", () => {
    const graph = (steps: string) => readFunctionText(`{"steps": {${steps}}}`).graph;
    const a = '"a": {"class_name": "A", "class_args": {"x": 1}}';
    const b = '"b": {"class_name": "B", "after": ["a"]}';
    const changed =
      '"a": {"class_name": "A", "class_args": {"x": 1.0}}, "c": {"class_name": "C", "after": ["a"]}';
    expect(diffGraphs(graph(`${a}, ${b}`), graph(changed)).filter((d) => d.step !== "")).toMatchObject([
      { step: "a", change: "changed", fields: [{ name: "class_args" }] },
      { step: "c", change: "added" },
      { step: "b", change: "removed" },
    ]);
  });
});

test("a function's own settings go before the defaults, map by map", () => {
  const all = {
    defaults: { env: { A: "1", B: "1" }, requirements: ["x"], minReplicas: 1 },
    functions: { f: { env: { B: "2" }, requirements: ["y"] } },
  };
  expect(settingsOf(all, "f")).toEqual({ env: { A: "1", B: "2" }, requirements: ["y"], minReplicas: 1 });
  expect(settingsOf(all, "g")).toEqual({ env: { A: "1", B: "1" }, requirements: ["x"], minReplicas: 1 });
});
