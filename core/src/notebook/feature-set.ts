import { StepBuilder } from "../model/builder";
import { type PyMap, type PyValue, isMap } from "../value/value";
import { ArgumentReader } from "./argument";
import type { Building } from "./building";
import { textOf } from "./function-host";
import type { StepHost } from "./step-host";
import type { StepVerbs } from "./step-verbs";
import {
  type Arg,
  type CallArgs,
  Datum,
  HostObject,
  Instance,
  NONE,
  Native,
  type Place,
  Sequence,
  Unknowable,
  type Val,
  isText,
} from "./values";

/** Parameters of `add_aggregation` in order. */
const AGGREGATION = [
  "column",
  "operations",
  "windows",
  "period",
  "name",
  "step_name",
  "after",
  "before",
  "emit_policy",
];

/** A feature set in the hands of the notebook: a graph that its data runs through on its way in. */
export class FeatureSetHost extends HostObject {
  readonly typeName = "FeatureSet";
  readonly name: string | null;
  readonly root: StepBuilder;
  readonly spec: PyMap = new Map<PyValue, PyValue>();
  private readonly engine: string | null;
  private readonly entities: readonly string[];
  private readonly aggregations = new Map<string, PyMap>();

  constructor(
    args: CallArgs,
    readonly at: Place,
    private readonly building: Building,
    private readonly verbs: StepVerbs,
  ) {
    super();
    this.name = textOf(args, 0, "name");
    this.engine = textOf(args, 4, "engine");
    this.root = StepBuilder.construct("RootFlowStep");
    const sync = this.engine === "pandas" || this.engine === "spark";
    this.root.setAttribute("engine", sync ? "sync" : null);
    this.entities = entityNames(args.positional[2]?.value ?? args.keyword.get("entities")?.value);
    const timestamp = textOf(args, 3, "timestamp_key");
    if (timestamp !== null) this.spec.set("timestamp_key", timestamp);
    if (this.engine !== null) this.spec.set("engine", this.engine);
    building.touch(this.root, at);
  }

  get graph(): StepHost {
    return this.verbs.host(this.root);
  }

  override get(name: string, at: Place): Val {
    if (name === "graph") return this.graph;
    if (name === "add_aggregation") {
      return new Native(name, (args, place) => {
        this.building.attempt(place, () => this.addAggregation(args, place), undefined);
        return NONE;
      });
    }
    if (name === "set_targets") return new Native(name, (args, place) => this.setTargets(args, place));
    if (name === "spec") return new FeatureSetSpec(this);
    return new Unknowable(`what ".${name}" of a feature set gives is known only to the kernel`, at);
  }

  /** MLRun keeps all aggregations in one step; a second call adds to it. */
  private addAggregation(args: CallArgs, at: Place): void {
    const given = new Map<string, Arg>(args.keyword);
    args.positional.forEach((arg, i) => given.set(AGGREGATION[i] ?? `argument ${i}`, arg));
    const reader = new ArgumentReader();
    const value = (name: string): PyValue => {
      const arg = given.get(name);
      return arg ? (reader.read(arg) as PyValue) : null;
    };
    const windows = value("windows");
    const name = value("name") ?? value("column");
    const aggregation: PyMap = new Map<PyValue, PyValue>([
      ["name", name],
      ["column", value("column")],
      ["operations", value("operations")],
      ["windows", typeof windows === "string" ? [windows] : windows],
    ]);
    if (value("period") !== null) aggregation.set("period", value("period"));
    const stepName = textIn(value("step_name")) ?? "Aggregates";
    const known = this.root.children.get(stepName);
    this.aggregations.set(String(name), aggregation);
    const step = known ?? this.newAggregates(stepName, aggregation, value("after"), value("before"));
    if (known) this.extend(known);
    else {
      const literal = (a: Arg | undefined) => (a?.value instanceof Datum ? (a.value.at ?? a.at) : null);
      this.building.created(step, { created: at, reference: null, name: literal(given.get("step_name")) });
    }
    this.building.touch(step, at);
    for (const m of reader.missing) {
      this.building.note(step, { what: `class_args.aggregates${m.path}`, reason: m.reason, at: m.at });
    }
  }

  private newAggregates(name: string, aggregation: PyMap, after: PyValue, before: PyValue): StepBuilder {
    const timestamp = this.spec.get("timestamp_key") ?? null;
    const place = { after: after === null && before === null ? "$prev" : after, before };
    if (this.engine === "spark") {
      return this.root.addStep([], {
        name,
        key_columns: [...this.entities],
        time_column: timestamp,
        aggregates: [aggregation],
        ...place,
        class_name: "mlrun.feature_store.feature_set.SparkAggregateByKey",
      });
    }
    return this.root.addStep([], {
      name,
      ...place,
      class_name: "storey.AggregateByKey",
      time_field: timestamp,
      aggregates: [aggregation],
      table: ".",
    });
  }

  private extend(step: StepBuilder): void {
    const old = step.getAttribute("class_args");
    const entries: PyMap = new Map<PyValue, PyValue>(isMap(old) ? old : []);
    entries.set("aggregates", [...this.aggregations.values()]);
    step.setAttribute("class_args", entries);
  }

  private setTargets(args: CallArgs, at: Place): Val {
    const given = args.positional[0] ?? args.keyword.get("targets");
    if (given) this.spec.set("targets", new ArgumentReader().read(given) as PyValue);
    const last = textOf(args, 2, "default_final_step");
    if (last !== null) this.root.setAttribute("final_step", last);
    this.building.touch(this.root, at);
    return NONE;
  }
}

/** `feature_set.spec`. */
class FeatureSetSpec extends HostObject {
  readonly typeName = "FeatureSetSpec";
  constructor(private readonly of: FeatureSetHost) {
    super();
  }

  override get(name: string, at: Place): Val {
    if (name === "graph") return this.of.graph;
    return new Unknowable(`what "spec.${name}" is is known only to the kernel`, at);
  }
}

/** Names of the entities: texts, or `Entity("name")` objects. */
function entityNames(list: Val | undefined): readonly string[] {
  if (!(list instanceof Sequence)) return [];
  return list.items.flatMap((item) => {
    const name = item instanceof Instance ? textOf(item.args, 0, "name") : isText(item) ? item.value : null;
    return name === null ? [] : [name];
  });
}

function textIn(v: PyValue): string | null {
  return typeof v === "string" && v !== "" ? v : null;
}
