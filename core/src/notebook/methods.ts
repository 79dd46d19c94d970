import { isInt } from "../value/value";
import { formatMethod } from "./format";
import type { Machine } from "./machine";
import { distinct } from "./operators";
import {
  type CallArgs,
  Datum,
  Mapping,
  NONE,
  Native,
  type Place,
  Sequence,
  Unknowable,
  type Val,
  fromData,
  isText,
  keyOf,
  toData,
} from "./values";

/** A method's work: its value, or undefined when it is unknown. */
type Method<T> = (self: T, args: CallArgs, machine: Machine, at: Place) => Val | undefined;

function arg(args: CallArgs, i: number, name = ""): Val | undefined {
  return args.positional[i]?.value ?? args.keyword.get(name)?.value;
}

function textArg(args: CallArgs, i: number): string | undefined {
  const v = arg(args, i);
  return isText(v) ? v.value : undefined;
}

function plainText(make: (text: string) => string): Method<string> {
  return (self, args) => (args.positional.length === 0 ? new Datum(make(self)) : undefined);
}

/** Cuts the given characters, or white space, off the ends. */
function strip(ends: "both" | "left" | "right"): Method<string> {
  return (self, args) => {
    const given = arg(args, 0);
    const chars = given === undefined ? null : isText(given) ? given.value : undefined;
    if (chars === undefined) return undefined;
    const cut = (c: string) => (chars === null ? /\s/.test(c) : chars.includes(c));
    const letters = [...self];
    let from = 0;
    let to = letters.length;
    if (ends !== "right") while (from < to && cut(letters[from] ?? "")) from++;
    if (ends !== "left") while (to > from && cut(letters[to - 1] ?? "")) to--;
    return new Datum(letters.slice(from, to).join(""));
  };
}

function affix(test: "startsWith" | "endsWith"): Method<string> {
  return (self, args) => {
    const wanted = arg(args, 0);
    if (wanted instanceof Sequence) {
      if (!wanted.items.every(isText)) return undefined;
      return new Datum(wanted.items.some((w) => isText(w) && self[test](w.value)));
    }
    return isText(wanted) ? new Datum(self[test](wanted.value)) : undefined;
  };
}

const textMethods: Readonly<Record<string, Method<string> | undefined>> = {
  lower: plainText((s) => s.toLowerCase()),
  upper: plainText((s) => s.toUpperCase()),
  capitalize: plainText((s) => s.slice(0, 1).toUpperCase() + s.slice(1).toLowerCase()),
  title: plainText((s) =>
    s.toLowerCase().replace(/(^|[^a-z])([a-z])/g, (_, a: string, b: string) => a + b.toUpperCase()),
  ),
  strip: strip("both"),
  lstrip: strip("left"),
  rstrip: strip("right"),
  startswith: affix("startsWith"),
  endswith: affix("endsWith"),
  isdigit: (self) => new Datum(/^\d+$/.test(self)),
  replace: (self, args) => {
    const [from, to] = [textArg(args, 0), textArg(args, 1)];
    return from === undefined || to === undefined ? undefined : new Datum(self.split(from).join(to));
  },
  removeprefix: (self, args) => {
    const t = textArg(args, 0);
    return t === undefined ? undefined : new Datum(self.startsWith(t) ? self.slice(t.length) : self);
  },
  removesuffix: (self, args) => {
    const t = textArg(args, 0);
    if (t === undefined) return undefined;
    return new Datum(t !== "" && self.endsWith(t) ? self.slice(0, -t.length) : self);
  },
  split: (self, args) => {
    if (arg(args, 1, "maxsplit") !== undefined) return undefined;
    const mark = arg(args, 0, "sep");
    if (mark === undefined) return fromData(self.split(/\s+/).filter((w) => w !== ""));
    return isText(mark) && mark.value !== "" ? fromData(self.split(mark.value)) : undefined;
  },
  splitlines: (self) => fromData(self.replace(/\n$/, "").split(/\r?\n/)),
  join: (self, args, machine) => {
    const given = arg(args, 0);
    const items = given === undefined ? null : machine.items(given);
    return items?.every(isText)
      ? new Datum(items.map((i) => (isText(i) ? i.value : "")).join(self))
      : undefined;
  },
  format: (self, args) => {
    const values = args.positional.map((a) => a.value);
    const text = formatMethod(self, values, (name) => args.keyword.get(name)?.value);
    return text === null ? undefined : new Datum(text);
  },
  zfill: (self, args) => {
    const n = arg(args, 0);
    return n instanceof Datum && isInt(n.value)
      ? new Datum(self.padStart(Math.min(Number(n.value), 1000), "0"))
      : undefined;
  },
  count: (self, args) => {
    const t = textArg(args, 0);
    return t ? new Datum(self.split(t).length - 1) : undefined;
  },
  find: (self, args) => {
    const t = textArg(args, 0);
    return t === undefined ? undefined : new Datum(self.indexOf(t));
  },
};

