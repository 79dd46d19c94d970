import { FunctionBuilder } from "../model/function-builder";
import type { StepBuilder } from "../model/builder";
import { ArgumentReader } from "./argument";
import type { Building } from "./building";
import { buildMonitoringGraph, monitoringArgument } from "./monitoring-function";
import { prepareCall } from "./step-call";
import { StepHost } from "./step-host";
import { type StepVerbs, placeIn } from "./step-verbs";
import {
  type CallArgs,
  Datum,
  HostObject,
  Mapping,
  NONE,
  Native,
  type Place,
  Unknowable,
  type Val,
  fromData,
} from "./values";
import type { PyValue } from "../value/value";

/** Methods that give the function back, so that calls can be chained. */
const CHAINED =
  /^(with_|set_env|set_config|set_label|set_annotation|set_security|apply$|add_volume|add_v3io|from_image|set_secrets)/;

/** A serving function in the hands of the notebook. */
export class FunctionHost extends HostObject {
  readonly typeName = "ServingRuntime";
  readonly builder = new FunctionBuilder();
  /** Where the graph is set up: `set_topology`, or the dictionary. */
  graphAt: Place | null = null;
  /** The file or URL that its code comes from, when that is not the notebook. */
  source: string | null = null;
  /** The text does not show where the function is made. */
  unseen = false;

  constructor(
    readonly name: string | null,
    readonly kind: string | null,
    readonly at: Place,
    private readonly building: Building,
    private readonly verbs: StepVerbs,
  ) {
    super();
  }

  get graph(): StepHost | null {
    const root = this.builder.graph;
    return root ? this.verbs.host(root) : null;
  }

  override get(name: string, at: Place): Val {
    switch (name) {
      case "set_topology":
        return new Native(name, (args, place) => this.setTopology(args, place));
      case "add_model":
        return new Native(name, (args, place) => this.addModel(args, place));
      case "set_tracking":
        return this.plainCall(name, (call) => this.builder.setTracking(call.positional, call.keyword));
      case "add_child_function":
        return new Native(name, (args, place) => this.addChild(args, place));
      case "spec":
        return new SpecHost(this);
      case "kind":
        return new Datum(this.kind);
      case "metadata":
        return new Unknowable("a function's metadata is known only to the kernel", at);
      default:
        if (CHAINED.test(name)) return new Native(name, () => this);
        return new Unknowable(`what ".${name}" of a function gives is known only to the kernel`, at);
    }
  }

  private plainCall(method: string, run: (call: ReturnType<typeof prepareCall>) => void): Native {
    return new Native(method, (args, at) => {
      const call = prepareCall(method, args, at);
      this.building.attempt(at, () => run(call), undefined);
      return NONE;
    });
  }

  /** Gives it a flow of its own, as a call of MLRun's at this place does. */
  setUp(at: Place): StepBuilder {
    const root = this.builder.setTopology(["flow"]);
    this.settled(root, at);
    this.building.origins.set(root, { created: at, reference: null, name: null });
    return root;
  }

  private setTopology(args: CallArgs, at: Place): Val {
    const call = prepareCall("set_topology", args, at);
    return this.building.attempt<Val>(
      at,
      () => {
        const root = this.builder.setTopology(call.positional, call.keyword);
        this.settled(root, at);
        call.note(this.building, root);
        this.building.origins.set(root, call.origin);
        return this.verbs.host(root);
      },
      this.graph ?? NONE,
    );
  }

  /** The function has this graph from here on. */
  private settled(root: StepBuilder, at: Place): void {
    this.graphAt = at;
    this.building.touch(root, at);
    this.building.touch(root, this.at);
    this.building.doubt(root);
    if (!this.unseen) return;
    const reason = "where this function is made is known only to the kernel";
    this.building.note(root, { what: "function", reason, at: this.at });
  }

  private addModel(args: CallArgs, at: Place): Val {
    const call = prepareCall("add_model", args, at);
    const hadGraph = this.builder.graph !== null;
    const made = this.building.attempt<Val>(
      at,
      () => {
        const route = this.builder.addModel(call.positional, call.keyword);
        this.building.created(route, call.origin);
        call.note(this.building, route);
        return this.verbs.host(route);
      },
      NONE,
    );
    // MLRun sets up the router before it looks at the model.
    const root = this.builder.graph;
    if (!hadGraph && root) this.settled(root, at);
    return made;
  }

  private addChild(args: CallArgs, at: Place): Val {
    const call = prepareCall("add_child_function", args, at);
    this.building.attempt(at, () => this.builder.addChildFunction(call.positional, call.keyword), undefined);
    const text = args.positional[0]?.value ?? args.keyword.get("name")?.value;
    const name = text instanceof Datum && typeof text.value === "string" ? text.value : null;
    return new FunctionHost(name, "serving", at, this.building, this.verbs);
  }

