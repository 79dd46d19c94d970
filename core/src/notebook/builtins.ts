import { repr } from "../value/repr";
import { type PyValue, asNumber, float, int, isFloat, isInt } from "../value/value";
import type { Machine } from "./machine";
import { fill, sortedItems } from "./methods";
import { binary, compare, distinct, textOf, unary } from "./operators";
import {
  type CallArgs,
  Datum,
  HostObject,
  Instance,
  Mapping,
  NONE,
  Named,
  Native,
  type Place,
  Sequence,
  Unknowable,
  UserClass,
  type Val,
  isText,
  toData,
  valTypeName,
} from "./values";

/** A builtin's work: its value, or undefined when it is unknown. */
type Builtin = (m: Machine, args: CallArgs, at: Place) => Val | undefined;

/** A loop over more than this is left to the kernel. */
export const LONGEST_RANGE = 20_000;

function nth(args: CallArgs, i: number): Val | undefined {
  return args.positional[i]?.value;
}

function data(v: Val | undefined): PyValue | undefined {
  return v === undefined ? undefined : toData(v);
}

function integer(v: Val | undefined): number | undefined {
  const value = data(v);
  return value !== undefined && isInt(value) ? Number(value) : undefined;
}

function itemsOf(m: Machine, v: Val | undefined): readonly Val[] | null {
  return v === undefined ? null : m.items(v);
}

const range: Builtin = (_, args, at) => {
  const bounds = args.positional.map((a) => integer(a.value));
  if (bounds.length === 0 || bounds.some((b) => b === undefined)) return undefined;
  const [first = 0, second, third] = bounds;
  const [from, to] = second === undefined ? [0, first] : [first, second];
  const step = third ?? 1;
  if (step === 0) return undefined;
  const count = Math.max(0, Math.ceil((to - from) / step));
  if (count > LONGEST_RANGE) return new Unknowable(`a loop of ${count} rounds is left to the kernel`, at);
  return new Sequence(
    "list",
    Array.from({ length: count }, (_, i) => new Datum(from + i * step, at)),
  );
};

const zip: Builtin = (m, args) => {
  const lists = args.positional.map((a) => m.items(a.value));
  if (lists.some((l) => l === null)) return undefined;
  if (lists.length === 0) return new Sequence("list", []);
  const length = Math.min(...lists.map((l) => l?.length ?? 0));
  const rows = Array.from(
    { length },
    (_, i) =>
      new Sequence(
        "tuple",
        lists.map((l) => l?.[i] ?? NONE),
      ),
  );
  return new Sequence("list", rows);
};

const mapped: Builtin = (m, args, at) => {
  const [fn, list] = [nth(args, 0), itemsOf(m, nth(args, 1))];
  if (!fn || !list || args.positional.length !== 2) return undefined;
  return new Sequence(
    "list",
    list.map((v) => m.call(fn, { positional: [{ value: v, at }], keyword: new Map(), open: null }, at)),
  );
};

const filtered: Builtin = (m, args, at) => {
  const [fn, list] = [nth(args, 0), itemsOf(m, nth(args, 1))];
  if (!fn || !list) return undefined;
  const kept: Val[] = [];
  for (const v of list) {
    const isNone = fn instanceof Datum && fn.value === null;
    const keep = m.truth(
      isNone ? v : m.call(fn, { positional: [{ value: v, at }], keyword: new Map(), open: null }, at),
    );
    if (keep === null) return undefined;
    if (keep) kept.push(v);
  }
  return new Sequence("list", kept);
};

function extreme(op: "<" | ">"): Builtin {
  return (m, args) => {
    const list =
      args.positional.length === 1 ? itemsOf(m, nth(args, 0)) : args.positional.map((a) => a.value);
    let best = list?.[0];
    if (!list || !best || args.keyword.size > 0) return undefined;
    for (const v of list.slice(1)) {
      const better = compare(op, v, best);
      if (better === null) return undefined;
      if (better) best = v;
    }
    return best;
  };
}

