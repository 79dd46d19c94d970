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

/** Sources begin a flow of Storey's own; a graph of MLRun's has none. */
function source(name: string, kind: "emit" | "data", meaning: string): StepClass {
  return {
    names: [`storey.${name}`, `storey.sources.${name}`],
    meaning,
    args: [],
    open: true,
    source: kind,
    reason: `${name} begins a flow and can't be a step of a graph; give its events to the simulation instead`,
  };
}

function hosted(names: readonly string[], meaning: string, reason: string): StepClass {
  return { names, meaning, args: [], open: true, hosted: true, reason };
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
];

const SOURCES: readonly StepClass[] = [
  source("SyncEmitSource", "emit", "Takes events that a program emits."),
  source("AsyncEmitSource", "emit", "Takes events that a coroutine emits."),
  source("CSVSource", "data", "Emits the rows of CSV files."),
  source("DataframeSource", "data", "Emits the rows of data frames."),
  source("ParquetSource", "data", "Emits the rows of Parquet files."),
  source("SQLSource", "data", "Emits the rows of a database table."),
];

/** Steps whose work is done by their own objects, in the kernel. */
const HOSTED: readonly StepClass[] = [
  hosted(
    ["storey.ParallelExecution", "storey.flow.ParallelExecution"],
    "Runs several objects on each event at a time.",
    "ParallelExecution runs Python objects, which only a kernel holds; use one that has run the cell that makes them",
  ),
  hosted(
    ["storey.Flow", "storey.flow.Flow"],
    "Base of all Storey steps: a class of your own says what it does with events.",
    "Flow leaves to Python what is done with events; use a kernel that has run the cell that defines the class",
  ),
];

/** Classes that can't be simulated, each with the reason and what to do. */
export const UNSUPPORTED_STEPS: readonly StepClass[] = [
  ...ROWS.map(([names, meaning, reason]) => ({ names, meaning, args: [], open: true, reason })),
  ...SOURCES,
  ...HOSTED,
];
