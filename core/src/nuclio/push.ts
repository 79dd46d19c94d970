import { type CancelToken, never } from "../lifetime";
import type { Dashboard } from "./dashboard";
import { type Explanation, explainFunction } from "./explain";
import { ANNOTATION, type DeploymentPlan, type FunctionPlan } from "./function-plan";
import type { FunctionConfig } from "./function-spec";
import { type DeployLog, type DeployedFunction, isFinal, newLogs } from "./function-state";
import { ClusterError } from "./http";

/** Where one function of a push is. */
export type PushPhase =
  "waiting" | "unchanged" | "sending" | "building" | "starting" | "ready" | "failed" | "left";

/** What is told while a push goes on. */
export interface PushProgress {
  /** The function's key in the graph ("" is the parent) and its name in the cluster. */
  readonly key: string;
  readonly name: string;
  readonly phase: PushPhase;
  /** The cluster's own word for its state; "" before it said any. */
  readonly state: string;
  /** Milliseconds since this function was sent. */
  readonly elapsedMs: number;
  /** Lines of its deployment's log that are new. */
  readonly logs: readonly DeployLog[];
  /** Something that went wrong and is tried again. */
  readonly note?: string;
}

export interface FunctionResult {
  readonly key: string;
  readonly name: string;
  readonly phase: PushPhase;
  readonly deployed: DeployedFunction | null;
  readonly explanation: Explanation | null;
  readonly logs: readonly DeployLog[];
}

export interface PushResult {
  readonly ok: boolean;
  readonly cancelled: boolean;
  readonly functions: readonly FunctionResult[];
  /** For people: how it ended, and where it did not end well, how to go on or back. */
  readonly summary: string;
}

/** Keeps what a function was before it is overwritten, so that one can go back to it. */
export interface HistoryPort {
  save(before: DeployedFunction): Promise<void>;
}

export interface PushOptions {
  readonly dashboard: Dashboard;
  /** Makes the deployment; called again once addresses of functions are known. */
  readonly plan: (addresses: ReadonlyMap<string, string>) => DeploymentPlan;
  /** Different for every push: tells whether what is in the cluster is this one. */
  readonly id: string;
  readonly onProgress?: (progress: PushProgress) => void;
  readonly history?: HistoryPort;
  readonly cancel?: CancelToken;
  /** Deploy only these functions (keys); null for all. */
  readonly only?: readonly string[] | null;
  /** Deploy also what is in the cluster already, as it is to be. */
  readonly force?: boolean;
  /** False returns once the cluster has accepted; true (default) when it is ready or has failed. */
  readonly wait?: boolean;
  /** Milliseconds until a function that is neither ready nor failed is left alone; an hour when absent. */
  readonly deadlineMs?: number;
  /** Overwrite a version that somebody else deployed. */
  readonly overwrite?: boolean;
}

const HOUR = 3_600_000;
/** Milliseconds between looks at a deployment: at first, and once it has gone on for a while. */
const QUICK = 1_000;
const SLOW = 3_000;
const A_WHILE = 30_000;
/** Times that one and the same function is sent. */
const SENDS = 4;

/** Deploys the functions of a graph, children first. Resolves for failures too; rejects only for wrong use. */
export async function pushDeployment(options: PushOptions): Promise<PushResult> {
  return new Push(options).run();
}

class Push {
  private readonly dashboard: Dashboard;
  private readonly cancel: CancelToken;
  private readonly addresses = new Map<string, string>();
  private readonly results: FunctionResult[] = [];

  constructor(private readonly options: PushOptions) {
    this.dashboard = options.dashboard;
    this.cancel = options.cancel ?? never;
  }

  async run(): Promise<PushResult> {
    let plan = this.options.plan(this.addresses);
    await this.lookUp(plan);
    const keys = plan.functions.map((fn) => fn.key).filter((key) => this.options.only?.includes(key) ?? true);
    for (const key of keys) {
      plan = this.options.plan(this.addresses);
      const fn = plan.functions.find((one) => one.key === key);
      if (fn === undefined) continue;
      const result = await this.one(fn, plan);
      this.results.push(result);
      this.learn(key, result.deployed);
      if (!isWell(result.phase)) break;
    }
    return this.result(keys, plan);
  }

  /** Addresses of functions that the graph refers to by name and that are no part of it. */
  private async lookUp(plan: DeploymentPlan): Promise<void> {
    const own = new Set(plan.functions.map((fn) => fn.key));
    for (const name of plan.unresolved) {
      if (own.has(name)) continue;
      this.learn(name, await this.dashboard.function(name, this.cancel));
    }
  }

  private learn(name: string, deployed: DeployedFunction | null): void {
    const address = deployed?.internalUrls[0] ?? deployed?.externalUrls[0];
    if (name !== "" && address !== undefined) this.addresses.set(name, `http://${address}`);
  }