const listMethods: Readonly<Record<string, Method<Sequence> | undefined>> = {
  append: (self, args) => {
    const v = arg(args, 0);
    if (v) self.items.push(v);
    return NONE;
  },
  extend: (self, args, machine, at) => {
    const v = arg(args, 0);
    const items = v === undefined ? [] : machine.items(v);
    if (items) self.items.push(...items);
    else self.items.push(new Unknowable("how many items there are is known only to the kernel", at));
    return NONE;
  },
  insert: (self, args) => {
    const [n, v] = [arg(args, 0), arg(args, 1)];
    if (n instanceof Datum && isInt(n.value) && v) self.items.splice(Number(n.value), 0, v);
    return NONE;
  },
  pop: (self, args) => {
    const n = arg(args, 0);
    const i = n instanceof Datum && isInt(n.value) ? Number(n.value) : -1;
    return self.items.splice(i, 1)[0];
  },
  add: (self, args) => {
    const v = arg(args, 0);
    const made = v ? distinct([...self.items, v]) : undefined;
    if (made) self.items.splice(0, self.items.length, ...made.items);
    return NONE;
  },
  clear: (self) => {
    self.items.length = 0;
    return NONE;
  },
  reverse: (self) => {
    self.items.reverse();
    return NONE;
  },
  copy: (self) => new Sequence(self.kind, [...self.items]),
  index: (self, args) => {
    const v = arg(args, 0);
    const key = v ? keyOf(v) : null;
    const i = key === null ? -1 : self.items.findIndex((item) => keyOf(item) === key);
    return i < 0 ? undefined : new Datum(i);
  },
  count: (self, args) => {
    const v = arg(args, 0);
    const key = v ? keyOf(v) : null;
    return key === null ? undefined : new Datum(self.items.filter((item) => keyOf(item) === key).length);
  },
  sort: (self, args, machine) => {
    const sorted = sortedItems(self.items, args, machine);
    if (sorted) self.items.splice(0, self.items.length, ...sorted);
    return NONE;
  },
};

/** `sorted(items)`; null when the order is unknown (a `key` function, mixed or unknown items). */
export function sortedItems(items: readonly Val[], args: CallArgs, machine: Machine): Val[] | null {
  if (args.keyword.has("key")) return null;
  const reverse = args.keyword.get("reverse");
  const down = reverse ? machine.truth(reverse.value) : false;
  if (down === null) return null;
  const data = items.map((item) => toData(item));
  const kinds = new Set(data.map((d) => (typeof d === "bigint" ? "number" : typeof d)));
  if (kinds.size > 1 || (data.length > 0 && !kinds.has("string") && !kinds.has("number"))) return null;
  const sorted = [...items].sort((a, b) => {
    const x = toData(a) as string | number;
    const y = toData(b) as string | number;
    return x < y ? -1 : x > y ? 1 : 0;
  });
  return down ? sorted.reverse() : sorted;
}

const dictMethods: Readonly<Record<string, Method<Mapping> | undefined>> = {
  get: (self, args) => {
    const key = arg(args, 0);
    const found = key ? self.get(key) : undefined;
    if (found) return found;
    return self.open || !key || keyOf(key) === null ? undefined : (arg(args, 1) ?? NONE);
  },
  items: (self) =>
    self.open
      ? undefined
      : new Sequence(
          "list",
          self.pairs().map(([k, v]) => new Sequence("tuple", [k, v])),
        ),
  keys: (self) =>
    self.open
      ? undefined
      : new Sequence(
          "list",
          self.pairs().map(([k]) => k),
        ),
  values: (self) =>
    self.open
      ? undefined
      : new Sequence(
          "list",
          self.pairs().map(([, v]) => v),
        ),
  update: (self, args, machine) => {
    fill(self, args, machine);
    return NONE;
  },
  setdefault: (self, args) => {
    const [key, value] = [arg(args, 0), arg(args, 1) ?? NONE];
    if (!key) return undefined;
    const found = self.get(key);
    if (found) return found;
    self.set(key, value);
    return value;
  },
  pop: (self, args) => {
    const key = arg(args, 0);
    return (key ? self.delete(key) : undefined) ?? arg(args, 1);
  },
  clear: (self) => {
    self.clear();
    return NONE;
  },
  copy: (self) => {
    const made = new Mapping();
    for (const [k, v] of self.pairs()) made.set(k, v);
    made.open = self.open;
    return made;
  },
};

/** Adds what `dict(...)` or `update(...)` is given. */
export function fill(into: Mapping, args: CallArgs, machine: Machine): void {
  for (const { value } of args.positional) {
    if (value instanceof Mapping) {
      for (const [k, v] of value.pairs()) into.set(k, v);
      into.open ||= value.open;
      continue;
    }
    const pairs = machine.items(value);
    if (!pairs) into.open = true;
    for (const pair of pairs ?? []) {
      const [key, item] = machine.items(pair) ?? [];
      if (!key || !item || !into.set(key, item)) into.open = true;
    }
  }
  for (const [name, { value }] of args.keyword) into.set(new Datum(name), value);
  if (args.open) into.open = true;
}

/** The method `name` of plain data, bound to it; undefined when there is none here. */
export function methodOf(self: Val, name: string, machine: Machine): Native | undefined {
  const bind = <T>(method: Method<T> | undefined, on: T): Native | undefined =>
    method &&
    new Native(name, (args, at) => {
      const made = args.open && name !== "format" ? undefined : method(on, args, machine, at);
      return made ?? new Unknowable(`what this call of ${name}() gives is known only to the kernel`, at);
    });
  const own = (table: object) => Object.hasOwn(table, name);
  if (isText(self)) return own(textMethods) ? bind(textMethods[name], self.value) : undefined;
  if (self instanceof Sequence) return own(listMethods) ? bind(listMethods[name], self) : undefined;
  if (self instanceof Mapping) return own(dictMethods) ? bind(dictMethods[name], self) : undefined;
  return undefined;
}
