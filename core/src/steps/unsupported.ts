import type { StepClass } from "../engine/runtime";

type Row = readonly [names: readonly string[], meaning: string, reason: string];

const REPLACE = "take the step out, or put a queue or a step of your own in its place, to simulate the rest";

function service(name: string, file: string, meaning: string, what: string): Row {
  return [
    [`storey.${name}`, `storey.${file}.${name}`],
    meaning,
    `${name} needs ${what}, which a simulation doesn't reach; ${REPLACE}`,
  ];
}

/** Sources begin a flow; in a graph the events of the simulation take their place. */
function source(name: string, meaning: string): Row {
  return [
    [`storey.${name}`, `storey.sources.${name}`],
    meaning,
    `${name} begins a flow and can't be a step of a graph; give its events to the simulation instead`,
  ];
}

const ROWS: readonly Row[] = [
  service("KafkaTarget", "targets", "Writes events to a Kafka topic.", "a Kafka broker"),
  service("StreamTarget", "targets", "Writes events to a V3IO stream.", "a V3IO service"),
  service("TSDBTarget", "targets", "Writes events to a V3IO time series table.", "a V3IO Frames service"),
  service(
    "TimescaleDBTarget",
    "timescaledb_target",
    "Writes events to a TimescaleDB table.",
    "a TimescaleDB database",
  ),
  service("JoinWithV3IOTable", "flow", "Adds the attributes of a V3IO table's row.", "a V3IO service"),
  service(
    "OTelMetricsExporter",
    "otel_metrics_exporter",
    "Exports metrics of events.",
    "an OpenTelemetry collector",
  ),
  [
    ["mlrun.serving.OTelMetricsExporter", "mlrun.serving.otel.OTelMetricsExporter"],
    "Exports metrics of events.",
    `OTelMetricsExporter needs an OpenTelemetry collector, which a simulation doesn't reach; ${REPLACE}`,
  ],
  [
    ["storey.SendToHttp", "storey.flow.SendToHttp"],
    "Joins events with what an HTTP server answers.",
    "SendToHttp makes its requests as Python objects that a graph can't hold; use RemoteStep (`$remote`) instead",
  ],
  [
    ["storey.ParallelExecution", "storey.flow.ParallelExecution"],
    "Runs several objects on each event at a time.",
    "ParallelExecution takes Python objects that a graph can't hold; use ModelRunnerStep instead",
  ],
  [
    ["storey.Flow"],
    "Base of all Storey steps.",
    "Flow is the base of steps and does nothing with events; use a class that derives from it",
  ],
  source("SyncEmitSource", "Takes events that a program emits."),
  source("AsyncEmitSource", "Takes events that a coroutine emits."),
  source("CSVSource", "Emits the rows of CSV files."),
  source("DataframeSource", "Emits the rows of data frames."),
  source("ParquetSource", "Emits the rows of Parquet files."),
  source("SQLSource", "Emits the rows of a database table."),
];

/** Classes that can't be simulated, each with the reason and what to do. */
export const UNSUPPORTED_STEPS: readonly StepClass[] = ROWS.map(([names, meaning, reason]) => ({
  names,
  meaning,
  args: [],
  open: true,
  reason,
}));
