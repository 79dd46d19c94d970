import type { MockEvent } from "../engine/event";
import { GraphcellError } from "../errors";
import { CancelSource, type CancelToken, type Disposable } from "../lifetime";
import { cleanLog } from "./clean-log";
import { comparison, graphInCluster, graphInText } from "./deploy-compare";
import { DeployDraft, type DraftHost } from "./deploy-draft";
import { type Cluster, LOG_LINES, callDeployed, listFunctions, readLog, sendEarlier } from "./deploy-running";
import type {
  ConnectionChoice,
  DeployFunctionState,
  DeployIntent,
  DeployState,
  SimulatedAnswer,
} from "./deploy-state";
import { DeployStore } from "./deploy-store";
import { type VersionStore, namedFunction } from "./earlier";
import type { FunctionPlan } from "./function-plan";
import { isFinal } from "./function-state";
import type { JsonObject } from "./json";
import { LiveReader } from "./live-numbers";
import { logPlaces } from "./log-places";
import { preflight } from "./preflight";
import { type PushPhase, type PushProgress, followDeployment, pushDeployment } from "./push";
import { sameAnswer } from "./same-answer";

/** What a deploy session needs of its host. */
export interface DeployHost extends DraftHost {
  /** Saved events of the graph. */
  events(): readonly { readonly id: string; readonly name: string; readonly event: MockEvent }[];
  connections(): Promise<readonly ConnectionChoice[]>;
  cluster(name: string): Promise<Cluster>;
  /** Versions of functions that were pushed from here to that cluster. */
  history?(cluster: string): Promise<VersionStore>;
  /** Text of the notebook in a revision of git; absent where git is out of reach. Throws `GraphcellError`. */
  revision?(name: string): Promise<string>;
  /** What the simulation answers to a saved event. */
  simulate?(event: string, cancel: CancelToken): Promise<Pick<SimulatedAnswer, "text" | "reason">>;
  /** A new id for each push. */
  newId(): string;
}

/** What another cluster would answer differently. */
const NO_ANSWER = { summary: "", answer: null, log: null, listed: null, difference: null } as const;

/** Milliseconds between looks at a log that is followed. */
const FOLLOW = 2_000;

/** Milliseconds between looks at the numbers of functions. */
const WATCH = 2_000;

/** What takes its time. */
type WorkIntent = Exclude<DeployIntent, { readonly type: "cancel" | "set-project" }>;

