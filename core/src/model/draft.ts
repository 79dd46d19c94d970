import { truthy } from "../value/compare";
import { hashKey } from "../value/dict";
import { PyRaise } from "../value/raise";
import { repr, str, typeName } from "../value/repr";
import { type PyMap, type PyValue, PyTuple, isMap } from "../value/value";
import type { StepKind } from "./graph";
import { type KindSchema, STRIPPED_FIELDS, isChildKind, schemaOf } from "./schema";

const BUILT_LATE = ["model_endpoint_creation_strategy", "endpoint_type", "track_models"];

/**
 * A step as MLRun holds it in memory: mutable, with attributes that are None as well as those that are written.
 * The builder works on drafts; everybody else on the immutable `Graph`. Names, defaults, errors are MLRun's.
 */
export class Draft {
  readonly attributes: Map<string, PyValue>;
  children = new Map<string, Draft>();
  parent: Draft | null = null;
  name: string | null = null;
  /** The step that `$prev` stands for, in a flow. */
  lastAdded: Draft | null = null;
  readonly schema: KindSchema;
  private asBuilt = false;

  constructor(readonly kind: StepKind) {
    this.schema = schemaOf(kind);
    this.attributes = this.schema.defaults();
    if (kind === "router") this.name = "router";
  }

  get(name: string): PyValue {
    return this.attributes.get(name) ?? null;
  }

  /** `setattr`: with the checks and conversions of MLRun's properties. */
  set(name: string, value: PyValue): void {
    if (name === this.schema.children) this.loadChildren(value);
    else if (name === "name") this.name = typeof value === "string" ? value : null;
    else if (name === "after" && this.kind !== "root") this.attributes.set(name, listOf(value));
    else if (name === "allow_cyclic" && this.kind === "root") this.setAllowCyclic(value);
    else if (name === "model_endpoints_names" || name === "model_endpoints_routes_names") {
      this.attributes.set(name, distinct(value));
    } else this.attributes.set(name, value);
  }

  private setAllowCyclic(value: PyValue): void {
    if (truthy(value) && this.get("engine") === "sync") {
      throw new PyRaise(
        "MLRunInvalidArgumentError",
        "Cyclic graphs are not supported with sync engine, please use async engine",
      );
    }
    this.attributes.set("allow_cyclic", value);
  }

  private loadChildren(value: PyValue): void {
    this.children = new Map();
    if (value === null) return;
    if (!isMap(value)) throw new PyRaise("ValueError", "children must be a dict");
    for (const [key, child] of value) {
      const name = isMap(child) && child.has("name") ? child.get("name") : key;
      this.children.set(str(key), loadChild(child, typeof name === "string" ? name : str(key), this.asBuilt));
    }
  }

  /** Puts a step under `key`, where an older one of that key stood, else at the end; it takes the key as its name. */
  put(key: string, child: Draft): Draft {
    child.name = key;
    this.children.set(key, child);
    return child;
  }

  /** The list attribute `name`, made when it is not a list yet; changes to it change the step. */
  list(name: string): PyValue[] {
    const value = this.get(name);
    if (Array.isArray(value)) return value;
    const made: PyValue[] = [];
    this.attributes.set(name, made);
    return made;
  }

  /** The dict attribute `name`; changes to it change the step. */
  map(name: string): PyMap {
    const value = this.get(name);
    if (isMap(value)) return value;
    const made: PyMap = new Map();
    this.attributes.set(name, made);
    return made;
  }

  /** `step.after_step(name)`. */
  addAfter(name: string): void {
    const after = this.list("after");
    if (!after.includes(name)) after.push(name);
  }

  /** `fullname`: parents and the name with `/` between, `:` as `_`. */
  get fullName(): string {
    const above = this.parent?.fullName ?? "";
    const own = this.name ?? "";
    return (above === "" ? own : `${above}/${own}`).replaceAll(":", "_");
  }

  get root(): Draft {
    return this.parent === null ? this : this.parent.root;
  }