  private async one(fn: FunctionPlan, plan: DeploymentPlan): Promise<FunctionResult> {
    const following = new Following(fn, this.options, this.cancel);
    try {
      return await following.deploy(plan);
    } catch (error) {
      if (!(error instanceof ClusterError)) throw error;
      if (error.code === "GC_CANCELLED" || this.cancel.cancelled) return following.ended("left", null, null);
      const explanation: Explanation = {
        sentence: error.message,
        remedy: error.remedy,
        step: null,
        place: null,
        raw: error.raw,
      };
      return following.ended("failed", null, explanation);
    }
  }

  private result(keys: readonly string[], plan: DeploymentPlan): PushResult {
    const done = new Set(this.results.map((r) => r.key));
    const rest = plan.functions.filter((fn) => keys.includes(fn.key) && !done.has(fn.key));
    const functions: FunctionResult[] = [
      ...this.results,
      ...rest.map(({ key, name }): FunctionResult => ({
        key,
        name,
        phase: "waiting",
        deployed: null,
        explanation: null,
        logs: [],
      })),
    ];
    const ok = functions.every((one) => isWell(one.phase));
    const cancelled = this.cancel.cancelled;
    return { ok, cancelled, functions, summary: summaryOf(functions, ok, this.options.wait !== false) };
  }
}

function isWell(phase: PushPhase): boolean {
  return phase === "ready" || phase === "unchanged" || phase === "building";
}

function named(functions: readonly FunctionResult[]): string {
  return functions.map((fn) => `"${fn.name}"`).join(", ");
}

