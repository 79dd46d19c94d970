import { PyDict, type PyValue, dumpJson, dumpYaml, isMap } from "@graphcell/core";
import type { Random } from "../random";

/** A text as no program writes it, made from good ones. */
export function hostileText(random: Random, values: readonly PyValue[]): string {
  if (random.chance(0.05)) return randomBytes(random);
  let value = random.pick(values);
  const changes = random.below(4);
  for (let i = 0; i < changes; i++) value = mutated(random, value, values);
  let text = random.chance(0.7) ? dumpJson(value) : dumpYaml(value);
  const cuts = changes === 0 ? 1 + random.below(4) : random.chance(0.2) ? 1 : 0;
  for (let i = 0; i < cuts; i++) text = cutText(random, text);
  return text;
}

function randomBytes(random: Random): string {
  const bytes = Uint8Array.from({ length: random.below(400) }, () => random.below(256));
  return new TextDecoder().decode(bytes);
}

const PIECES = [
  "{",
  "}",
  "[",
  "]",
  '"',
  "'",
  ":",
  ",",
  "\n",
  "\t",
  "- ",
  "&a ",
  "*a",
  "!!python/object ",
  "\u0000",
  "\ud800",
  "\u2028",
  "1e999",
  "-",
  "NaN",
  "null",
  "---\n",
  "? ",
  "| ",
  "<<: ",
];

function cutText(random: Random, text: string): string {
  const at = random.below(text.length + 1);
  const end = Math.min(text.length, at + random.below(60));
  switch (random.below(5)) {
    case 0:
      return text.slice(0, at);
    case 1:
      return text.slice(0, at) + text.slice(end);
    case 2:
      return text.slice(0, end) + text.slice(at);
    case 3:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at);
    default:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(end);
  }
}

/** A value with one place of it changed. */
function mutated(random: Random, value: PyValue, values: readonly PyValue[]): PyValue {
  const map = isMap(value) ? [...value] : null;
  const list = Array.isArray(value) ? value : null;
  const size = map?.length ?? list?.length ?? 0;
  if (size === 0 || random.chance(0.12)) return odd(random, values);
  const at = random.below(size);
  if (list) {
    const items = [...list];
    if (random.chance(0.1)) items.splice(at, 1);
    else if (random.chance(0.1)) items.splice(at, 0, odd(random, values));
    else items[at] = mutated(random, items[at], values);
    return items;
  }
  const entries = map ?? [];
  const [key, inner] = entries[at];
  const changed: [PyValue, PyValue][] = [...entries];
  if (random.chance(0.1)) changed.splice(at, 1);
  else if (random.chance(0.1)) changed[at] = [oddKey(random, entries), inner];
  else if (random.chance(0.1)) changed.push([oddKey(random, entries), random.pick(entries)[1]]);
  else changed[at] = [key, mutated(random, inner, values)];
  return new PyDict(changed);
}

const NAMES = [
  "__proto__",
  "constructor",
  "toString",
  "",
  " ",
  "$end",
  "a/b",
  "steps",
  "\u202e",
  "x".repeat(3000),
];
const KEYS = [
  "kind",
  "class_name",
  "after",
  "steps",
  "routes",
  "handler",
  "engine",
  "class_args",
  "on_error",
];
const WORDS = [
  "flow",
  "router",
  "root",
  "queue",
  "storey.Map",
  "$queue",
  "*",
  "error_step",
  "(event",
  "async",
  "sync",
];

function oddKey(random: Random, entries: readonly (readonly [PyValue, PyValue])[]): PyValue {
  return random.weighted<() => PyValue>([
    [2, () => random.pick(NAMES)],
    [3, () => random.pick(KEYS)],
    [1, () => random.pick(entries)[0]],
  ])();
}

function odd(random: Random, values: readonly PyValue[]): PyValue {
  return random.weighted<() => PyValue>([
    [2, () => null],
    [2, () => random.pick([true, false, 0, 1, -1, 2 ** 31, 10n ** 30n])],
    [3, () => random.pick([...NAMES, ...KEYS, ...WORDS])],
    [1, () => []],
    [1, () => new PyDict()],
    [1, () => [random.pick(NAMES), null, []]],
    [1, () => nested(random, 1 + random.below(40))],
    [1, () => random.pick(values)],
  ])();
}

function nested(random: Random, depth: number): PyValue {
  let value: PyValue = random.pick(WORDS);
  for (let i = 0; i < depth; i++)
    value = random.chance(0.5) ? [value] : new PyDict([[random.pick(KEYS), value]]);
  return value;
}
