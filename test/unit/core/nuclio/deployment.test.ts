import { gunzipSync } from "node:zlib";
import { type Cell, type PyMap, dumpJson, parseJson, parseNotebook } from "@graphcell/core";
import {
  type DeployRequest,
  type DeploySettings,
  type DeploymentPlan,
  type JsonObject,
  planDeployment,
  readSettings,
  variableOf,
} from "@graphcell/core/nuclio";
import { recorded } from "../../../support/recorded";

const cells = (...sources: string[]): Cell[] =>
  sources.map((source, i) => ({ id: `c${i}`, kind: "code", source }));

const STEPS = `class Clean:
    def do(self, event):
        return event


class Score:
    def do(self, event):
        return event`;

const graph = (body: string, topology = `"flow", engine="async"`): string =>
  `import mlrun\nfn = mlrun.new_function("words", kind="serving")\ngraph = fn.set_topology(${topology})\n${body}`;

const LINE = graph(`graph.to("Clean", name="clean").to("Score", name="score", factor=3).respond()`);
const TWO = (path: string, options = "", topology?: string): string =>
  graph(
    `fn.add_child_function("scorer", "", "")\n` +
      `graph.to("Clean", name="clean").to("$queue", name="q", path="${path}"${options}).to("Score", name="score", function="scorer")`,
    topology,
  );

function plan(
  code: string,
  settings: DeploySettings = {},
  more: Partial<DeployRequest> = {},
): DeploymentPlan {
  const all = cells(STEPS, code);
  const [parsed] = parseNotebook(all).graphs;
  if (!parsed) throw new Error("the cells build no graph");
  return planDeployment({
    graph: parsed.graph,
    spec: parsed.spec,
    name: parsed.name,
    cells: all,
    graphNames: parsed.variables,
    settings,
    ...more,
  });
}

const source = (spec: JsonObject): string => {
  const build = spec["build"] as JsonObject;
  return Buffer.from(String(build["functionSourceCode"]), "base64").toString();
};
const servingSpec = (spec: JsonObject): PyMap => {
  const text = variableOf(spec, "SERVING_SPEC_ENV") ?? "";
  return parseJson(text.startsWith("{") ? text : gunzipSync(Buffer.from(text, "base64")).toString()) as PyMap;
};
const errors = (made: DeploymentPlan): string[] =>
  made.problems.filter((p) => p.severity === "error").map((p) => p.code);

test("a Python graph becomes one function in MLRun's runtime", () => {
  const made = plan(LINE, { project: "p" });
  expect(made.problems).toEqual([]);
  expect(made.functions).toHaveLength(1);
  const { config } = made.functions[0];
  expect(config.metadata).toMatchObject({
    name: "words",
    labels: { "nuclio.io/project-name": "p", "mlrun/class": "serving" },
  });
  expect(config.spec).toMatchObject({
    runtime: "python:3.11",
    handler: "main:handler",
    build: { codeEntryType: "sourceCode", baseImage: "mlrun/mlrun:1.12.1" },
  });
  expect(source(config.spec)).toContain('_nuclio_init_hook(context, globals(), "serving_v2")');
});

test("its serving spec has what the recorded deployments of MLRun graphs have", () => {
  const sent = recorded("100-graph-create").request.body as { spec: JsonObject };
  const theirs = servingSpec(sent.spec);
  const ours = servingSpec(plan(LINE, { project: "rec-project" }).functions[0].config.spec);
  for (const key of theirs.keys()) expect([...ours.keys()]).toContain(key);
  expect(ours.get("function_uri")).toBe("rec-project/words");
});

