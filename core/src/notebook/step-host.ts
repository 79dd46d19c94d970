import type { StepBuilder } from "../model/builder";
import type { PyValue } from "../value/value";
import type { Building } from "./building";
import { namedStep } from "./mention";
import {
  type CallArgs,
  Datum,
  HostObject,
  NONE,
  Native,
  type Place,
  Sequence,
  Unknowable,
  type Val,
  fromData,
  isText,
} from "./values";

/** How verbs are called: given by `step-verbs`, which needs this file. */
export interface Verbs {
  invoke(host: StepHost, method: string, args: CallArgs, at: Place): Val;
  assign(host: StepHost, name: string, value: Val, at: Place): void;
}

const METHODS = new Set([
  "to",
  "add_step",
  "respond",
  "error_handler",
  "add_route",
  "set_flow",
  "cycle_to",
  "clear_children",
  "add_model",
  "add_shared_model",
  "add_shared_model_proxy",
  "configure_pool_resource",
  "configure_shared_pool_resource",
  "after_step",
]);

/** One of MLRun's step objects in the hands of the notebook: a graph's root, a step, a route. */
export class StepHost extends HostObject {
  constructor(
    readonly builder: StepBuilder,
    readonly building: Building,
    private readonly verbs: Verbs,
  ) {
    super();
  }

  get typeName(): string {
    return this.builder.kind === "root" ? "RootFlowStep" : "TaskStep";
  }

  /** The same step is always the same object: `is` and `==` compare them. */
  other(builder: StepBuilder): StepHost {
    return hostOf(builder, this.building, this.verbs);
  }

  override get(name: string, at: Place): Val {
    if (METHODS.has(name)) {
      return new Native(name, (args, place) => this.verbs.invoke(this, name, args, place));
    }
    if (name === "steps" || name === "_steps" || name === "routes" || name === "_routes") {
      return new ChildrenHost(this);
    }
    if (name === "class_args") return new ClassArgsHost(this);
    if (name === "to_dict") return new Native(name, () => fromData(this.builder.toDict()));
    if (name === "path_to_step") {
      return new Native(name, (args, place) => this.index(args.positional[0]?.value ?? NONE, place));
    }
    if (!KNOWN_ATTRIBUTES.has(name)) {
      return new Unknowable(`what ".${name}" of a step gives is known only to the kernel`, at);
    }
    return fromData(this.builder.getAttribute(name));
  }

  override set(name: string, value: Val, at: Place): void {
    this.verbs.assign(this, name, value, at);
  }

  override index(key: Val, at: Place): Val {
    if (!isText(key)) {
      const reason =
        key instanceof Unknowable ? key.reason : "which step this is is known only to the kernel";
      return new Unknowable(reason, at);
    }
    this.building.mention(
      this.builder,
      namedStep(key, false).map((named) => ({ ...named, child: true })),
    );
    return this.building.attempt<Val>(
      at,
      () => key.value.split("/").reduce<StepHost>((host, name) => this.other(host.builder.item(name)), this),
      new Unknowable(`there is no step "${key.value}" here`, at),
    );
  }

  override setIndex(key: Val, value: Val, at: Place): void {
    if (!isText(key) || !(value instanceof StepHost)) return;
    this.building.attempt(at, () => this.builder.setItem(key.value, value.builder), undefined);
    this.building.touch(value.builder, at);
  }

  override deleteIndex(key: Val, at: Place): void {
    if (!isText(key)) return;
    this.building.removed(this.builder, key.value);
    this.building.attempt(at, () => this.builder.deleteItem(key.value), undefined);
  }

  override items(): readonly Val[] {
    return [...this.builder.children.values()].map((child) => this.other(child));
  }
}

/** Attributes that are plain data. */
const KNOWN_ATTRIBUTES = new Set(
  (
    "name kind after before on_error class_name handler function full_event input_path result_path responder shape " +
    "comment max_iterations cycle_from base_step engine final_step allow_cyclic path shards retention_in_hours " +
    "trigger_args options track_models endpoint_type model_endpoint_creation_strategy"
  ).split(" "),
);

const hosts = new WeakMap<StepBuilder, StepHost>();

export function hostOf(builder: StepBuilder, building: Building, verbs: Verbs): StepHost {
  const known = hosts.get(builder);
  if (known && known.building === building) return known;
  const made = new StepHost(builder, building, verbs);
  hosts.set(builder, made);
  return made;
}

/** `graph.steps`, `router.routes`: a mapping of names to steps. */
class ChildrenHost extends HostObject {
  readonly typeName = "dict";
  constructor(private readonly of: StepHost) {
    super();
  }

  private names(): Val[] {
    return [...this.of.builder.children.keys()].map((name) => new Datum(name));
  }

  override get(name: string, at: Place): Val {
    if (name === "keys") return new Native(name, () => new Sequence("list", this.names()));
    if (name === "values") return new Native(name, () => new Sequence("list", [...this.of.items()]));
    if (name === "items") {
      return new Native(name, () => {
        const steps = this.of.items();
        const pairs = this.names().map((key, i) => new Sequence("tuple", [key, steps[i] ?? NONE]));
        return new Sequence("list", pairs);
      });
    }
    if (name === "get") {
      return new Native(name, (args, place) => {
        const key = args.positional[0]?.value ?? NONE;
        return this.has(key) ? this.index(key, place) : (args.positional[1]?.value ?? NONE);
      });
    }
    return new Unknowable(`what ".${name}" gives is known only to the kernel`, at);
  }

  override index(key: Val, at: Place): Val {
    return this.of.index(key, at);
  }
  override setIndex(key: Val, value: Val, at: Place): void {
    this.of.setIndex(key, value, at);
  }
  override deleteIndex(key: Val, at: Place): void {
    this.of.deleteIndex(key, at);
  }
  override items(): readonly Val[] {
    return this.names();
  }
  override has(key: Val): boolean | null {
    return isText(key) ? this.of.builder.children.has(key.value) : null;
  }
}

/** `step.class_args`: changes to it change the step. */
class ClassArgsHost extends HostObject {
  readonly typeName = "dict";
  constructor(private readonly of: StepHost) {
    super();
  }

  private entries(): Map<PyValue, PyValue> {
    const value = this.of.builder.getAttribute("class_args");
    return value instanceof Map ? value : new Map<PyValue, PyValue>();
  }

  override get(name: string, at: Place): Val {
    if (name === "update") {
      return new Native(name, (args, place) => {
        for (const [key, { value }] of args.keyword) this.setIndex(new Datum(key), value, place);
        return NONE;
      });
    }
    if (name === "get") {
      return new Native(name, (args, place) => {
        const key = args.positional[0]?.value ?? NONE;
        return this.has(key) ? this.index(key, place) : (args.positional[1]?.value ?? NONE);
      });
    }
    return new Unknowable(`what ".${name}" gives is known only to the kernel`, at);
  }

  override index(key: Val, at: Place): Val {
    const found = isText(key) ? this.entries().get(key.value) : undefined;
    return found === undefined ? super.index(key, at) : fromData(found);
  }

  override setIndex(key: Val, value: Val, at: Place): void {
    if (!isText(key)) return;
    const holder = `class_args.${key.value}`;
    this.of.set(holder, value, at);
  }

  override has(key: Val): boolean | null {
    return isText(key) ? this.entries().has(key.value) : null;
  }
}
