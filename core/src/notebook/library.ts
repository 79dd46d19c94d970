import { StepBuilder } from "../model/builder";
import { JsonError, parseJson } from "../value/json";
import { Building, type Context } from "./building";
import { FeatureSetHost } from "./feature-set";
import { FunctionHost, ProjectHost, textOf } from "./function-host";
import type { Library } from "./interpreter";
import { libraryClass } from "./library-class";
import type { Machine } from "./machine";
import { prepareCall } from "./step-call";
import { initImported, stepBase, stepDict } from "./step-dict";
import type { StepHost } from "./step-host";
import { StepVerbs } from "./step-verbs";
import { StoreyFlows } from "./storey-flow";
import type { Instance } from "./values";
import {
  type CallArgs,
  Datum,
  Mapping,
  NONE,
  Native,
  type Place,
  Unknowable,
  UserClass,
  type Val,
  fromData,
  isText,
} from "./values";

/** Step classes whose objects MLRun puts into a graph as they are. */
const STEP_CLASSES = new Set([
  "TaskStep",
  "ErrorStep",
  "RouterStep",
  "QueueStep",
  "FlowStep",
  "RootFlowStep",
  "MonitoringApplicationStep",
  "HubTaskStep",
  "ModelRunnerStep",
]);

const CREATION: Readonly<Record<string, string>> = {
  INPLACE: "inplace",
  ARCHIVE: "archive",
  OVERWRITE: "overwrite",
  SKIP: "skip",
};

const PROJECTS = new Set([
  "get_or_create_project",
  "new_project",
  "load_project",
  "get_current_project",
  "projects.MlrunProject",
]);

/** What the interpreter knows of MLRun and Storey; holds all functions, feature sets and flows of the notebook. */
export class ServingLibrary implements Library {
  readonly building: Building;
  readonly functions: FunctionHost[] = [];
  readonly featureSets: FeatureSetHost[] = [];
  readonly flows: StoreyFlows;
  /** Flows and routers that are made as objects, not by `set_topology`. */
  readonly roots: { readonly host: StepHost; readonly at: Place }[] = [];
  private readonly verbs: StepVerbs;
  private readonly byName = new Map<string, FunctionHost>();
  private readonly project: ProjectHost;

  constructor(machine: () => Context) {
    this.building = new Building(machine);
    this.verbs = new StepVerbs(this.building);
    this.flows = new StoreyFlows(this.building);
    this.project = new ProjectHost(
      (name, kind, at, source) => this.newFunction(name, kind, at, source),
      this.byName,
      this.building,
    );
  }

  statement(): void {
    this.building.statement();
  }

  abandoned(at: Place, reason: string): void {
    this.building.abandoned(at, reason);
  }

  private newFunction(
    name: string | null,
    kind: string | null,
    at: Place,
    source: string | null = null,
  ): FunctionHost {
    const made = new FunctionHost(name, kind, at, this.building, this.verbs);
    if (source !== null && !source.endsWith(".ipynb")) made.source = source;
    this.functions.push(made);
    if (name !== null) this.byName.set(name, made);
    return made;
  }

  defines(module: string, name: string): boolean {
    const root = module.split(".")[0] ?? module;
    if (root !== "mlrun" && root !== "storey") return false;
    if (libraryClass(`${root}.${name}`) !== undefined || (root === "mlrun" && STEP_CLASSES.has(name)))
      return true;
    return (
      module === "mlrun" &&
      /^(new_function|code_to_function|import_function|get_or_create_project)$/.test(name)
    );
  }

  unseenFunction(at: Place): Val {
    const made = this.newFunction(null, "serving", at);
    made.unseen = true;
    return made;
  }

  attribute(path: string): Val | undefined {
    const enumeration = /\.ModelEndpointCreationStrategy\.(\w+)$/.exec(path);
    const value = enumeration?.[1] === undefined ? undefined : CREATION[enumeration[1]];
    if (value !== undefined) return new Datum(value);
    if (path === "os.sep") return new Datum("/");
    return path === "typing.TYPE_CHECKING" ? new Datum(false) : undefined;
  }

  call(path: string, args: CallArgs, at: Place, machine: Machine): Val | undefined {
    const root = path.slice(0, path.indexOf("."));
    const last = path.slice(path.lastIndexOf(".") + 1);
    if (root === "mlrun") return this.mlrunCall(path.slice(root.length + 1), last, args, at);
    if (root === "storey") return this.storeyCall(last, args, at, machine);
    if (path === "builtins.exec" || path === "builtins.eval") {
      return new Unknowable("what this text does is known only to the kernel", at);
    }
    if (path === "os.path.join") return joined(args);
    if (path === "json.loads") return fromJson(args);
    if (path === "copy.deepcopy" || path === "copy.copy") return copied(args);
    return /^[a-z]/.test(last) ? this.foreign(path, args, at) : undefined;
  }

