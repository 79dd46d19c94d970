import { GraphcellError } from "../errors";
import type { MockEvent } from "../engine/event";
import { CancelSource, type CancelToken, type Disposable, Emitter } from "../lifetime";
import { shortRepr } from "../value/bounded";
import { dumpJson } from "../value/json";
import type { PyValue } from "../value/value";
import { encodeUtf8 } from "../value/bytes";
import { callFunction } from "./call";
import { cleanLog, textOfBytes } from "./clean-log";
import type { Dashboard } from "./dashboard";
import {
  type ConnectionChoice,
  type DeployFunctionState,
  type DeployIntent,
  type DeployState,
  NO_DEPLOYMENT,
} from "./deploy-state";
import { planDeployment } from "./deployment";
import { type VersionStore, configOf, namedFunction } from "./earlier";
import { explainAnswer } from "./explain";
import type { DeployRequest, DeploymentPlan, FunctionPlan } from "./function-plan";
import { deployedGraph, diffGraphs } from "./graph-diff";
import type { HttpPort } from "./http";
import { preflight } from "./preflight";
import { type PushPhase, type PushProgress, followDeployment, pushDeployment } from "./push";

/** What a deploy session needs of its host. */
export interface DeployHost {
  /** The chosen graph and all that its functions are made from; null when there is none. */
  request(): DeployRequest | null;
  /** Saved events of that graph. */
  events(): readonly { readonly id: string; readonly name: string; readonly event: MockEvent }[];
  connections(): Promise<readonly ConnectionChoice[]>;
  cluster(name: string): Promise<{ readonly dashboard: Dashboard; readonly http: HttpPort }>;
  /** Versions of functions that were pushed from here to that cluster. */
  history?(cluster: string): Promise<VersionStore>;
  /** A new id for each push. */
  newId(): string;
}

const LOG_LINES = 200;

/** What another cluster would answer differently. */
const NO_ANSWER = { summary: "", answer: null, log: null, difference: null } as const;

/** Milliseconds between looks at a log that is followed. */
const FOLLOW = 2_000;

/** What takes its time. */
type WorkIntent = Exclude<DeployIntent, { readonly type: "cancel" | "set-project" }>;