const isinstanceOf: Builtin = (_, args) => {
  const [v, cls] = [nth(args, 0), nth(args, 1)];
  if (!v || !cls || v instanceof Unknowable) return undefined;
  const classes = cls instanceof Sequence ? cls.items : [cls];
  if (v instanceof Instance && v.of instanceof UserClass) {
    return classes.some((c) => c === v.of) ? new Datum(true) : undefined;
  }
  const names = classes.map((c) => (c instanceof Native ? c.name : null));
  if (names.some((n) => n === null)) return undefined;
  const own = valTypeName(v);
  return new Datum(names.includes(own) || (own === "bool" && names.includes("int")));
};

const getattr: Builtin = (m, args, at) => {
  const [object, attribute] = [nth(args, 0), nth(args, 1)];
  return object && isText(attribute) ? m.attribute(object, attribute.value, at) : undefined;
};

const setattr: Builtin = (_, args, at) => {
  const [object, attribute, value] = [nth(args, 0), nth(args, 1), nth(args, 2)];
  if (!object || !isText(attribute) || !value) return undefined;
  if (object instanceof HostObject) object.set(attribute.value, value, at);
  else if ("attributes" in object) object.attributes.set(attribute.value, value);
  return NONE;
};

function toInt(args: CallArgs): Val | undefined {
  if (args.positional.length === 0) return new Datum(0);
  const v = data(nth(args, 0));
  if (v === undefined || args.positional.length > 1) return undefined;
  if (typeof v === "string") return /^\s*[-+]?\d+\s*$/.test(v) ? new Datum(int(BigInt(v.trim()))) : undefined;
  if (isInt(v)) return new Datum(v);
  const n = Math.trunc(asNumber(v));
  return Number.isFinite(n) ? new Datum(int(BigInt(n))) : undefined;
}

function toFloat(args: CallArgs): Val | undefined {
  const v = data(nth(args, 0));
  if (v === undefined) return undefined;
  const n = typeof v === "string" ? (/^\s*[-+]?(\d|\.\d)/.test(v) ? Number(v) : NaN) : asNumber(v);
  return Number.isNaN(n) ? undefined : new Datum(float(n));
}

function asList(kind: "list" | "tuple" | "set"): Builtin {
  return (m, args) => {
    if (args.positional.length === 0) return new Sequence(kind, []);
    const list = itemsOf(m, nth(args, 0));
    if (!list) return undefined;
    return kind === "set" ? distinct(list) : new Sequence(kind, [...list]);
  };
}

const sum: Builtin = (m, args) => {
  const list = itemsOf(m, nth(args, 0));
  let total: Val | undefined = nth(args, 1) ?? new Datum(0);
  for (const v of list ?? []) total = total && binary("+", total, v);
  return list ? total : undefined;
};

function quantifier(all: boolean): Builtin {
  return (m, args) => {
    const list = itemsOf(m, nth(args, 0));
    if (!list) return undefined;
    for (const v of list) {
      const known = m.truth(v);
      if (known === null) return undefined;
      if (known !== all) return new Datum(!all);
    }
    return new Datum(all);
  };
}