  /** Python's class of this step. */
  get className(): string {
    return this.schema.classes[0];
  }

  /** Children's `parent`, as `init` sets it. */
  adopt(): this {
    for (const child of this.children.values()) {
      child.parent = this;
      child.adopt();
    }
    return this;
  }

  /** What MLRun writes: no None, `{}` or `[]`; with `strip` also without what only the client needs. */
  toMap(strip = false): PyMap {
    const to: PyMap = new Map();
    for (const field of this.schema.fields) {
      if (strip && STRIPPED_FIELDS.has(field)) continue;
      const value = this.written(field, strip);
      if (!isEmpty(value)) to.set(field, value);
    }
    return to;
  }

  private written(field: string, strip: boolean): PyValue {
    if (field === "name") return this.name;
    if (field !== this.schema.children) return this.get(field);
    return new Map<PyValue, PyValue>([...this.children].map(([key, child]) => [key, child.toMap(strip)]));
  }

  /**
   * From a dictionary. `asBuilt`: strategy, endpoint type and tracking that it lacks stay None, as in a graph that was
   * built by calls; else they get the values that a loaded object has.
   */
  static load(kind: StepKind, struct: PyMap, asBuilt = false): Draft {
    const draft = new Draft(kind);
    if (asBuilt) {
      draft.asBuilt = true;
      for (const field of BUILT_LATE) draft.attributes.set(field, null);
    }
    for (const field of draft.schema.fields) {
      if (struct.has(field)) draft.set(field, struct.get(field) ?? null);
    }
    return draft;
  }
}

/** A root step from a function's `spec.graph`; null where MLRun takes it for "no graph". */
export function loadRoot(value: PyValue, asBuilt = false): Draft | null {
  if (!truthy(value)) return null;
  if (!isMap(value)) {
    throw new PyRaise("MLRunInvalidArgumentError", "graph must be a dict or a valid object");
  }
  const kind = value.get("kind") ?? null;
  if (kind === "router") return Draft.load("router", value, asBuilt);
  if (!truthy(kind) || kind === "root") return Draft.load("root", value, asBuilt);
  throw new PyRaise("GraphError", `illegal root step ${str(kind)}`);
}

/** A child from its dictionary, with its name set. */
export function loadChild(child: PyValue, name: string, asBuilt = false): Draft {
  if (!isMap(child)) {
    throw new PyRaise("ValueError", `illegal child (should be dict or child kind), ${str(child)}`);
  }
  const kind = child.has("kind") ? child.get("kind") : "task";
  if (!isChildKind(kind)) throw new PyRaise("ValueError", `illegal object kind ${str(kind ?? null)}`);
  const draft = Draft.load(kind, child, asBuilt);
  draft.name = name;
  return draft;
}

function listOf(value: PyValue): PyValue[] {
  if (value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** `list(set(value))`; Python's order is random, the order of first appearance stands for all of them. */
function distinct(value: PyValue): PyValue[] {
  const items = iterate(value);
  const seen = new Set<string>();
  return items.filter((item) => {
    if (Array.isArray(item) || isMap(item)) {
      throw new PyRaise("TypeError", `unhashable type: '${typeName(item)}'`);
    }
    const id = hashKey(item);
    const first = !seen.has(id);
    seen.add(id);
    return first;
  });
}

function iterate(value: PyValue): readonly PyValue[] {
  if (Array.isArray(value)) return value;
  if (value instanceof PyTuple) return value.items;
  if (isMap(value)) return [...value.keys()];
  if (typeof value === "string") return [...value];
  throw new PyRaise("TypeError", `'${typeName(value)}' object is not iterable`);
}

function isEmpty(value: PyValue): boolean {
  if (value === null) return true;
  return Array.isArray(value) ? value.length === 0 : isMap(value) && value.size === 0;
}

/** The key of a dict in Python's `KeyError` text. */
export function keyError(name: PyValue): PyRaise {
  return new PyRaise("KeyError", repr(name));
}