  /** `fn.spec.graph = value`. */
  setGraph(value: Val, at: Place): void {
    const reader = new ArgumentReader();
    this.building.attempt(
      at,
      () => {
        this.builder.setGraph(reader.read({ value, at }));
        const root = this.builder.graph;
        if (!root) return;
        this.settled(root, at);
        for (const m of reader.missing) {
          this.building.note(root, { what: `graph${m.path}`, reason: m.reason, at: m.at });
        }
        if (value instanceof StepHost) return;
        this.verbs.noteDict(root, value, at);
        this.building.origins.set(root, { created: at, reference: placeIn(value, "class_name"), name: null });
      },
      undefined,
    );
  }
}

/** `fn.spec`: the graph, and plain settings beside it. */
class SpecHost extends HostObject {
  readonly typeName = "ServingSpec";
  constructor(private readonly of: FunctionHost) {
    super();
  }

  override get(name: string, at: Place): Val {
    if (name === "graph") return this.of.graph ?? NONE;
    const known = this.of.builder.spec.get(name);
    if (known !== undefined) return fromData(known);
    if (name === "parameters" || name === "function_refs") return new SpecEntries(this.of, name);
    return new Unknowable(`what "spec.${name}" is is known only to the kernel`, at);
  }

  override set(name: string, value: Val, at: Place): void {
    if (name === "graph") this.of.setGraph(value, at);
    else this.of.builder.spec.set(name, new ArgumentReader().read({ value, at }) as PyValue);
  }
}

/** `fn.spec.parameters`: a dict that is written entry by entry. */
class SpecEntries extends HostObject {
  readonly typeName = "dict";
  constructor(
    private readonly of: FunctionHost,
    private readonly name: string,
  ) {
    super();
  }

  override get(name: string, at: Place): Val {
    if (name !== "update") return new Unknowable(`what ".${name}" gives is known only to the kernel`, at);
    return new Native(name, (args, place) => {
      const given = args.positional[0]?.value;
      for (const [key, value] of given instanceof Mapping ? given.pairs() : [])
        this.setIndex(key, value, place);
      return NONE;
    });
  }

  override setIndex(key: Val, value: Val, at: Place): void {
    const name = new ArgumentReader().read({ value: key, at }) as PyValue;
    const entries = new Map<PyValue, PyValue>();
    entries.set(name, new ArgumentReader().read({ value, at }) as PyValue);
    this.of.builder.spec.set(this.name, entries);
  }
}

/** A project: it makes functions and remembers them by name. */
export class ProjectHost extends HostObject {
  readonly typeName = "MlrunProject";
  /** The name that it was made with. */
  named: Datum | null = null;

  constructor(
    private readonly make: (
      name: string | null,
      kind: string | null,
      at: Place,
      source: string | null,
    ) => FunctionHost,
    private readonly functions: Map<string, FunctionHost>,
    private readonly building: Building,
  ) {
    super();
  }

  override get(name: string, at: Place): Val {
    if (name === "set_function") return new Native(name, (args, place) => this.setFunction(args, place));
    if (name === "set_model_monitoring_function" || name === "create_model_monitoring_function")
      return new Native(name, (args, place) => this.setMonitoring(args, place));
    if (name === "name")
      return this.named ?? new Unknowable("the project's name is known only to the kernel", at);
    if (name === "get_function") {
      return new Native(name, (args, place) => {
        const key = textOf(args, 0, "key");
        const known = key === null ? undefined : this.functions.get(key);
        return known ?? new Unknowable("what this function is is known only to the kernel", place);
      });
    }
    return new Unknowable(`what ".${name}" of a project gives is known only to the kernel`, at);
  }

  private setMonitoring(args: CallArgs, at: Place): Val {
    const func = monitoringArgument(args, "func")?.value;
    if (func instanceof FunctionHost) return func;
    const made = this.make(textOf(args, 0, "name"), "serving", at, textOf(args, 1, "func"));
    const application = monitoringArgument(args, "application_class");
    // Without a class the function is its file's own.
    if (application) buildMonitoringGraph(made, { args, at }, this.get("name", at), this.building);
    return made;
  }

  private setFunction(args: CallArgs, at: Place): Val {
    const given = args.positional[0]?.value ?? args.keyword.get("func")?.value;
    const name = textOf(args, 1, "name");
    if (given instanceof FunctionHost) {
      if (name !== null) this.functions.set(name, given);
      return given;
    }
    const file = textOf(args, 0, "func");
    const stem = file === null ? null : file.slice(file.lastIndexOf("/") + 1).replace(/\.\w+$|[:@].*$/g, "");
    const made = this.make(name ?? stem, textOf(args, 2, "kind"), at, file);
    if (made.name !== null) this.functions.set(made.name, made);
    return made;
  }
}

/** The text of an argument, by position or name; null when there is none or it is unknown. */
export function textOf(args: CallArgs, index: number, name: string): string | null {
  const value = (args.positional[index] ?? args.keyword.get(name))?.value;
  if (value instanceof Datum && typeof value.value === "string" && value.value !== "") return value.value;
  return value instanceof Unknowable ? value.text : null;
}