/** Deployment of one notebook's graph: one immutable state, changed by intents. */
export class DeploySession implements Disposable {
  private readonly store = new DeployStore();
  private readonly draft: DeployDraft;
  private running: CancelSource | null = null;
  /** The chosen cluster's own settings for a function, once it was asked. */
  private defaults: JsonObject = {};
  /** Connections and settings are being read: what is asked meanwhile needs them. */
  private refreshing: Promise<void> = Promise.resolve();
  /** Ends with the last look at the cluster; never rejects. */
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly host: DeployHost) {
    this.draft = new DeployDraft(host);
  }

  get state(): DeployState {
    return this.store.state;
  }

  readonly onChange = (listener: (state: DeployState) => void): Disposable => this.store.onChange(listener);

  dispose(): void {
    this.running?.cancel();
    this.store.dispose();
  }

  /** Resolves when all that the intent asks for is done; failures are in the state. */
  async send(intent: DeployIntent): Promise<void> {
    if (intent.type === "cancel") {
      this.running?.cancel();
      return;
    }
    if (intent.type === "set-project") return this.store.set({ project: intent.project });
    const busy = () => this.state.phase !== "idle";
    // A look is short: what a person asks for meanwhile waits for its end.
    if (this.state.phase === "looking") await this.looking;
    if (busy()) return;
    this.store.set({ failure: null });
    if (intent.type !== "refresh") await this.refreshing.catch(() => undefined);
    // Of two that waited the first has begun its work.
    if (busy()) return;
    const work = this.work(intent);
    if (this.state.phase === "looking") this.looking = work;
    await work;
  }

  private async work(intent: WorkIntent): Promise<void> {
    try {
      await this.answer(intent);
    } catch (error) {
      const remedy = error instanceof GraphcellError ? error.remedy : "";
      const message = error instanceof Error ? error.message : String(error);
      this.store.set({ failure: { message, remedy } });
    }
    this.running = null;
    this.store.set({ phase: "idle" });
  }

  private answer(intent: WorkIntent): Promise<void> {
    switch (intent.type) {
      case "refresh":
        return (this.refreshing = this.refresh());
      case "choose-connection":
        return this.choose(intent.connection);
      case "check":
        return this.lookAgain();
      case "create-project":
        return this.createProject();
      case "push":
        return this.push(intent.force === true);
      case "invoke":
        return this.invoke(intent.event, intent.compare === true);
      case "watch":
        return this.watch();
      case "list":
        return this.list();
      case "export":
        return this.export();
      case "show-log":
        return this.showLog(intent.name);
      case "follow-log":
        return this.followLog(intent.name);
      case "redeploy":
        return this.redeploy(intent.name);
      case "roll-back":
        return this.rollBack(intent.name, intent.at);
      case "compare":
        return this.compare(intent.revision);
      case "show-source":
        return this.showSource(intent.key);
      case "edit-source":
        this.draft.edit(intent.key, intent.text);
        return this.showSource(intent.key);
      case "save-source":
        return this.saveSource(intent.key);
      case "show-settings":
        return this.showSettings(intent.scope);
      case "set-setting":
        return this.setSetting(intent.field, intent.text);
      case "delete":
        return this.delete(intent.name, intent.confirm);
      default:
        return intent satisfies never;
    }
  }

  private async refresh(): Promise<void> {
    const connections = await this.host.connections();
    const known = connections.some((one) => one.name === this.state.connection);
    const connection = known ? this.state.connection : (connections[0]?.name ?? null);
    this.store.set({ connections, connection, graph: this.draft.graphName });
    await this.draft.read();
    const { settings } = this.draft;
    const named = known ? undefined : connections.find(({ name }) => name === settings.connection);
    this.store.set({
      connection: named?.name ?? connection,
      project: settings.project ?? this.state.project,
    });
  }

  private choose(connection: string): Promise<void> {
    this.defaults = {};
    this.store.set({ ...NO_ANSWER, connection, cluster: "", problems: [], functions: [] });
    return Promise.resolve();
  }

  private begin(phase: DeployState["phase"]): CancelSource {
    this.running = new CancelSource();
    this.store.set({ phase });
    return this.running;
  }

  private cluster(): Promise<Cluster> {
    const { connection } = this.state;
    if (connection !== null) return this.host.cluster(connection);
    throw new GraphcellError(
      "GC_CONNECTIONS",
      "No cluster is chosen.",
      "Write connections into your own connections.yaml; docs/nuclio.md has its form.",
    );
  }

  /** Tells the names of functions that are on their way. */
  private async check(): Promise<readonly string[]> {
    const cancel = this.begin("looking");
    const { dashboard } = await this.cluster();
    await this.draft.read();
    let plan = this.draft.plan(this.state.project);
    let found = await preflight(dashboard, plan, cancel);
    if (this.draft.on(found.facts.platform)) {
      plan = this.draft.plan(this.state.project);
      found = await preflight(dashboard, plan, cancel);
    }
    this.defaults = found.facts.defaults;
    const history = await this.history();
    const kept = await Promise.all(plan.functions.map(({ name }) => history?.versions(name) ?? []));
    this.store.set({
      graph: this.draft.graphName,
      cluster: [found.facts.platform, found.facts.version].filter((x) => x !== "").join(", "),
      problems: [...this.draft.problems, ...found.problems],
      canCreateProject: !found.hasProject,
      functions: plan.functions.map((fn, i) => ({
        ...blank(fn),
        versions: kept[i].map(({ at }) => at),
        phase: found.existing.has(fn.name) ? phaseOf(found.existing.get(fn.name)?.state ?? "") : "absent",
        state: found.existing.get(fn.name)?.state ?? "",
      })),
      summary: "",
    });
    this.showAgain();
    return [...found.existing.values()].filter(({ state }) => !isFinal(state)).map(({ name }) => name);
  }

  /** A look at the cluster, and at deployments that somebody began and left: they are followed to their end. */
  private async lookAgain(): Promise<void> {
    for (const name of await this.check()) {
      const cancel = this.begin("pushing");
      await this.follow(name, cancel);
      if (cancel.cancelled) return;
    }
  }

  private async createProject(): Promise<void> {
    const { dashboard } = await this.cluster();
    await dashboard.createProject(this.state.project, "Made by Graphcell");
    await this.check();
  }

  private async push(force: boolean): Promise<void> {
    await this.check();
    if (this.state.problems.some((p) => p.severity === "error")) {
      this.store.set({ summary: "Nothing was sent, because of the errors above." });
      return;
    }
    const cancel = this.begin("pushing");
    const { dashboard } = await this.cluster();
    const history = await this.history();
    const result = await pushDeployment({
      dashboard,
      plan: (addresses) => this.draft.plan(this.state.project, addresses),
      id: this.host.newId(),
      cancel,
      force,
      ...(history ? { history } : {}),
      onProgress: (progress) => this.progress(progress),
    });
    for (const fn of result.functions) {
      const versions = await this.versions(fn.name);
      this.store.change(fn.key, { phase: fn.phase, explanation: fn.explanation, versions });
    }
    this.store.set({ summary: result.summary });
  }

  private progress({ key, phase, state, elapsedMs, logs, note }: PushProgress): void {
    const lines = [...logs.map((line) => cleanLog(line.message)), ...(note === undefined ? [] : [note])];
    const before = this.state.functions.find((fn) => fn.key === key)?.log ?? [];
    this.store.change(key, { phase, state, elapsedMs, log: [...before, ...lines].slice(-LOG_LINES) });
  }

  private async invoke(id: string, compare: boolean): Promise<void> {
    const found = this.host.events().find((one) => one.id === id);
    if (!found) throw new GraphcellError("GC_NO_EVENT", "That event is gone.", "Choose another one.");
    const cancel = this.begin("calling");
    const cluster = await this.cluster();
    const answer = await callDeployed(cluster, this.parent(), found, cancel);
    this.store.set({ answer });
    if (!compare || !this.host.simulate) return;
    const { text, reason } = await this.host.simulate(id, cancel);
    const same = text === null ? null : sameAnswer(answer.body, text);
    this.store.set({ answer: { ...answer, simulated: { text, reason, same } } });
  }

  /** Looks at functions and their numbers again and again, until it is cancelled. */
  private async watch(): Promise<void> {
    const cancel = this.begin("watching");
    const { dashboard, http } = await this.cluster();
    const reader = new LiveReader(dashboard, http);
    try {
      while (!cancel.cancelled) {
        for (const { key, name } of this.state.functions) {
          const deployed = await dashboard.function(name, cancel);
          const live = deployed && (await reader.read(deployed, cancel));
          const state = deployed?.state ?? "";
          this.store.change(key, { live, state, phase: deployed ? phaseOf(state) : "absent" });
        }
        await dashboard.clock.sleep(WATCH, cancel);
      }
    } catch (error) {
      // Who stops watching breaks off a request.
      if (!cancel.cancelled) throw error;
    }
  }

  private async list(): Promise<void> {
    const cancel = this.begin("looking");
    const { dashboard } = await this.cluster();
    this.store.set({ listed: await listFunctions(dashboard, this.state.project, cancel) });
  }

  private async export(): Promise<void> {
    await this.draft.read();
    const folder = await this.draft.exportFiles(this.state.project);
    this.store.set({ summary: `The functions are written into ${folder}, beside the notebook.` });
  }

  private parent(): FunctionPlan | undefined {
    return this.draft.plan(this.state.project).functions.find((fn) => fn.key === "");
  }

  private async history(): Promise<VersionStore | null> {
    const { connection } = this.state;
    return connection === null ? null : ((await this.host.history?.(connection)) ?? null);
  }

  /** When what a function was before was replaced, newest first. */
  private async versions(name: string): Promise<readonly string[]> {
    const versions = (await (await this.history())?.versions(name)) ?? [];
    return versions.map(({ at }) => at);
  }

  private async showLog(name: string): Promise<void> {
    const cancel = this.begin("calling");
    const { dashboard } = await this.cluster();
    this.tellLog(name, await readLog(dashboard, name, cancel));
  }

  private tellLog(name: string, text: string): void {
    const fn = this.draft.plan(this.state.project).functions.find((one) => one.name === name);
    this.store.set({ log: { name, text, places: fn ? logPlaces(text, fn) : [] } });
  }

  private async followLog(name: string): Promise<void> {
    const cancel = this.begin("following");
    const { dashboard } = await this.cluster();
    try {
      while (!cancel.cancelled) {
        this.tellLog(name, await readLog(dashboard, name, cancel));
        await dashboard.clock.sleep(FOLLOW, cancel);
      }
    } catch (error) {
      // Who stops following breaks off a request.
      if (!cancel.cancelled) throw error;
    }
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
    await sendEarlier(dashboard, await this.history(), { name, at }, cancel);
    await this.follow(name, cancel);
  }

  /** Follows a function that was sent until it is up or has failed. */
  private async follow(name: string, cancel: CancelToken): Promise<void> {
    const { dashboard } = await this.cluster();
    const { functions } = this.draft.plan(this.state.project);
    const plan = functions.find((fn) => fn.name === name) ?? namedFunction(name);
    const { phase, explanation } = await followDeployment(plan, {
      dashboard,
      cancel,
      onProgress: (progress) => this.progress({ ...progress, key: plan.key }),
    });
    this.store.change(plan.key, { phase, explanation, versions: await this.versions(name) });
    this.store.set({
      summary: phase === "ready" ? `Ready: "${name}".` : `"${name}" is not ready: ${phase}.`,
    });
  }

  private async compare(revision: string | null): Promise<void> {
    const cancel = this.begin("looking");
    await this.draft.read();
    const { graph } = this.draft.plan(this.state.project);
    if (revision === null) {
      const { dashboard } = await this.cluster();
      const deployed = await graphInCluster(dashboard, this.parent()?.name, cancel);
      this.store.set({ difference: comparison(deployed, graph, null) });
      return;
    }
    const text = await this.host.revision?.(revision);
    if (text === undefined) {
      throw new GraphcellError(
        "GC_NO_GIT",
        "Git is out of reach here.",
        "graphcell diff --git compares, too.",
      );
    }
    const written = this.host.graph();
    if (written === null) return;
    const before = graphInText(text, written.name, revision);
    this.store.set({ difference: comparison(before, written.graph, revision) });
  }

  private async showSource(key: string | null): Promise<void> {
    await this.draft.read();
    this.store.set({ source: key === null ? null : this.draft.source(key, this.state.project) });
  }

  private async saveSource(key: string): Promise<void> {
    const file = await this.draft.save(key, this.state.project);
    this.store.set({
      source: this.draft.source(key, this.state.project),
      summary: `${file} is written, and is this function's source from now on.`,
    });
    this.showAgain();
  }

  private async showSettings(scope: string | null): Promise<void> {
    await this.draft.read();
    this.store.set({ form: scope === null ? null : { ...this.formOf(scope), refused: null } });
  }

  private formOf(scope: string): ReturnType<DeployDraft["form"]> {
    return this.draft.form(scope, this.state.project, this.defaults);
  }

  private async setSetting(id: string, text: string): Promise<void> {
    const { form } = this.state;
    const field = form?.fields.find((one) => one.id === id);
    if (!form || !field) return;
    await this.draft.read();
    const problem = await this.draft.setField(form.scope, field, text);
    const refused = problem === null ? null : { field: id, text, problem };
    this.store.set({ form: { ...this.formOf(form.scope), refused } });
    if (problem === null) this.showAgain();
  }

  /** What follows from settings and graph is shown anew. */
  private showAgain(): void {
    const { source, form, project } = this.state;
    const known = this.draft.plan(project).functions.map(({ key }) => key);
    this.store.set({
      source: source && known.includes(source.key) ? this.draft.source(source.key, project) : null,
      form: form && { ...this.formOf(form.scope), refused: form.refused },
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
    const fn = this.state.functions.find((one) => one.name === name);
    if (fn) this.store.change(fn.key, { phase: "absent", state: "", explanation: null, log: [] });
    this.store.set({ summary: `Deleted "${name}".`, answer: null, log: null });
  }
}

function blank({ key, name, steps }: FunctionPlan): DeployFunctionState {
  return {
    key,
    name,
    steps,
    phase: null,
    state: "",
    elapsedMs: 0,
    log: [],
    explanation: null,
    versions: [],
    live: null,
  };
}

function phaseOf(state: string): PushPhase {
  if (state === "ready" || state === "scaledToZero") return "ready";
  return state === "error" || state === "unhealthy" ? "failed" : "building";
}