function summaryOf(functions: readonly FunctionResult[], ok: boolean, waited: boolean): string {
  const unchanged = functions.filter((fn) => fn.phase === "unchanged");
  if (ok && !waited) return `Accepted: ${named(functions)}. See how it goes on with graphcell list.`;
  if (ok && unchanged.length === functions.length)
    return `Nothing to do: ${named(functions)} runs as it is written.`;
  if (ok) return `Ready: ${named(functions)}.`;
  const failed = functions.filter((fn) => fn.phase === "failed");
  const left = functions.filter((fn) => fn.phase === "left");
  const waiting = functions.filter((fn) => fn.phase === "waiting");
  const up = functions.filter((fn) => isWell(fn.phase));
  const parts = [
    failed.length > 0 ? `Failed: ${named(failed)}.` : "",
    left.length > 0 ? `Left while the cluster goes on with it: ${named(left)}.` : "",
    waiting.length > 0 ? `Not sent: ${named(waiting)}, which would need what failed.` : "",
    up.length > 0 ? `Up: ${named(up)}.` : "",
    failed.length > 0
      ? "Correct it and push again: what is up and unchanged is not deployed a second time."
      : "",
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** One function on its way. */
class Following {
  private readonly dashboard: Dashboard;
  private logs: readonly DeployLog[] = [];
  private began: number;
  private phase: PushPhase = "waiting";
  private state = "";

  constructor(
    private readonly fn: FunctionPlan,
    private readonly options: PushOptions,
    private readonly cancel: CancelToken,
  ) {
    this.dashboard = options.dashboard;
    this.began = this.dashboard.clock.now();
  }

  async deploy(plan: DeploymentPlan): Promise<FunctionResult> {
    const { name } = this.fn;
    const before = await this.dashboard.function(name, this.cancel);
    if (before !== null) {
      this.refuseForeign(before, plan);
      if (this.isUnchanged(before)) return this.ended("unchanged", before, null);
      await this.options.history?.save(before);
    }
    this.tell("sending", "");
    const sent = await this.send(before);
    if (this.options.wait === false) return this.ended("building", sent, null);
    return this.follow();
  }

  private refuseForeign(before: DeployedFunction, plan: DeploymentPlan): void {
    if (before.project !== null && before.project !== plan.project) {
      throw new ClusterError(
        "GC_CLUSTER_TAKEN",
        `The name "${this.fn.name}" is taken by a function of project "${before.project}".`,
        "Give the function another name in graphcell.deploy.yaml (functions, name).",
        0,
      );
    }
  }

  /** As it is to be, and running. */
  private isUnchanged(before: DeployedFunction): boolean {
    const { annotations } = this.fn.config.metadata;
    const same = before.annotations[ANNOTATION.fingerprint] === annotations?.[ANNOTATION.fingerprint];
    const up = before.state === "ready" || before.state === "scaledToZero";
    return same && up && this.options.force !== true;
  }

  private config(before: DeployedFunction | null): FunctionConfig {
    const { metadata, spec } = this.fn.config;
    const version = this.options.overwrite === true ? null : (before?.resourceVersion ?? null);
    return {
      metadata: {
        ...metadata,
        annotations: { ...metadata.annotations, [ANNOTATION.push]: this.options.id },
        ...(version === null ? {} : { resourceVersion: version }),
      },
      spec,
    };
  }

  /** Sends the function until the cluster has it, and never twice when it has. */
  private async send(before: DeployedFunction | null): Promise<DeployedFunction | null> {
    let known = before;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.dashboard.deploy(this.config(known), known === null ? "create" : "update", this.cancel);
        return known;
      } catch (error) {
        if (!(error instanceof ClusterError) || this.cancel.cancelled || attempt >= SENDS) throw error;
        this.tell("sending", error.message);
        const arrived = await this.after(error, known);
        if (arrived === "arrived") return known;
        if (arrived === "no") throw error;
        known = arrived.now;
      }
    }
  }

  /** What a failed sending came to: it arrived all the same; it can be sent again (with what is there now); or not. */
  private async after(
    error: ClusterError,
    known: DeployedFunction | null,
  ): Promise<"arrived" | "no" | { readonly now: DeployedFunction | null }> {
    const { code } = error;
    if (code === "GC_CLUSTER_BUSY") return { now: await this.untilFinal() };
    if (code === "GC_CLUSTER_EXISTS")
      return { now: await this.dashboard.function(this.fn.name, this.cancel) };
    const passing = error.uncertain || error.transport === "refused" || code === "GC_CLUSTER_UNAVAILABLE";
    if (!passing) return "no";
    await this.dashboard.clock.sleep(QUICK, this.cancel);
    // The dashboard may still be on its way up: reading waits for it.
    const now = await this.dashboard.function(this.fn.name, this.cancel);
    if (now?.annotations[ANNOTATION.push] === this.options.id) return "arrived";
    if (
      error.status >= 500 &&
      error.raw !== "" &&
      code !== "GC_CLUSTER_UNAVAILABLE" &&
      code !== "GC_CLUSTER_SLOW"
    ) {
      return "no";
    }
    return { now: now ?? known };
  }

  private async untilFinal(): Promise<DeployedFunction | null> {
    const until = this.dashboard.clock.now() + (this.options.deadlineMs ?? HOUR);
    for (;;) {
      const now = await this.dashboard.function(this.fn.name, this.cancel);
      if (now === null || isFinal(now.state) || this.cancel.cancelled) return now;
      if (this.dashboard.clock.now() > until) return now;
      await this.dashboard.clock.sleep(SLOW, this.cancel);
    }
  }

  /** Looks at the function until it has come to an end. */
  async follow(): Promise<FunctionResult> {
    const deadline = this.began + (this.options.deadlineMs ?? HOUR);
    const { clock } = this.dashboard;
    let missing = 0;
    for (;;) {
      const now = await this.dashboard.function(this.fn.name, this.cancel);
      missing = now === null ? missing + 1 : 0;
      if (now !== null) {
        this.take(now);
        if (isFinal(now.state)) return this.finished(now);
      } else if (missing > 5) return this.ended("failed", null, gone(this.fn.name));
      if (this.cancel.cancelled) return this.ended("left", now, null);
      if (clock.now() > deadline) return this.ended("left", now, tooLong(this.fn.name));
      await clock.sleep(clock.now() - this.began < A_WHILE ? QUICK : SLOW, this.cancel);
      if (this.cancel.cancelled) return this.ended("left", now, null);
    }
  }

  private take(now: DeployedFunction): void {
    const fresh = newLogs(this.logs, now.logs);
    if (now.logs !== null) this.logs = now.logs;
    const starting = now.state.startsWith("waiting") && now.state !== "waitingForBuild";
    const built = this.logs.some((line) => line.message === "Build complete");
    const phase = isFinal(now.state) ? this.phase : starting || built ? "starting" : "building";
    this.state = now.state;
    this.tell(phase, undefined, fresh);
  }

  private finished(now: DeployedFunction): FunctionResult {
    if (now.state === "ready" || now.state === "scaledToZero") return this.ended("ready", now, null);
    return this.ended("failed", now, explainFunction(now, this.fn));
  }

  ended(
    phase: PushPhase,
    deployed: DeployedFunction | null,
    explanation: Explanation | null,
  ): FunctionResult {
    this.state = deployed?.state ?? this.state;
    this.tell(phase);
    return { key: this.fn.key, name: this.fn.name, phase, deployed, explanation, logs: this.logs };
  }

  private tell(phase: PushPhase, note?: string, logs: readonly DeployLog[] = []): void {
    this.phase = phase;
    const { key, name } = this.fn;
    const elapsedMs = this.dashboard.clock.now() - this.began;
    const noted = note === undefined || note === "" ? {} : { note };
    this.options.onProgress?.({ key, name, phase, state: this.state, elapsedMs, logs, ...noted });
  }
}

function gone(name: string): Explanation {
  return {
    sentence: `Function "${name}" is gone from the cluster while it was being deployed.`,
    remedy: "Somebody may have deleted it; push again.",
    step: null,
    place: null,
    raw: "",
  };
}

function tooLong(name: string): Explanation {
  return {
    sentence: `Function "${name}" is still being deployed, for longer than was to be waited.`,
    remedy: "The cluster goes on with it: look again later with graphcell list.",
    step: null,
    place: null,
    raw: "",
  };
}

/** Follows a function that is being deployed already: after a restart of the editor, say. */
export function followDeployment(
  fn: FunctionPlan,
  options: Omit<PushOptions, "plan" | "id">,
): Promise<FunctionResult> {
  const plan = (): DeploymentPlan => {
    throw new Error("nothing is sent while a deployment is followed");
  };
  return new Following(fn, { ...options, plan, id: "" }, options.cancel ?? never).follow();
}
