import { failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { FlowStep } from "../engine/flowstep";
import type { Run } from "../engine/loop";
import type { StepClass, StepInit } from "../engine/runtime";
import { snapshot } from "../engine/snapshot";
import { typeName } from "../value/repr";
import { isMap } from "../value/value";
import { optional, required, textArgument } from "./argument";

type Format = "CSV" | "Parquet";

/**
 * `storey.CSVTarget` and `storey.ParquetTarget` on local files: they check each event as the writer would and hand
 * it on. A simulation leaves files alone, so that it can run as often as one likes.
 */
class FileTargetStep extends FlowStep {
  private readonly fixedColumns: boolean;
  /** Columns are taken from the first event that has names. */
  private inferring: boolean;
  private readonly path: string;

  constructor(
    init: StepInit,
    private readonly format: Format,
  ) {
    super(init, [`storey.targets.${format}Target`]);
    const path = textArgument(init, "path");
    if (path === null)
      throw failure("RuntimeError", `step ${init.name}: the path of ${format}Target is no text`);
    refuseStore(init.name, format, path);
    this.path = path;
    const columns = init.args.get("columns");
    this.fixedColumns = Array.isArray(columns) && columns.length > 0;
    const infer = init.args.get("infer_columns_from_data") === true;
    this.inferring = infer || (format === "CSV" && !this.fixedColumns);
  }

  protected process(event: FlowEvent): Run {
    this.check(event);
    const { files } = this.context;
    const written = files.get(this.path) ?? [];
    files.set(this.path, written);
    written.push(snapshot(event.body));
    return this.emit(event);
  }

  private check({ body }: FlowEvent): void {
    if (isMap(body)) {
      this.inferring = false;
      return;
    }
    if (Array.isArray(body)) {
      if (!this.inferring) return;
      throw failure(
        "TypeError",
        "Cannot infer_columns_from_data when event type is list. Inference is only possible from dict.",
      );
    }
    if (this.fixedColumns) throw failure("TypeError", "Writer supports only events of type dict or list.");
    if (this.format === "CSV") {
      throw failure(
        "TypeError",
        `CSV writer does not support event body of type <class '${typeName(body)}'>.`,
      );
    }
  }
}

/** A URL names a store; a path without one, or `file://`, is on this computer. */
function refuseStore(step: string, format: Format, path: string): void {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(path)?.[1];
  if (scheme === undefined || scheme === "file") return;
  throw failure(
    "RuntimeError",
    `step ${step}: ${format}Target would write to ${path}, a store that a simulation doesn't reach; ` +
      "use a local path, or take the step out to simulate the rest",
  );
}

const PATH = required("path", "File or folder to write to.");
const COLUMNS = optional("columns", "Columns to write; taken from the data when absent.");
const INFER = optional("infer_columns_from_data", "Takes the columns from the first event.");

export const FILE_TARGET_STEPS: readonly StepClass[] = [
  {
    names: ["storey.CSVTarget", "storey.targets.CSVTarget"],
    meaning: "Writes events to a CSV file and passes them on; a simulation writes nothing.",
    args: [
      PATH,
      COLUMNS,
      optional("header", "Writes the columns' names first.", false),
      INFER,
      optional("max_events", "Rows that are written at a time.", 128),
      optional("flush_after_seconds", "Writes after this time at the latest.", 3),
    ],
    open: true,
    make: (init) => new FileTargetStep(init, "CSV"),
  },
  {
    names: ["storey.ParquetTarget", "storey.targets.ParquetTarget"],
    meaning: "Writes events to Parquet files and passes them on; a simulation writes nothing.",
    args: [
      PATH,
      optional("index_cols", "Columns of the index."),
      COLUMNS,
      optional("partition_cols", "Columns that name folders."),
      optional("time_field", "Field of the time."),
      optional("time_format", "Format of times that are texts."),
      INFER,
      optional("max_events", "Rows in a file."),
      optional("flush_after_seconds", "Writes after this time at the latest."),
      optional("single_file", "Writes one file."),
    ],
    open: true,
    make: (init) => new FileTargetStep(init, "Parquet"),
  },
];
