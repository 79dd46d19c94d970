import type { PyValue } from "../value/value";
import { libraryClass } from "./library-class";
import type { Instance } from "./values";
import { type CallArgs, Datum, Mapping, UserClass, UserFunction, type Val, fromData } from "./values";

/** Constructor parameters that `to_dict` never puts into `class_args`. */
const META = new Set(["context", "name", "input_path", "result_path", "full_event", "kwargs"]);

/** What `to_dict()` of a step object gives: the class, its name, and the arguments to make it again. */
export interface StepDict {
  readonly className: string;
  readonly name: Val;
  readonly kind: string | null;
  readonly classArgs: Mapping;
  /** `input_path`, `result_path`, `full_event`, as far as they are set. */
  readonly settings: ReadonlyMap<string, Val>;
}

/** The imported class of Storey or MLRun that gives an object its `to_dict`; null when there is none. */
export function stepBase(of: Instance["of"]): string | null {
  const paths = of instanceof UserClass ? of.importedBases() : [of.path];
  const known = paths.find((p) => libraryClass(p) !== undefined);
  if (known !== undefined) return known;
  return paths.find((p) => /^(storey|mlrun)\./.test(p) && !/^mlrun\.(run|projects|config)/.test(p)) ?? null;
}

/** Where a class object has a `to_dict` method, its qualified name; null when it has none. */
export function toDictMethod(of: Instance["of"]): string | null {
  const base = stepBase(of);
  if (base === null) return null;
  const known = libraryClass(base);
  if (known?.kind === "router") return "RouterToDict.to_dict";
  return base.startsWith("storey.") ? "Flow.to_dict" : "StepToDict.to_dict";
}

/** Classes whose `to_dict` is flat: the attributes themselves. */
const FLAT = new Set(["Model", "LLModel", "ModelSelector", "ModelRunnerSelector"]);
const FLAT_FIELDS = ["name", "artifact_uri", "shared_runnable_name", "shared_proxy_mapping"];

/** `to_dict()` of a model or selector of a model runner: its attributes; null for all other objects. */
export function flatDict(object: Instance): Mapping | null {
  const base = stepBase(object.of);
  if (base === null || !FLAT.has(base.slice(base.lastIndexOf(".") + 1))) return null;
  const made = new Mapping();
  const init = ownInit(object);
  const own = init ? init.params.slice(1).map((p) => p.name) : [...object.args.keyword.keys()];
  for (const field of new Set([...FLAT_FIELDS, ...own])) {
    const value = object.attributes.get(field) ?? (init ? undefined : object.args.keyword.get(field)?.value);
    const isNone = value === undefined || (value instanceof Datum && value.value === null);
    if (!isNone) made.set(new Datum(field), value);
  }
  return made;
}

/** Runs the constructor of an imported class: gives `object` the attributes that `to_dict` reads. */
export function initImported(object: Instance, path: string, args: CallArgs): void {
  const known = libraryClass(path);
  const attributes = object.attributes;
  if (FLAT.has(path.slice(path.lastIndexOf(".") + 1))) {
    const first = args.positional[0];
    if (first) attributes.set("name", first.value);
    for (const [name, { value }] of args.keyword) attributes.set(name, value);
    return;
  }
  const rest = new Mapping();
  const given = new Map<string, Val>();
  args.positional.forEach(({ value }, i) => {
    const name = known?.parameters[i];
    if (name !== undefined) given.set(name, value);
  });
  for (const [name, { value }] of args.keyword) given.set(name, value);
  for (const [name, value] of given) {
    if (name === "name") attributes.set("name", value);
    else if (META.has(name)) attributes.set(`_${name}`, value);
    else if (known?.kept.has(name)) attributes.set(name, value);
    else if (!known?.parameters.includes(name)) rest.set(new Datum(name), value);
  }
  for (const [name, value] of known?.kept ?? []) {
    const set = attributes.get(name);
    const isNone = set === undefined || (set instanceof Datum && set.value === null);
    if (isNone && value !== null) attributes.set(name, fromData(value));
  }
  if (known?.fullEvent && !attributes.has("_full_event")) attributes.set("_full_event", new Datum(true));
  if (args.open) rest.open = true;
  attributes.set("_kwargs", rest);
}

/** `object.to_dict()`; null when its class has no such method, or one of the notebook's own. */
export function stepDict(object: Instance): StepDict | null {
  const base = stepBase(object.of);
  if (base === null) return null;
  const known = libraryClass(base);
  const attributes = object.attributes;
  if (!attributes.has("_kwargs") && !ownInit(object)) initImported(object, base, object.args);
  const classArgs = new Mapping();
  for (const field of fieldsOf(object, known?.parameters ?? [])) {
    if (field === "kwargs") addKwargs(classArgs, attributes.get("kwargs") ?? attributes.get("_kwargs"));
    const value = attributes.get(field);
    const isNone = value === undefined || (value instanceof Datum && value.value === null);
    if (!isNone && !META.has(field)) classArgs.set(new Datum(field), value);
  }
  const settings = new Map<string, Val>();
  for (const name of ["input_path", "result_path", "full_event"]) {
    const value = attributes.get(`_${name}`);
    if (value && !(value instanceof Datum && value.value === null)) settings.set(name, value);
  }
  const own = attributes.get("name");
  const named = own && !(own instanceof Datum && (own.value === null || own.value === ""));
  const className = object.of instanceof UserClass ? object.of.name : (known?.path ?? object.of.path);
  const fallback = object.of instanceof UserClass ? object.of.name : (known?.name ?? object.of.name);
  const name = named ? own : new Datum(fallback);
  return { className, name, kind: known?.kind ?? null, classArgs, settings };
}

function ownInit(object: Instance): UserFunction | null {
  const init = object.of instanceof UserClass ? object.of.find("__init__") : undefined;
  return init instanceof UserFunction ? init : null;
}

function fieldsOf(object: Instance, imported: readonly string[]): readonly string[] {
  const init = ownInit(object);
  if (!init) return [...imported, "kwargs"];
  return init.params.slice(1).map((p) => p.name);
}

function addKwargs(to: Mapping, kwargs: Val | undefined): void {
  if (!(kwargs instanceof Mapping)) return;
  for (const [key, value] of kwargs.pairs()) {
    const name: PyValue = key instanceof Datum ? key.value : null;
    if (typeof name === "string" && !META.has(name)) to.set(key, value);
  }
  to.open ||= kwargs.open;
}