const BUILTINS: Readonly<Record<string, Builtin>> = {
  range,
  zip,
  map: mapped,
  filter: filtered,
  min: extreme("<"),
  max: extreme(">"),
  sum,
  all: quantifier(true),
  any: quantifier(false),
  isinstance: isinstanceOf,
  getattr,
  setattr,
  int: (_, args) => toInt(args),
  float: (_, args) => toFloat(args),
  list: asList("list"),
  tuple: asList("tuple"),
  set: asList("set"),
  frozenset: asList("set"),
  str: (_, args) => {
    const v = nth(args, 0);
    const text = v ? textOf(v) : "";
    return text === null ? undefined : new Datum(text);
  },
  repr: (_, args) => {
    const v = data(nth(args, 0));
    return v === undefined ? undefined : new Datum(repr(v));
  },
  bool: (m, args) => {
    const v = nth(args, 0);
    const known = v ? m.truth(v) : false;
    return known === null ? undefined : new Datum(known);
  },
  dict: (m, args) => {
    const made = new Mapping();
    fill(made, args, m);
    return made;
  },
  len: (m, args) => {
    const v = nth(args, 0);
    if (isText(v)) return new Datum([...v.value].length);
    if (v instanceof Mapping) return v.open ? undefined : new Datum(v.size);
    const list = itemsOf(m, v);
    return list ? new Datum(list.length) : undefined;
  },
  abs: (_, args) => {
    const v = nth(args, 0);
    const n = data(v);
    if (!v || n === undefined) return undefined;
    return asNumber(n) < 0 ? unary("-", v) : unary("+", v);
  },
  round: (_, args) => {
    const v = data(nth(args, 0));
    if (v === undefined || !(isInt(v) || isFloat(v))) return undefined;
    const digits = integer(nth(args, 1));
    if (digits !== undefined)
      return digits < 0 || digits > 15 ? undefined : new Datum(float(Number(asNumber(v).toFixed(digits))));
    const n = asNumber(v);
    const near = Math.round(n);
    return new Datum(int(Math.abs(n - Math.trunc(n)) === 0.5 && near % 2 !== 0 ? near - 1 : near));
  },
  enumerate: (m, args) => {
    const list = itemsOf(m, nth(args, 0));
    const start = nth(args, 1) ?? args.keyword.get("start")?.value;
    const first = start === undefined ? 0 : integer(start);
    if (!list || first === undefined) return undefined;
    return new Sequence(
      "list",
      list.map((v, i) => new Sequence("tuple", [new Datum(first + i), v])),
    );
  },
  reversed: (m, args) => {
    const list = itemsOf(m, nth(args, 0));
    return list ? new Sequence("list", [...list].reverse()) : undefined;
  },
  sorted: (m, args) => {
    const list = itemsOf(m, nth(args, 0));
    const made = list ? sortedItems(list, args, m) : null;
    return made ? new Sequence("list", made) : undefined;
  },
  print: () => NONE,
  display: () => NONE,
  iter: (_, args) => nth(args, 0),
  chr: (_, args) => {
    const n = integer(nth(args, 0));
    return n === undefined || n < 0 || n > 0x10ffff ? undefined : new Datum(String.fromCodePoint(n));
  },
  ord: (_, args) => {
    const v = nth(args, 0);
    return isText(v) && v.value !== "" ? new Datum(v.value.codePointAt(0) ?? 0) : undefined;
  },
};

/** Python's builtins as the interpreter knows them. What is not here is imported from `builtins`. */
export function builtin(name: string, machine: Machine): Val | undefined {
  if (!Object.hasOwn(BUILTINS, name))
    return OTHER_BUILTINS.has(name) ? new Named(`builtins.${name}`) : undefined;
  const work = BUILTINS[name] as Builtin;
  return new Native(name, (args, at) => {
    const made = args.open && name !== "dict" ? undefined : work(machine, args, at);
    return made ?? new Unknowable(`what this call of ${name}() gives is known only to the kernel`, at);
  });
}

const OTHER_BUILTINS = new Set(
  (
    "object type super open input id hash next callable hasattr vars dir globals locals exec eval compile slice bytes " +
    "bytearray complex property staticmethod classmethod delattr divmod pow format memoryview issubclass hex bin oct " +
    "Exception BaseException ValueError TypeError KeyError IndexError AttributeError RuntimeError ImportError " +
    "NotImplementedError StopIteration OSError FileNotFoundError ZeroDivisionError ModuleNotFoundError " +
    "AssertionError ArithmeticError LookupError NameError TimeoutError Warning DeprecationWarning UserWarning " +
    "FutureWarning KeyboardInterrupt SystemExit ConnectionError PermissionError get_ipython Ellipsis"
  ).split(" "),
);
