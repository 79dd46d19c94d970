import { number, text } from "./payload";
import type { Random } from "./random";

type Make = (random: Random, depth: number) => string;

/** A random Python expression of `event`, in brackets, as handlers take it. */
export function expression(random: Random): string {
  return `(${value(random, 1 + random.below(3))})`;
}

/** A random test of `event`. */
export function test(random: Random): string {
  return `(${truth(random, 1 + random.below(2))})`;
}

const value: Make = (random, depth) => {
  if (depth <= 0) return atom(random);
  return random.weighted<Make>([
    [3, atom],
    [3, arithmetic],
    [2, truth],
    [1, choice],
    [2, call],
    [1.5, method],
    [1.5, literal],
    [1, comprehension],
    [1, formatted],
    [1, slice],
  ])(random, depth);
};

function atom(random: Random): string {
  return random.weighted([
    [4, "event"],
    [4, random.pick(['event["x"]', 'event["y"]', 'event.get("x")', 'event.get("y", 0)'])],
    [
      2,
      random.pick(['event["s"]', 'event["l"]', 'event["d"]', 'event["l"][0]', 'event["l"][-1]', "event[0]"]),
    ],
    [2, number(random)],
    [1, text(random)],
    [0.5, random.pick(["None", "True", "False", "[]", "{}", "()"])],
  ]);
}

const arithmetic: Make = (random, depth) => {
  const sign = random.pick(["+", "-", "*", "/", "//", "%", "+", "-", "*"]);
  if (random.chance(0.1)) return `${inner(random, depth)} ** ${random.pick(["2", "0", "3", "-1", "0.5"])}`;
  if (random.chance(0.1)) return `-${inner(random, depth)}`;
  if (random.chance(0.06))
    return `${inner(random, depth)} ${random.pick(["&", "|", "^"])} ${inner(random, depth)}`;
  return `${inner(random, depth)} ${sign} ${inner(random, depth)}`;
};

function inner(random: Random, depth: number): string {
  const text = value(random, depth - 1);
  return /^[\w."'[\]()]+$/.test(text) && !text.startsWith("-") ? text : `(${text})`;
}

const truth: Make = (random, depth) =>
  random.weighted<Make>([
    [4, (r, d) => `${inner(r, d)} ${r.pick(["<", "<=", ">", ">=", "==", "!="])} ${inner(r, d)}`],
    [1, (r, d) => `${inner(r, d)} ${r.pick(["in", "not in"])} ${inner(r, d)}`],
    [1, (r, d) => `${inner(r, d)} ${r.pick(["and", "or"])} ${inner(r, d)}`],
    [1, (r, d) => `not ${inner(r, d)}`],
    [0.5, (r, d) => `${inner(r, d)} ${r.pick(["is", "is not"])} None`],
    [
      0.5,
      (r, d) => `${r.below(5)} ${r.pick(["<", "<="])} ${inner(r, d)} ${r.pick(["<", "=="])} ${r.below(9)}`,
    ],
    [0.5, (r, d) => `isinstance(${inner(r, d)}, ${r.pick(["int", "str", "dict", "(int, float)", "bool"])})`],
  ])(random, depth);

const choice: Make = (random, depth) =>
  `${inner(random, depth)} if ${truth(random, depth - 1)} else ${inner(random, depth)}`;

const call: Make = (random, depth) => {
  const name = random.pick([
    "len",
    "str",
    "int",
    "float",
    "bool",
    "abs",
    "sum",
    "sorted",
    "round",
    "list",
    "tuple",
    "dict",
    "max",
    "min",
    "any",
    "all",
    "repr",
    "type",
    "range",
    "enumerate",
    "reversed",
    "set",
  ]);
  const argument = value(random, depth - 1);
  if (name === "range") return `list(range(${random.below(5)}))`;
  if (name === "enumerate" || name === "reversed") return `list(${name}(${argument}))`;
  if (name === "set") return `sorted(set(${argument}))`;
  if (name === "type") return `type(${argument}).__name__`;
  if ((name === "max" || name === "min") && random.chance(0.6)) {
    return `${name}(${argument}, ${value(random, depth - 1)})`;
  }
  if (name === "round" && random.chance(0.5)) return `round(${argument}, ${random.below(3)})`;
  return `${name}(${argument})`;
};

const method: Make = (random, depth) => {
  const subject = random.weighted([
    [2, 'event["s"]'],
    [1, `str(${value(random, depth - 1)})`],
    [1, inner(random, depth)],
  ]);
  const tail = random.pick([
    ".upper()",
    ".lower()",
    ".strip()",
    ".split()",
    '.split(",")',
    '.startswith("a")',
    '.endswith("c")',
    '.replace("a", "b")',
    ".title()",
    ".isdigit()",
    '.count("a")',
    '.find("b")',
    ".keys()",
    ".items()",
    ".values()",
    '.get("x")',
    '.get("zz", 3)',
    ".copy()",
    ".encode()",
    '.join(["p", "q"])',
    ".zfill(4)",
    ".capitalize()",
  ]);
  const made = `${subject}${tail}`;
  return /\.(keys|items|values)\(\)$/.test(tail) ? `list(${made})` : made;
};

const literal: Make = (random, depth) =>
  random.weighted<Make>([
    [2, (r, d) => `[${value(r, d - 1)}, ${value(r, d - 1)}]`],
    [3, (r, d) => `{"x": ${value(r, d - 1)}, "y": ${value(r, d - 1)}}`],
    [1, (r, d) => `(${value(r, d - 1)}, ${value(r, d - 1)})`],
    [1, (r, d) => `{**event, "n": ${value(r, d - 1)}}`],
    [0.5, (r, d) => `{${r.pick(["1", "None", "1.0", "True"])}: ${value(r, d - 1)}}`],
  ])(random, depth);

const comprehension: Make = (random) =>
  random.pick([
    '[i + 1 for i in event["l"]]',
    '[i for i in event["l"] if i]',
    "{k: v for k, v in event.items()}",
    '{k: v for k, v in event.items() if k != "x"}',
    "[k for k in event]",
    'sum(i for i in event["l"])',
    '[[i, j] for i in event["l"] for j in (1, 2)]',
    '[event["x"] * i for i in range(3)]',
    "any(v is None for v in event.values())",
    "{i for i in (1, 2, 2)} == {1, 2}",
  ]);

const formatted: Make = (random, depth) => {
  const part = random.pick([
    'event["x"]',
    'event["s"]',
    "event",
    `len(str(${atom(random).replaceAll('"', "'")}))`,
  ]);
  const form = random.pick(["", "", "!r", "!s", ":.2f", ":5", ":>6", ":03d", ":,", ":e", ":g", ":%"]);
  return depth < 0
    ? '""'
    : `f'v={${part.replaceAll("'", '"')}${form}}'`.replace(/\{event\["(\w)"\]/, '{event["$1"]');
};

const slice: Make = (random, depth) =>
  `${random.pick(['event["l"]', 'event["s"]', inner(random, depth)])}[${random.pick(["1:", ":2", "-1:", "::2", "::-1", ":-1", "1:1"])}]`;
