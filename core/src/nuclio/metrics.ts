/** One line of Prometheus' text format. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Numbers of a running function, from its own metrics. A Python step's exception counts as a handled event. */
export interface FunctionMetrics {
  readonly handled: number;
  readonly failed: number;
  /** Milliseconds that its workers took altogether; null where the runtime does not tell (Python). */
  readonly durationMs: number | null;
  /** Calls that waited for a worker and got none. */
  readonly refused: number;
  /** Events of streams that are not committed yet, by trigger; empty without a stream. */
  readonly committedLag: ReadonlyMap<string, number>;
}

const LINE = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+\d+)?$/;
const LABEL = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/** Reads Prometheus' text; lines that are none are left out. */
export function readSamples(text: string): readonly Sample[] {
  return text.split("\n").flatMap((line): Sample[] => {
    if (line.startsWith("#")) return [];
    const match = LINE.exec(line.trim());
    if (!match) return [];
    const [, name = "", inside = "", written = ""] = match;
    const value = written === "+Inf" ? Infinity : written === "-Inf" ? -Infinity : Number(written);
    if (Number.isNaN(value) && written !== "NaN") return [];
    const labels = Object.fromEntries(
      [...inside.matchAll(LABEL)].map((m): [string, string] => [m[1] ?? "", unescaped(m[2] ?? "")]),
    );
    return [{ name, labels, value }];
  });
}

function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, c: string) => (c === "n" ? "\n" : c));
}

/** Sums over the replicas and workers of one function. */
export function functionMetrics(samples: readonly Sample[], functionName: string): FunctionMetrics {
  const own = samples.filter((s) => s.labels["function"] === functionName);
  const sum = (name: string, labels: Readonly<Record<string, string>> = {}): number =>
    own
      .filter((s) => s.name === `nuclio_processor_${name}`)
      .filter((s) => Object.entries(labels).every(([key, value]) => s.labels[key] === value))
      .reduce((total, s) => total + s.value, 0);
  const measured = sum("handled_events_duration_milliseconds_count");
  const lag = new Map<string, number>();
  for (const s of own) {
    if (s.name !== "nuclio_processor_stream_high_water_mark_committed_lag") continue;
    const trigger = s.labels["trigger_id"] ?? "";
    lag.set(trigger, (lag.get(trigger) ?? 0) + s.value);
  }
  return {
    handled: sum("handled_events_total", { result: "success" }),
    failed: sum("handled_events_total", { result: "failure" }),
    durationMs: measured > 0 ? sum("handled_events_duration_milliseconds_sum") : null,
    refused: sum("worker_allocation_total", { result: "error_timeout" }),
    committedLag: lag,
  };
}
