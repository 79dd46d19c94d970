import type { Graph, Step } from "../model/graph";
import type { Problem } from "../model/problem";
import type { PyValue } from "../value/value";
import { isScript } from "../script/source";
import { encodeUtf8, toBase64 } from "../value/bytes";
import type { ChildFunction } from "./children";
import { type DeploymentContext, type FunctionPlan, functionConfig, stepsIn } from "./function-plan";
import { type Entry, type TopicWish, pythonEntry } from "./entry";
import { STATS_VARIABLE, statsKey } from "./entry-stats";
import { buildSpec, environment, settingsSpec, settingsTriggers } from "./function-spec";
import { type JsonObject, compact } from "./json";
import { queuePath } from "./queue-path";
import { installCommand, requirementProblems } from "./requirements";
import { specVariable } from "./serving-spec";
import type { EnvironmentValue, FunctionSettings } from "./deploy-settings";
import { scriptProblem } from "./native";
import { settingsOf } from "./settings";
import { type FunctionSource, type SourceLine, fileSource, notebookSource } from "./source";
import { type StreamTrigger, streamTrigger } from "./stream-trigger";
import { type MlrunVersion, mlrunImage } from "./versions";
import { readNotebook } from "../notebook/read";

/** What MLRun's queue and error stream to Kafka need in the image; mlrun asks for this range. */
const KAFKA_PACKAGE = "kafka-python>=2.0.2,<2.2";

/** One function of a graph that runs in MLRun's own serving runtime. `child` is null for the parent. */
export function pythonFunction(
  context: DeploymentContext,
  child: ChildFunction | null,
  version: MlrunVersion,
  problems: Problem[],
): FunctionPlan {
  const key = child?.name ?? "";
  const settings = withReference(settingsOf(context.settings, child?.name ?? context.request.name), child);
  const source = sourceOf(context, child, settings, problems);
  const topics = topicsOf(context, child);
  const entry = pythonEntry({
    taken: source.binds,
    routersAlone: context.settings.mlrunApi === undefined && hasRouter(context.graph.root),
    topics,
    stats: settings.stats !== false,
  });
  const image = settings.baseImage ?? mlrunImage(version);
  const requirements = requirementsOf(context, settings, key, topics);
  const commands = [...(settings.commands ?? []), ...source.commands];
  problems.push(
    ...requirementProblems(source.modules, {
      image,
      requirements,
      commands,
      localModules: context.request.localModules ?? new Set(),
    }),
  );
  const { text, lines } = withEntry(source, entry);
  const stream = child?.queue
    ? streamTrigger(child.queue, child.name, context.graph.engine === "async")
    : null;
  const spec = compact({
    ...settingsSpec(settings),
    ...replicasOf(stream),
    runtime: settings.runtime ?? version.runtime,
    handler: `main:${entry.handler}`,
    build: compact({
      ...buildSpec(settings),
      functionSourceCode: toBase64(encodeUtf8(text)),
      codeEntryType: "sourceCode",
      baseImage: image,
      commands: [...commands, installCommand(requirements)].filter((line) => line !== null),
    }),
    env: environment(variablesOf(context, key, settings, source, version)),
    triggers: { ...settingsTriggers(settings), ...(stream ? { [stream.key]: stream.trigger } : {}) },
  });
  return {
    key,
    name: context.names.get(key) ?? key,
    runtime: "python",
    config: functionConfig(context, key, settings, spec),
    own: source.text,
    source: text,
    lines,
    ...stepsIn(context.graph, key),
    queue: child?.queue?.key ?? null,
  };
}

