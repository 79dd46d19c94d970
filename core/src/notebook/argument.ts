import { type BuilderArgument, StepBuilder } from "../model/builder";
import { classObject, functionObject, objectWithDict } from "../model/step-object";
import { type PyMap, type PyValue, PyObject, PySet, PyTuple } from "../value/value";
import { PyDict } from "../value/dict";
import { StepHost } from "./step-host";
import { type StepDict, flatDict, stepDict, toDictMethod } from "./step-dict";
import {
  type Arg,
  DEEPEST_DATA,
  Datum,
  HostObject,
  Instance,
  Mapping,
  Named,
  Native,
  type Place,
  Sequence,
  Unknowable,
  UserClass,
  UserFunction,
  type Val,
} from "./values";

/** What a call's argument holds that only a run can tell. */
export interface Missing {
  /** Path inside of the argument: `""` for the whole of it, `.x` for an entry. */
  readonly path: string;
  readonly reason: string;
  readonly at: Place | null;
}

/** Text of a place, short enough to be shown instead of its value. */
export function textAt(at: Place): string {
  const text = at.cell.text.slice(at.from, at.to).replace(/\s+/g, " ").trim();
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}

/** Stands in a graph for a value that only a run can tell; shows the text that is written for it. */
export function unknownValue(text: string): PyObject {
  return new PyObject("unknown", new Map<string, PyValue>([["repr", text]]));
}

/** Turns the interpreter's values into what the builder takes, and notes what is unknown in them. */
export class ArgumentReader {
  readonly missing: Missing[] = [];
  private depth = 0;

  /** An argument for the builder. */
  read(arg: Arg): BuilderArgument {
    return this.value(arg.value, arg.at, "");
  }

  private value(v: Val, at: Place, path: string): BuilderArgument {
    if (v instanceof Datum) return v.value;
    if (this.depth > DEEPEST_DATA)
      return this.unknown(new Unknowable("this is nested too deeply", null, "..."), at, path);
    this.depth++;
    try {
      return this.composite(v, at, path);
    } finally {
      this.depth--;
    }
  }

  private composite(v: Exclude<Val, Datum>, at: Place, path: string): BuilderArgument {
    if (v instanceof Sequence) return this.sequence(v, at, path);
    if (v instanceof Mapping) return this.mapping(v, at, path);
    if (v instanceof UserFunction) return functionObject(v.name);
    if (v instanceof UserClass) return classObject(v.name, toDictMethod(v));
    if (v instanceof StepHost) return v.builder;
    if (v instanceof Instance) return this.instance(v, at, path);
    if (v instanceof Native) return functionObject(v.name);
    if (v instanceof Named) return this.named(v, at, path);
    if (v instanceof HostObject) {
      return new PyObject("object", new Map<string, PyValue>([["class", v.typeName]]));
    }
    return this.unknown(v, at, path);
  }

  private unknown(v: Unknowable, at: Place, path: string): PyValue {
    this.missing.push({ path, reason: v.reason, at: v.at ?? at });
    return unknownValue(v.text ?? textAt(path === "" ? at : (v.at ?? at)));
  }

  private sequence(v: Sequence, at: Place, path: string): BuilderArgument {
    const items = v.items.map((item, i) => this.value(item, at, `${path}.${i}`));
    if (v.kind === "list") return items;
    // Steps stand in lists only: in a tuple or set they are plain objects.
    const plain = items.map((item) =>
      StepBuilder.isBuilder(item) ? objectWithDict("step", item.toDict()) : (item as PyValue),
    );
    return v.kind === "tuple" ? new PyTuple(plain) : new PySet(plain);
  }

  private mapping(v: Mapping, at: Place, path: string): BuilderArgument {
    const made = new PyDict();
    for (const [key, item] of v.pairs()) {
      const k = this.value(key, at, `${path}.key`) as PyValue;
      const name = typeof k === "string" ? k : String(k);
      made.set(k, this.value(item, at, `${path}.${name}`) as PyValue);
    }
    if (v.open) this.missing.push({ path, reason: "more entries are known only to the kernel", at });
    return made;
  }

  private instance(v: Instance, at: Place, path: string): BuilderArgument {
    const flat = flatDict(v);
    if (flat) return objectWithDict(v.className, this.mapping(flat, at, path) as PyMap);
    const struct = stepDict(v);
    if (struct) return objectWithDict(struct.className, this.structOf(struct, at, path));
    if (v.of instanceof UserClass) return this.userObject(v);
    this.missing.push({ path, reason: `what ${v.of.path}() gives is known only to the kernel`, at });
    return unknownValue(textAt(v.at));
  }

  private userObject(v: Instance): PyObject {
    return new PyObject("object", new Map<string, PyValue>([["class", v.className]]));
  }

  private structOf(struct: StepDict, at: Place, path: string): PyMap {
    const made: PyMap = new Map<PyValue, PyValue>([
      ["class_name", struct.className],
      ["name", this.value(struct.name, at, `${path}.name`) as PyValue],
      ["class_args", this.value(struct.classArgs, at, `${path}.class_args`) as PyValue],
    ]);
    if (struct.kind !== null) made.set("kind", struct.kind);
    for (const [name, value] of struct.settings) {
      made.set(name, this.value(value, at, `${path}.${name}`) as PyValue);
    }
    return made;
  }

  /** Something imported: a class, a function, or a value of another module. */
  private named(v: Named, at: Place, path: string): PyValue {
    if (v.path === "builtins.Ellipsis") {
      return this.unknown(new Unknowable("this is filled in when the notebook runs", v.at), at, path);
    }
    if (/^[A-Z]\w*[a-z]/.test(v.name)) return classObject(v.name, toDictMethod(v));
    if (/^[a-z_]\w*$/.test(v.name) && v.path.includes(".")) return functionObject(v.name);
    return this.unknown(new Unknowable(`the value of ${v.path} is known only to the kernel`, v.at), at, path);
  }
}
