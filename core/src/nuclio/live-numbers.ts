import type { CancelToken } from "../lifetime";
import { callFunction } from "./call";
import { textOfBytes } from "./clean-log";
import type { Dashboard } from "./dashboard";
import { STATS_HEADER, STATS_VARIABLE } from "./entry-stats";
import { variableOf } from "./function-spec";
import type { DeployedFunction } from "./function-state";
import type { HttpPort } from "./http";
import { objectOf, textOf } from "./json";
import { type FunctionMetrics, functionMetrics, readSamples } from "./metrics";

/** Calls, errors and time of something, since it was started. */
export interface LiveCounts {
  readonly calls: number;
  readonly errors: number;
  /** Milliseconds of a call on average; null without calls, or where nobody measures. */
  readonly ms: number | null;
}

/** What is known of a running function. */
export interface LiveNumbers extends LiveCounts {
  readonly replicas: number;
  /** Events of its streams that are not committed yet; null where no metrics tell it. */
  readonly lag: number | null;
  /** By full name; empty for a function that does not count its steps. */
  readonly steps: Readonly<Record<string, LiveCounts>>;
}

type Row = readonly [calls: number, errors: number, seconds: number];

interface Told {
  readonly at: number;
  readonly counts: ReadonlyMap<string, Row>;
}

/** Replicas that have not been heard for so many milliseconds are gone. */
const FORGET = 60_000;
/** A function is asked no more often than this in one look: each request reaches some replica. */
const MOST_QUESTIONS = 4;
const PATIENCE = 5_000;

/** Reads the numbers of functions, look by look: which replica answers is the cluster's choice. */
export class LiveReader {
  private readonly told = new Map<string, Map<string, Told>>();

  constructor(
    private readonly dashboard: Dashboard,
    private readonly http: HttpPort,
  ) {}

  async read(deployed: DeployedFunction, cancel: CancelToken): Promise<LiveNumbers> {
    const { name, state } = deployed;
    // A question would wake a function that sleeps.
    const replicas = state === "scaledToZero" ? 0 : (await this.dashboard.replicas(name, cancel)).length;
    if (replicas > 0) await this.ask(deployed, Math.min(replicas, MOST_QUESTIONS), cancel);
    const metrics = await this.metrics(name, cancel);
    const counts = this.summed(name);
    const own = counts.get("");
    const { "": _, ...steps } = Object.fromEntries([...counts].map(([step, row]) => [step, countsOf(row)]));
    const lags = metrics === null ? [] : [...metrics.committedLag.values()];
    return {
      ...(own ? countsOf(own) : countsOfMetrics(metrics)),
      replicas,
      lag: lags.length === 0 ? null : lags.reduce((sum, lag) => sum + lag, 0),
      steps,
    };
  }

  private async ask(deployed: DeployedFunction, times: number, cancel: CancelToken): Promise<void> {
    const key = variableOf(deployed.spec, STATS_VARIABLE);
    if (key === null) return;
    const request = {
      method: "GET",
      path: "/",
      headers: { [STATS_HEADER]: key },
      body: null,
      timeoutMs: PATIENCE,
    };
    for (let i = 0; i < times && !cancel.cancelled; i++) {
      // All workers may be busy: the numbers of the last look hold.
      const answer = await callFunction(this.dashboard, this.http, deployed, request, cancel).catch(
        () => null,
      );
      if (answer?.status !== 200) return;
      this.take(deployed.name, textOfBytes(answer.body));
    }
  }

  private take(name: string, text: string): void {
    const read = decodeStats(text);
    if (read === null) return;
    const known = this.told.get(name) ?? new Map<string, Told>();
    this.told.set(name, known.set(read.replica, { at: this.dashboard.clock.now(), counts: read.counts }));
  }

  /** The numbers of all replicas that are there, added up. */
  private summed(name: string): ReadonlyMap<string, Row> {
    const sum = new Map<string, Row>();
    const since = this.dashboard.clock.now() - FORGET;
    for (const { at, counts } of this.told.get(name)?.values() ?? []) {
      if (at < since) continue;
      for (const [step, [calls, errors, seconds]] of counts) {
        const [a, b, c] = sum.get(step) ?? [0, 0, 0];
        sum.set(step, [a + calls, b + errors, c + seconds]);
      }
    }
    return sum;
  }

  /** Prometheus' numbers, where the connection says where they are. */
  private async metrics(name: string, cancel: CancelToken): Promise<FunctionMetrics | null> {
    const template = this.dashboard.connection.metrics;
    if (template === null) return null;
    const url = template.replaceAll("{function}", encodeURIComponent(name));
    const request = { method: "GET", url, headers: {}, body: null, timeoutMs: PATIENCE, cancel };
    const answer = await this.http.send(request).catch(() => null);
    return answer?.status === 200 ? functionMetrics(readSamples(textOfBytes(answer.body)), name) : null;
  }
}

function countsOf([calls, errors, seconds]: Row): LiveCounts {
  return { calls, errors, ms: calls === 0 ? null : (seconds * 1000) / calls };
}

function countsOfMetrics(metrics: FunctionMetrics | null): LiveCounts {
  if (metrics === null) return { calls: 0, errors: 0, ms: null };
  const { handled, failed, durationMs } = metrics;
  const calls = handled + failed;
  return { calls, errors: failed, ms: durationMs === null || calls === 0 ? null : durationMs / calls };
}

/** A function's own numbers; null for any other answer. */
export function decodeStats(
  text: string,
): { readonly replica: string; readonly counts: ReadonlyMap<string, Row> } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const replica = textOf(objectOf(value)["replica"]);
  if (replica === null) return null;
  const counts = new Map<string, Row>();
  for (const [name, row] of Object.entries(objectOf(objectOf(value)["counts"]))) {
    if (!Array.isArray(row)) continue;
    const [calls, errors, seconds] = row.map((one) => (typeof one === "number" ? one : 0));
    counts.set(name, [calls ?? 0, errors ?? 0, seconds ?? 0]);
  }
  return { replica, counts };
}

/** The numbers in a few words: `2 replicas, 37 calls, 1 error, 12 ms, 5 waiting`. */
export function liveText({ replicas, calls, errors, ms, lag }: LiveNumbers): string {
  const many = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;
  return [
    ...(replicas === 1 ? [] : [many(replicas, "replica")]),
    many(calls, "call"),
    ...(errors === 0 ? [] : [many(errors, "error")]),
    ...(ms === null ? [] : [`${ms < 10 ? ms.toFixed(1) : String(Math.round(ms))} ms`]),
    ...(lag === null ? [] : [`${lag} not committed`]),
  ].join(", ");
}