  private mlrunCall(rest: string, last: string, args: CallArgs, at: Place): Val | undefined {
    if (rest === "new_function" || rest === "run.new_function") {
      return this.newFunction(textOf(args, 0, "name"), textOf(args, 3, "kind"), at);
    }
    if (rest === "code_to_function" || rest === "run.code_to_function") {
      const file = textOf(args, 3, "filename");
      const stem = file === null ? null : file.slice(file.lastIndexOf("/") + 1).replace(/\.\w+$/, "");
      return this.newFunction(textOf(args, 0, "name") ?? stem, textOf(args, 5, "kind"), at, file);
    }
    if (rest === "import_function" || rest === "run.import_function") {
      const url = textOf(args, 0, "url");
      const stem = url?.replace(/^.*\//, "").replace(/[:@].*$|\.\w+$/g, "") ?? null;
      return this.newFunction(textOf(args, 4, "new_name") ?? stem, null, at, url);
    }
    if (PROJECTS.has(rest) || PROJECTS.has(last)) {
      const given = (args.positional[last === "load_project" ? 2 : 0] ?? args.keyword.get("name"))?.value;
      const alone = args.keyword.get("user_project") === undefined;
      this.project.named = alone && given && isText(given) ? given : null;
      return this.project;
    }
    if (last === "FeatureSet") {
      const made = new FeatureSetHost(args, at, this.building, this.verbs);
      this.featureSets.push(made);
      return made;
    }
    if (STEP_CLASSES.has(last)) return this.construct(last, args, at);
    if (last === "from_dict") return this.fromDict(rest, args, at);
    return /^[a-z]/.test(last) ? this.foreign(`mlrun.${rest}`, args, at) : undefined;
  }

  private storeyCall(last: string, args: CallArgs, at: Place, machine: Machine): Val | undefined {
    if (last === "build_flow") {
      const list = args.positional[0]?.value;
      const steps = list ? machine.items(list) : null;
      return steps ? this.flows.build(steps, at) : undefined;
    }
    return undefined;
  }

  /** A function that is defined elsewhere: what it gives, and what it does to a graph that it is given, is unknown. */
  private foreign(path: string, args: CallArgs, at: Place): Val {
    const given = [...args.positional, ...args.keyword.values()].map((a) => a.value);
    for (const value of given) {
      const host = value instanceof FunctionHost ? value.graph : value;
      if (host === null || !("builder" in host) || !StepBuilder.isBuilder(host.builder)) continue;
      const reason = `what ${path}() does to this graph is known only to the kernel`;
      this.building.note(host.builder, { what: "call", reason, at });
    }
    return new Unknowable(`what ${path}() gives is known only to the kernel`, at);
  }

  private construct(className: string, args: CallArgs, at: Place): Val {
    const call = prepareCall(className === "QueueStep" ? "construct_queue" : "construct", args, at);
    return this.building.attempt<Val>(
      at,
      () => {
        const step = StepBuilder.construct(className, call.positional, call.keyword);
        this.building.created(step, call.origin);
        call.note(this.building, step);
        return this.made(step, at);
      },
      NONE,
    );
  }

  private made(step: StepBuilder, at: Place): StepHost {
    const host = this.verbs.host(step);
    if (step.kind === "root" || step.kind === "router") this.roots.push({ host, at });
    return host;
  }

  /** `RootFlowStep.from_dict({...})` and the like. */
  private fromDict(rest: string, args: CallArgs, at: Place): Val | undefined {
    const className = rest.split(".").at(-2) ?? "";
    const dict = args.positional[0]?.value ?? args.keyword.get("struct")?.value;
    if (!STEP_CLASSES.has(className) || !(dict instanceof Mapping)) return undefined;
    const call = prepareCall(
      "from_dict",
      { positional: [{ value: dict, at }], keyword: new Map(), open: null },
      at,
    );
    return this.building.attempt<Val>(
      at,
      () => {
        const [struct] = call.positional;
        const root = StepBuilder.load(struct instanceof Map ? struct : null);
        if (!root) return NONE;
        this.building.created(root, call.origin);
        this.verbs.noteDict(root, dict, at);
        call.note(this.building, root);
        return this.made(root, at);
      },
      NONE,
    );
  }

  member(object: Instance, name: string): Val | undefined {
    const base = stepBase(object.of);
    if (name === "__init__" && object.of instanceof UserClass) {
      return new Native(name, (args) => {
        if (base) initImported(object, base, args);
        else for (const [key, { value }] of args.keyword) object.attributes.set(key, value);
        return NONE;
      });
    }
    if (name === "to" && StoreyFlows.isStep(object)) {
      return new Native(name, (args, at) => {
        const next = args.positional[0]?.value ?? args.keyword.get("outlet")?.value;
        return next ? this.flows.link(object, next, at) : NONE;
      });
    }
    if (name === "to_dict") {
      const struct = stepDict(object);
      if (!struct) return undefined;
      const made = new Mapping();
      made.set(new Datum("class_name"), new Datum(struct.className));
      made.set(new Datum("name"), struct.name);
      made.set(new Datum("class_args"), struct.classArgs);
      if (struct.kind !== null) made.set(new Datum("kind"), new Datum(struct.kind));
      for (const [key, value] of struct.settings) made.set(new Datum(key), value);
      return new Native(name, () => made);
    }
    return undefined;
  }
}

function joined(args: CallArgs): Val | undefined {
  const parts = args.positional.map((a) => (isText(a.value) ? a.value.value : null));
  if (parts.some((p) => p === null) || parts.length === 0) return undefined;
  const path = parts.reduce<string>((all, part) => {
    if (part === null || part.startsWith("/") || all === "") return part ?? all;
    return all.endsWith("/") ? all + part : `${all}/${part}`;
  }, "");
  return new Datum(path);
}

/** `json.loads(text)` of a text that is written in the notebook. */
function fromJson(args: CallArgs): Val | undefined {
  const text = args.positional[0]?.value;
  if (!isText(text)) return undefined;
  try {
    return fromData(parseJson(text.value), text.at);
  } catch (error) {
    if (error instanceof JsonError) return undefined;
    throw error;
  }
}

function copied(args: CallArgs): Val | undefined {
  const value = args.positional[0]?.value;
  if (!(value instanceof Mapping)) return value;
  const made = new Mapping();
  for (const [k, v] of value.pairs()) made.set(k, v);
  made.open = value.open;
  return made;
}