/** What `add_child_function` said, where the settings say nothing. */
function withReference(settings: FunctionSettings, child: ChildFunction | null): FunctionSettings {
  const text = (name: string): string | undefined => {
    const value = child?.reference?.get(name);
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const listed = child?.reference?.get("requirements");
  const requirements = Array.isArray(listed)
    ? listed.filter((x): x is string => typeof x === "string")
    : undefined;
  return {
    ...settings,
    ...(settings.baseImage === undefined && text("image") ? { baseImage: text("image") } : {}),
    ...(settings.source === undefined && text("url") ? { source: text("url") } : {}),
    ...(settings.requirements === undefined && requirements ? { requirements } : {}),
  };
}

function sourceOf(
  context: DeploymentContext,
  child: ChildFunction | null,
  settings: FunctionSettings,
  problems: Problem[],
): FunctionSource {
  const { request, graph } = context;
  const key = child?.name ?? "";
  const edited = request.edited?.get(key);
  if (edited !== undefined) return fileSource(edited);
  const named = settings.source === undefined ? null : (request.files?.get(settings.source) ?? null);
  if (settings.source !== undefined && isScript(settings.source)) {
    problems.push(
      scriptProblem(settings.source, "a graph of several functions needs Python in each of them"),
    );
    return fileSource("");
  }
  if (named !== null && !/\.ipynb$/.test(settings.source ?? "")) return fileSource(named);
  if (settings.source !== undefined && named === null) problems.push(missingSource(settings.source, key));
  const names = ["graph_initializer", "default_class"].flatMap((name) => {
    const value = request.spec.get(name);
    return typeof value === "string" && value !== "" && !value.includes(".") ? [value] : [];
  });
  const source = notebookSource({
    cells: named === null ? request.cells : readNotebook(named, "notebook").cells,
    graph,
    functionName: child?.name ?? request.name,
    current: context.children.length === 0 ? null : key,
    graphNames: request.graphNames,
    names,
  });
  problems.push(...source.problems);
  return source;
}

function missingSource(path: string, key: string): Problem {
  return {
    code: "deploy-source",
    severity: "error",
    step: null,
    message: `The source "${path}" of ${key === "" ? "the function" : `function "${key}"`} can't be read.`,
    remedy: "Give the path of a Python file or notebook beside the settings file.",
    range: null,
  };
}

/** The source and behind it what Nuclio calls. */
function withEntry(
  source: FunctionSource,
  entry: Entry,
): { readonly text: string; readonly lines: readonly (SourceLine | null)[] } {
  if (entry.text === "") return { text: source.text, lines: source.lines };
  const gap = source.text === "" ? "" : "\n\n";
  const own = `${gap}${entry.text}`;
  const added = own.split("\n").length - 1;
  return { text: source.text + own, lines: [...source.lines, ...Array.from({ length: added }, () => null)] };
}

function variablesOf(
  context: DeploymentContext,
  key: string,
  settings: FunctionSettings,
  source: FunctionSource,
  version: MlrunVersion,
): ReadonlyMap<string, EnvironmentValue> {
  const variables = new Map<string, EnvironmentValue>(source.env);
  for (const [name, value] of Object.entries(settings.env ?? {})) variables.set(name, value);
  if (context.settings.mlrunApi !== undefined) variables.set("MLRUN_DBPATH", context.settings.mlrunApi);
  if (settings.logLevel !== undefined) variables.set("MLRUN_LOG_LEVEL", settings.logLevel.toUpperCase());
  variables.set("SERVING_SPEC_ENV", specVariable(context.servingSpec, version));
  if (key !== "") variables.set("SERVING_CURRENT_FUNCTION", key);
  if (settings.stats !== false) variables.set(STATS_VARIABLE, statsKey(context, key));
  return variables;
}

function requirementsOf(
  context: DeploymentContext,
  settings: FunctionSettings,
  key: string,
  topics: readonly TopicWish[],
): readonly string[] {
  const own = settings.requirements ?? [];
  const usesKafka =
    topics.length > 0 ||
    pushesToKafka(context.graph, key) ||
    isKafka(context.servingSpec.get("error_stream"));
  const has = own.some((line) => /^kafka-python\b/i.test(line));
  return usesKafka && !has ? [...own, KAFKA_PACKAGE] : own;
}

function isKafka(path: PyValue | undefined): boolean {
  return typeof path === "string" && path.startsWith("kafka://");
}

/** Queues are pushed to by the function whose step stands before them; a queue at the start by the parent. */
function pushesToKafka(graph: Graph, key: string): boolean {
  return [...graph.steps.values()].some((step) => {
    if (step.kind !== "queue" || queuePath(step).kind !== "kafka") return false;
    const before = step.after.map((name) => graph.steps.get(name)?.function ?? "");
    return before.length === 0 ? key === "" : before.includes(key);
  });
}

/** The topic that a child reads, where the settings say how many partitions it is to have. */
function topicsOf(context: DeploymentContext, child: ChildFunction | null): readonly TopicWish[] {
  if (!child?.queue) return [];
  const path = queuePath(child.queue);
  const own = context.settings.queues?.[child.queue.key];
  if (path.kind !== "kafka" || own?.partitions === undefined) return [];
  const { topic, brokers } = path;
  return [{ topic, brokers, partitions: own.partitions, replicationFactor: own.replicationFactor ?? 1 }];
}

/** An Iguazio stream's shards are dealt out to a fixed number of replicas. */
function replicasOf(stream: StreamTrigger | null): JsonObject {
  if (stream?.replicas == null) return {};
  return { minReplicas: stream.replicas, maxReplicas: stream.replicas };
}

/** Is there a router among a step and what is below it? */
export function hasRouter(step: Step): boolean {
  return step.kind === "router" || [...step.children.values()].some(hasRouter);
}
