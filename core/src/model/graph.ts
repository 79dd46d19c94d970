import type { PyMap, PyValue } from "../value/value";

/** The kinds of MLRun's dictionary. A flow root is written without a kind. */
export type StepKind =
  | "root"
  | "flow"
  | "router"
  | "task"
  | "queue"
  | "choice"
  | "error_step"
  | "monitoring_application"
  | "model_runner"
  | "hub_task";

/** How a step's dictionary looked where its fields and children can't tell: kept so that it is written back as read. */
export interface StepForm {
  /** Index among all entries at which `steps` or `routes` stood. */
  readonly childrenAt?: number;
  /** What stood in place of the step's dictionary; gone once the step is changed. */
  readonly raw?: PyValue;
  /** The key under which the step stood, when it was not a string. */
  readonly key?: PyValue;
}

/**
 * One step, as MLRun's dictionary holds it. `fields` are its entries as they were read, also those that
 * nobody here understands; what the engine and the views need is derived from them by the accessors.
 * A step never changes: `with` gives another one.
 */
export class Step {
  constructor(
    /** Key in the parent's `steps` or `routes`; links between steps are by key. */
    readonly key: string,
    readonly kind: StepKind,
    /** All entries but `steps` and `routes`, in the order in which they stood. */
    readonly fields: ReadonlyMap<string, PyValue>,
    /** The steps of a flow or the routes of a router, in order; order is meaningful. */
    readonly children: ReadonlyMap<string, Step> = new Map(),
    readonly form: StepForm = {},
  ) {}

  field(name: string): PyValue | undefined {
    return this.fields.get(name);
  }

  with(name: string, value: PyValue | undefined): Step {
    const fields = new Map(this.fields);
    if (value === undefined) fields.delete(name);
    else fields.set(name, value);
    return new Step(this.key, this.kind, fields, this.children, this.editedForm());
  }

  withChildren(children: ReadonlyMap<string, Step>): Step {
    return new Step(this.key, this.kind, this.fields, children, this.editedForm());
  }

  private editedForm(): StepForm {
    const form = { ...this.form };
    delete form.raw;
    return form;
  }

  private text(name: string): string | null {
    const v = this.fields.get(name);
    return typeof v === "string" && v !== "" ? v : null;
  }

  private texts(name: string): readonly string[] {
    const v = this.fields.get(name);
    if (typeof v === "string") return v === "" ? [] : [v];
    return Array.isArray(v) ? v.filter((x): x is string => typeof x === "string") : [];
  }

  get name(): string {
    return this.text("name") ?? this.key;
  }
  get className(): string | null {
    return this.text("class_name");
  }
  get classArgs(): PyMap {
    const v = this.fields.get("class_args");
    return v instanceof Map ? v : new Map<PyValue, PyValue>();
  }
  get handler(): string | null {
    return this.text("handler");
  }
  get after(): readonly string[] {
    return this.texts("after");
  }
  get before(): readonly string[] {
    return this.texts("before");
  }
  get cycleFrom(): readonly string[] {
    return this.texts("cycle_from");
  }
  get onError(): string | null {
    return this.text("on_error");
  }
  get baseStep(): string | null {
    return this.text("base_step");
  }
  get function(): string | null {
    return this.text("function");
  }
  get inputPath(): string | null {
    return this.text("input_path");
  }
  get resultPath(): string | null {
    return this.text("result_path");
  }
  get fullEvent(): boolean {
    return this.fields.get("full_event") === true;
  }
  get responder(): boolean {
    return this.fields.get("responder") === true;
  }
  get shape(): string | null {
    return this.text("shape");
  }
  get comment(): string | null {
    return this.text("comment");
  }
  get maxIterations(): number | null {
    const v = this.fields.get("max_iterations");
    return typeof v === "number" ? v : null;
  }
  /** Path of a queue's stream; null when none is given. */
  get path(): string | null {
    return this.text("path");
  }
}

/** A serving graph: its root step. Topology `flow` has steps, `router` has routes. */
export class Graph {
  constructor(readonly root: Step) {}

  get topology(): "flow" | "router" {
    return this.root.kind === "router" ? "router" : "flow";
  }
  get steps(): ReadonlyMap<string, Step> {
    return this.root.children;
  }
  /** `sync` only when it says exactly so: everything else runs as async. */
  get engine(): "sync" | "async" {
    return this.root.field("engine") === "sync" ? "sync" : "async";
  }
  get allowCyclic(): boolean {
    return this.root.field("allow_cyclic") === true;
  }
  step(key: string): Step | undefined {
    return this.root.children.get(key);
  }
}