test("a long spec is packed for a version that unpacks it, and never holds a single quote", () => {
  const long = graph(
    Array.from(
      { length: 40 },
      (_, i) => `graph.add_step("Clean", name="it's ${i}", after="${i ? `it's ${i - 1}` : ""}")`,
    ).join("\n"),
  );
  const packed = variableOf(plan(long).functions[0].config.spec, "SERVING_SPEC_ENV") ?? "";
  expect(packed).toMatch(/^H4sI/);
  const plainText =
    variableOf(plan(long, { mlrun: "1.7.0" }).functions[0].config.spec, "SERVING_SPEC_ENV") ?? "";
  expect(plainText).toMatch(/^\{/);
  expect(plainText).not.toContain("'");
  expect(dumpJson(parseJson(plainText))).toBe(
    dumpJson(parseJson(gunzipSync(Buffer.from(packed, "base64")).toString())),
  );
});

test.each([
  ["1.12.1", "python:3.11"],
  ["1.7.2", "python:3.9"],
  ["1.2.0", "python:3.7"],
])("mlrun %s runs on %s, in its own image", (mlrun, runtime) => {
  const { spec } = plan(LINE, { mlrun }).functions[0].config;
  expect(spec).toMatchObject({ runtime, build: { baseImage: `mlrun/mlrun:${mlrun}` } });
});

test("a router graph does without the API server that MLRun's routers ask", () => {
  const router = graph(`fn.add_model("m", class_name="Clean", model_path="")`, `"router"`);
  expect(source(plan(router).functions[0].config.spec)).toContain("_routers_alone()");
  expect(source(plan(router, { mlrunApi: "http://api" }).functions[0].config.spec)).not.toContain(
    "_routers_alone",
  );
  expect(source(plan(LINE).functions[0].config.spec)).not.toContain("_routers_alone");
});

test("a step's function may be called handler", () => {
  const all = `def handler(event):\n    return event\n${graph(`graph.to(name="h", handler="handler").respond()`)}`;
  const { spec } = plan(all).functions[0].config;
  expect(spec).toMatchObject({ handler: "main:nuclio_handler" });
});

test("children come first, each with the whole graph and its own steps' source", () => {
  const made = plan(TWO("kafka://broker:9092/topic"));
  expect(made.functions.map((f) => [f.key, f.name, f.steps, f.queue])).toEqual([
    ["scorer", "words-scorer", ["score"], "q"],
    ["", "words", ["clean", "q"], null],
  ]);
  const [child, parent] = made.functions;
  expect(variableOf(child.config.spec, "SERVING_CURRENT_FUNCTION")).toBe("scorer");
  expect(variableOf(parent.config.spec, "SERVING_CURRENT_FUNCTION")).toBeNull();
  expect(variableOf(child.config.spec, "SERVING_SPEC_ENV")).toBe(
    variableOf(parent.config.spec, "SERVING_SPEC_ENV"),
  );
  expect(child.config.metadata.labels).toMatchObject({ "mlrun/parent-function": "words" });
  expect(child.source).not.toContain("class Clean");
  expect(parent.source).not.toContain("class Score");
});

test("the trigger of a Kafka queue is the one that MLRun makes", () => {
  const { spec } = plan(TWO("kafka://broker:9092/topic")).functions[0].config;
  expect(spec["triggers"]).toEqual({
    kafka: {
      name: "kafka",
      kind: "kafka-cluster",
      maxWorkers: 1,
      workerTerminationTimeout: "10s",
      explicitAckMode: "explicitOnly",
      attributes: {
        topics: ["topic"],
        brokers: ["broker:9092"],
        consumerGroup: "scorer-consumer-group",
        initialOffset: "earliest",
        sessionTimeout: "10s",
        heartbeatInterval: "3s",
        workerAllocationMode: "static",
        fetchDefault: 1048576,
      },
    },
  });
});

test("options and trigger_args of the queue go into the trigger", () => {
  const options =
    `, kafka_brokers="b1:1,b2:2", group="g", trigger_args={"max_workers": 3, "explicit_ack_mode": "disable",` +
    ` "extra_attributes": {"ackWindowSize": 20}}`;
  const { spec } = plan(TWO("topic", options)).functions[0].config;
  expect(spec["triggers"]).toMatchObject({
    kafka: {
      maxWorkers: 3,
      explicitAckMode: "disable",
      attributes: { brokers: ["b1:1", "b2:2"], topics: ["topic"], consumerGroup: "g", ackWindowSize: 20 },
    },
  });
});

test("a sync graph acknowledges when the handler returns, with workers from a pool", () => {
  const { spec } = plan(TWO("kafka://b:1/t", "", `"flow", engine="sync"`)).functions[0].config;
  const triggers = spec["triggers"] as { kafka: JsonObject };
  expect(triggers.kafka["explicitAckMode"]).toBeUndefined();
  expect(triggers.kafka["attributes"]).toMatchObject({ workerAllocationMode: "pool" });
});

test("a v3io queue gives a stream trigger, and as many replicas as shards", () => {
  const { spec } = plan(TWO("v3io:///projects/p/stream", ", shards=4")).functions[0].config;
  expect(spec).toMatchObject({
    minReplicas: 4,
    maxReplicas: 4,
    triggers: {
      stream: {
        kind: "v3ioStream",
        url: "http://v3io-webapi:8081",
        password: "$generate",
        explicitAckMode: "explicitOnly",
        attributes: {
          containerName: "projects",
          streamPath: "p/stream",
          consumerGroup: "scorer_consumer_group",
          seekTo: "earliest",
          readBatchSize: 256,
          pollingIntervalMs: 500,
          sequenceNumberCommitInterval: "1s",
        },
      },
    },
  });
});

test("a queue inside of one process can't feed a child; the settings may say where it is", () => {
  expect(errors(plan(TWO("dummy://")))).toEqual(["deploy-delivery"]);
  const made = plan(TWO("dummy://"), { queues: { q: { path: "kafka://b:1/t", partitions: 4 } } });
  expect(errors(made)).toEqual([]);
  expect(made.functions[0].source).toContain('("t", ["b:1"], 4, 1)');
});

test("queues of an async graph take no http path", () => {
  expect(errors(plan(TWO("http://child:8080")))).toEqual(["deploy-delivery"]);
  expect(errors(plan(TWO("http://child:8080", "", `"flow", engine="sync"`)))).toEqual([]);
});

test("a function that is named in a path is replaced by its address once that is known", () => {
  const sync = TWO("function://scorer/in", "", `"flow", engine="sync"`);
  expect(plan(sync).unresolved).toEqual(["scorer"]);
  const made = plan(sync, {}, { addresses: new Map([["scorer", "http://10.0.0.1:8080"]]) });
  expect(made.unresolved).toEqual([]);
  expect(made.graph.step("q")?.path).toBe("http://10.0.0.1:8080/in");
});

test("settings of a function go over the defaults, and into Nuclio's own fields", () => {
  const { settings, problems } = readSettings(`
project: demo
defaults:
  env: {A: "1", TOKEN: {secret: creds, key: token}}
  resources: {limits: {memory: 1Gi}}
functions:
  words:
    env: {B: "2"}
    minReplicas: 0
    maxReplicas: 3
    scaleToZero: [{metric: nuclio_processor_handled_events_total, threshold: 0, window: 10m}]
    volumes: [{name: data, mountPath: /data, claim: pvc}]
    nodeSelector: {disk: ssd}
    serviceType: NodePort
    http: {workers: 4, ingresses: {main: {host: a.b, paths: [/]}}}
    triggers: {tick: {kind: cron, attributes: {interval: 10s}}}
    requirements: [textblob, "pandas>=2,<3"]
`);
  expect(problems).toEqual([]);
  const { spec } = plan(LINE, settings).functions[0].config;
  expect(spec).toMatchObject({
    minReplicas: 0,
    maxReplicas: 3,
    resources: { limits: { memory: "1Gi" } },
    scaleToZero: {
      scaleResources: [
        { metricName: "nuclio_processor_handled_events_total", threshold: 0, windowSize: "10m" },
      ],
    },
    volumes: [
      {
        volume: { name: "data", persistentVolumeClaim: { claimName: "pvc" } },
        volumeMount: { name: "data", mountPath: "/data" },
      },
    ],
    nodeSelector: { disk: "ssd" },
    serviceType: "NodePort",
    triggers: {
      http: {
        kind: "http",
        maxWorkers: 4,
        attributes: { ingresses: { main: { host: "a.b", paths: ["/"] } } },
      },
      tick: { kind: "cron", name: "tick", attributes: { interval: "10s" } },
    },
    build: { commands: ['python -m pip install textblob "pandas>=2,<3"'] },
  });
  const env = spec["env"] as JsonObject[];
  expect(env.slice(0, 3)).toEqual([
    { name: "A", value: "1" },
    { name: "TOKEN", valueFrom: { secretKeyRef: { name: "creds", key: "token" } } },
    { name: "B", value: "2" },
  ]);
});

test.each([
  ["replicas: 3", 'There is no setting "replicas". ', "defaults"],
  ["proyect: x", 'There is no setting "proyect".', 'Did you mean "project"?'],
  ["functions: {w: {minReplicas: -1}}", '"functions.w.minReplicas" is not a whole number of at least 0.', ""],
  ["functions: {w: {serviceType: Node}}", "is not one of ClusterIP, NodePort, LoadBalancer", ""],
  ["functions: {w: {triggers: {r: {kind: redis}}}}", "which Nuclio does not have", "kafka"],
  ["functions: {w: {volumes: [{name: x}]}}", '"functions.w.volumes[0]" has no "mountPath".', ""],
  ["queues: [1]", '"queues" is not a mapping.', ""],
])("the settings %s are refused clearly", (text, message, remedy) => {
  const [problem] = readSettings(text).problems;
  expect(problem.message + " ").toContain(message);
  expect(problem.remedy).toContain(remedy);
});

test("a name that Kubernetes would refuse is a problem before anything is sent", () => {
  const named = (name: string): string[] => errors(plan(LINE, { functions: { words: { name } } }));
  expect(named("x".repeat(56))).toEqual([]);
  expect(named("x".repeat(57))).toEqual(["deploy-name"]);
  expect(named("Upper")).toEqual(["deploy-name"]);
  expect(named("dashboard")).toEqual(["deploy-name"]);
});

test("an import that the image lacks is a warning until a requirement brings it", () => {
  const code = `import textblob\ndef clean(event):\n    return textblob.x\n${graph(`graph.to(name="c", handler="clean")`)}`;
  const found = (settings: DeploySettings): string[] => plan(code, settings).problems.map((p) => p.code);
  expect(found({})).toEqual(["deploy-missing-requirement"]);
  expect(found({ defaults: { requirements: ["TextBlob==0.1"] } })).toEqual([]);
});

test("a module beside the notebook can't go with the function", () => {
  const code = `import mine\ndef clean(event):\n    return mine.x\n${graph(`graph.to(name="c", handler="clean")`)}`;
  expect(errors(plan(code, {}, { localModules: new Set(["mine"]) }))).toEqual(["deploy-missing-requirement"]);
});

test("two functions that read two queues are told as MLRun would refuse them", () => {
  const two = graph(
    `fn.add_child_function("scorer", "", "")\n` +
      `graph.to("$queue", name="a", path="kafka://b/1").to("Clean", name="c", function="scorer")\n` +
      `graph.to("$queue", name="b", path="kafka://b/2").to("Score", name="s", function="scorer")`,
  );
  expect(errors(plan(two))).toContain("deploy-two-queues");
});

test("delivery is told honestly", () => {
  const [info] = plan(TWO("kafka://b:1/t")).problems;
  expect(info).toMatchObject({ code: "deploy-delivery", severity: "info" });
  expect(info.message).toContain("at least once");
  const disabled = plan(TWO("kafka://b:1/t", `, trigger_args={"explicit_ack_mode": "disable"}`)).problems[0];
  expect(disabled).toMatchObject({ severity: "warning" });
  expect(disabled.message).toContain("a crash loses");
});

test("a graph of native steps becomes a nodejs function where the engine is at hand", () => {
  const native = graph(`graph.to("storey.Filter", name="f", _fn="(event['a'] > 1)").respond()`);
  const bundle = { code: "exports.handler = 1" };
  const made = plan(native, {}, { bundle });
  expect(made.functions[0]).toMatchObject({ runtime: "nodejs", config: { spec: { runtime: "nodejs" } } });
  expect(plan(native, { native: false }, { bundle }).functions[0].runtime).toBe("python");
  expect(plan(LINE, {}, { bundle }).functions[0].runtime).toBe("python");
  expect(errors(plan(LINE, { native: true }, { bundle }))).toEqual(["deploy-not-native"]);
});