/** Deployment of one notebook's graph: one immutable state, changed by intents. */
export class DeploySession implements Disposable {
  private current: DeployState = NO_DEPLOYMENT;
  private readonly changes = new Emitter<DeployState>();
  private running: CancelSource | null = null;
  /** Connections and settings are being read: what is asked meanwhile needs them. */
  private refreshing: Promise<void> = Promise.resolve();
  /** Ends with the last look at the cluster; never rejects. */
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly host: DeployHost) {}

  get state(): DeployState {
    return this.current;
  }

  readonly onChange = (listener: (state: DeployState) => void): Disposable => this.changes.event(listener);

  dispose(): void {
    this.running?.cancel();
    this.changes.dispose();
  }

  /** Resolves when all that the intent asks for is done; failures are in the state. */
  async send(intent: DeployIntent): Promise<void> {
    if (intent.type === "cancel") {
      this.running?.cancel();
      return;
    }
    if (intent.type === "set-project") return this.set({ project: intent.project });
    const busy = () => this.current.phase !== "idle";
    // A look is short: what a person asks for meanwhile waits for its end.
    if (this.current.phase === "looking") await this.looking;
    if (busy()) return;
    this.set({ failure: null });
    if (intent.type !== "refresh") await this.refreshing.catch(() => undefined);
    // Of two that waited the first has begun its work.
    if (busy()) return;
    const work = this.work(intent);
    if (this.current.phase === "looking") this.looking = work;
    await work;
  }

  private async work(intent: WorkIntent): Promise<void> {
    try {
      await this.answer(intent);
    } catch (error) {
      const remedy = error instanceof GraphcellError ? error.remedy : "";
      const message = error instanceof Error ? error.message : String(error);
      this.set({ failure: { message, remedy } });
    }
    this.running = null;
    this.set({ phase: "idle" });
  }

  private answer(intent: WorkIntent): Promise<void> {
    switch (intent.type) {
      case "refresh":
        return (this.refreshing = this.refresh());
      case "choose-connection":
        this.set({ ...NO_ANSWER, connection: intent.connection, cluster: "", problems: [], functions: [] });
        return Promise.resolve();
      case "check":
        return this.check();
      case "create-project":
        return this.createProject();
      case "push":
        return this.push(intent.force === true);
      case "invoke":
        return this.invoke(intent.event);
      case "show-log":
        return this.showLog(intent.name);
      case "follow-log":
        return this.followLog(intent.name);
      case "redeploy":
        return this.redeploy(intent.name);
      case "roll-back":
        return this.rollBack(intent.name, intent.at);
      case "compare":
        return this.compare();
      case "delete":
        return this.delete(intent.name, intent.confirm);
      default:
        return intent satisfies never;
    }
  }

  private async refresh(): Promise<void> {
    const connections = await this.host.connections();
    const known = connections.some((one) => one.name === this.current.connection);
    const request = this.host.request();
    this.set({
      connections,
      connection: known ? this.current.connection : (connections[0]?.name ?? null),
      graph: request?.name ?? null,
      project: request?.settings.project ?? this.current.project,
    });
  }

  private begin(phase: DeployState["phase"]): CancelSource {
    this.running = new CancelSource();
    this.set({ phase });
    return this.running;
  }

  private cluster(): ReturnType<DeployHost["cluster"]> {
    const { connection } = this.current;
    if (connection !== null) return this.host.cluster(connection);
    throw new GraphcellError(
      "GC_CONNECTIONS",
      "No cluster is chosen.",
      "Write connections into your own connections.yaml; docs/nuclio.md has its form.",
    );
  }

  /** The deployment as it would be now; the engine's own function is for the command. */
  private plan(addresses: ReadonlyMap<string, string> = new Map()): DeploymentPlan {
    const request = this.host.request();
    if (request === null) {
      throw new GraphcellError("GC_NO_GRAPH", "The notebook has no graph to deploy.", "Write one in a cell.");
    }
    const settings = { ...request.settings, project: this.current.project };
    return planDeployment({ ...request, settings, addresses, bundle: null });
  }

  private async check(): Promise<void> {
    const cancel = this.begin("looking");
    const { dashboard } = await this.cluster();
    const plan = this.plan();
    const found = await preflight(dashboard, plan, cancel);
    const history = await this.history();
    const kept = await Promise.all(plan.functions.map(({ name }) => history?.versions(name) ?? []));
    this.set({
      graph: this.host.request()?.name ?? null,
      cluster: [found.facts.platform, found.facts.version].filter((x) => x !== "").join(", "),
      problems: found.problems,
      canCreateProject: !found.hasProject,
      functions: plan.functions.map((fn, i) => ({
        ...blank(fn),
        versions: kept[i].map(({ at }) => at),
        phase: found.existing.has(fn.name) ? phaseOf(found.existing.get(fn.name)?.state ?? "") : "absent",
        state: found.existing.get(fn.name)?.state ?? "",
      })),
      summary: "",
    });
  }

  private async createProject(): Promise<void> {
    const { dashboard } = await this.cluster();
    await dashboard.createProject(this.current.project, "Made by Graphcell");
    await this.check();
  }

  private async push(force: boolean): Promise<void> {
    await this.check();
    if (this.current.problems.some((p) => p.severity === "error")) {
      this.set({ summary: "Nothing was sent, because of the errors above." });
      return;
    }
    const cancel = this.begin("pushing");
    const { dashboard } = await this.cluster();
    const history = await this.history();
    const result = await pushDeployment({
      dashboard,
      plan: (addresses) => this.plan(addresses),
      id: this.host.newId(),
      cancel,
      force,
      ...(history ? { history } : {}),
      onProgress: (progress) => this.progress(progress),
    });
    for (const fn of result.functions) {
      this.change(fn.key, { phase: fn.phase, explanation: fn.explanation });
    }
    this.set({ summary: result.summary });
  }

  private progress({ key, phase, state, elapsedMs, logs, note }: PushProgress): void {
    const lines = [...logs.map((line) => cleanLog(line.message)), ...(note === undefined ? [] : [note])];
    const before = this.current.functions.find((fn) => fn.key === key)?.log ?? [];
    this.change(key, { phase, state, elapsedMs, log: [...before, ...lines].slice(-LOG_LINES) });
  }

  private async invoke(id: string): Promise<void> {
    const found = this.host.events().find((one) => one.id === id);
    if (!found) throw new GraphcellError("GC_NO_EVENT", "That event is gone.", "Choose another one.");
    const cancel = this.begin("calling");
    const { dashboard, http } = await this.cluster();
    const parent = this.plan().functions.find((fn) => fn.key === "");
    const deployed = parent === undefined ? null : await dashboard.function(parent.name, cancel);
    if (parent === undefined || deployed === null) {
      throw new GraphcellError(
        "GC_CLUSTER_NOT_FOUND",
        "The graph is not in the cluster yet.",
        "Push it first.",
      );
    }
    const body = found.event.body ?? null;
    const text = typeof body === "string" ? body : dumpJson(body);
    const type = found.event.contentType ?? (typeof body === "string" ? "text/plain" : "application/json");
    const began = dashboard.clock.now();
    const answer = await callFunction(
      dashboard,
      http,
      deployed,
      {
        method: found.event.method ?? "POST",
        path: found.event.path ?? "/",
        headers: { "content-type": type },
        body: encodeUtf8(text),
      },
      cancel,
    );
    const said = textOfBytes(answer.body);
    const explained = answer.status < 400 ? null : explainAnswer(answer.status, said, parent);
    this.set({
      answer: {
        event: found.name,
        status: answer.status,
        body: said,
        ms: dashboard.clock.now() - began,
        explanation: explained === null ? "" : `${explained.sentence} ${explained.remedy}`,
      },
    });
  }

  private async history(): Promise<VersionStore | null> {
    const { connection } = this.current;
    return connection === null ? null : ((await this.host.history?.(connection)) ?? null);
  }

  private async showLog(name: string): Promise<void> {
    await this.readLog(name, this.begin("calling"));
  }

  private async followLog(name: string): Promise<void> {
    const cancel = this.begin("following");
    const { dashboard } = await this.cluster();
    try {
      while (!cancel.cancelled) {
        await this.readLog(name, cancel);
        await dashboard.clock.sleep(FOLLOW, cancel);
      }
    } catch (error) {
      // Who stops following breaks off a request.
      if (!cancel.cancelled) throw error;
    }
  }

  private async readLog(name: string, cancel: CancelToken): Promise<void> {
    const { dashboard } = await this.cluster();
    const texts: string[] = [];
    for (const replica of await dashboard.replicas(name, cancel)) {
      texts.push(cleanLog(await dashboard.log(name, replica, LOG_LINES, cancel)));
    }
    this.set({ log: { name, text: texts.join("\n") } });
  }

  private async redeploy(name: string): Promise<void> {
    const cancel = this.begin("pushing");
    const { dashboard } = await this.cluster();
    await dashboard.setState(name, "ready", cancel);
    await this.follow(name, cancel);
  }

  private async rollBack(name: string, at: string): Promise<void> {
    const cancel = this.begin("pushing");
    const { dashboard } = await this.cluster();
    const history = await this.history();
    const version = (await history?.versions(name))?.find((one) => one.at === at);
    const old = await version?.read();
    if (!history || !old) {
      throw new GraphcellError(
        "GC_NO_VERSION",
        `The version of "${name}" that was replaced at ${at} is not on this machine any more.`,
        "An earlier notebook can be pushed from git.",
      );
    }
    const now = await dashboard.function(name, cancel);
    if (now !== null) await history.save(now);
    await dashboard.deploy(configOf(old), now === null ? "create" : "update", cancel);
    await this.follow(name, cancel);
  }

  /** Follows a function that was sent until it is up or has failed. */
  private async follow(name: string, cancel: CancelToken): Promise<void> {
    const { dashboard } = await this.cluster();
    const plan = this.plan().functions.find((fn) => fn.name === name) ?? namedFunction(name);
    const { phase, explanation } = await followDeployment(plan, {
      dashboard,
      cancel,
      onProgress: (progress) => this.progress({ ...progress, key: plan.key }),
    });
    const versions = (await (await this.history())?.versions(name)) ?? [];
    this.change(plan.key, { phase, explanation, versions: versions.map(({ at }) => at) });
    this.set({ summary: phase === "ready" ? `Ready: "${name}".` : `"${name}" is not ready: ${phase}.` });
  }

  private async compare(): Promise<void> {
    const cancel = this.begin("looking");
    const { dashboard } = await this.cluster();
    const plan = this.plan();
    const parent = plan.functions.find((fn) => fn.key === "");
    const deployed = parent && (await dashboard.function(parent.name, cancel));
    const graph = deployed ? deployedGraph(deployed.spec) : null;
    if (graph === null) {
      throw new GraphcellError(
        "GC_CLUSTER_NOT_FOUND",
        deployed ? "The function holds no graph that can be read." : "The graph is not in the cluster yet.",
        deployed ? "It was made by something else." : "Push it first.",
      );
    }
    const short = (value: PyValue) => shortRepr(value, 60);
    this.set({
      difference: diffGraphs(graph, plan.graph).map(({ step, change, fields }) => ({
        step,
        change,
        fields: fields.map(({ name, before, after }) => `${name}: ${short(before)} -> ${short(after)}`),
      })),
    });
  }

  private async delete(name: string, confirm: string): Promise<void> {
    if (confirm !== name) {
      throw new GraphcellError(
        "GC_CONFIRM",
        `"${confirm}" is not the function's name.`,
        `Type ${name} to delete it.`,
      );
    }
    const cancel = this.begin("deleting");
    const { dashboard } = await this.cluster();
    await dashboard.delete(name, false, cancel);
    const fn = this.current.functions.find((one) => one.name === name);
    if (fn) this.change(fn.key, { phase: "absent", state: "", explanation: null, log: [] });
    this.set({ summary: `Deleted "${name}".`, answer: null, log: null });
  }

  private change(key: string, to: Partial<DeployFunctionState>): void {
    this.set({ functions: this.current.functions.map((fn) => (fn.key === key ? { ...fn, ...to } : fn)) });
  }

  private set(to: Partial<DeployState>): void {
    this.current = { ...this.current, ...to };
    this.changes.fire(this.current);
  }
}

function blank({ key, name, steps }: FunctionPlan): DeployFunctionState {
  return { key, name, steps, phase: null, state: "", elapsedMs: 0, log: [], explanation: null, versions: [] };
}

function phaseOf(state: string): PushPhase {
  if (state === "ready" || state === "scaledToZero") return "ready";
  return state === "error" || state === "unhealthy" ? "failed" : "building";
}
