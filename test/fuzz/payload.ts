import type { Random } from "./random";

/** Random values, as texts of Python. */
export function payload(random: Random): string {
  return random.weighted<(r: Random) => string>([
    [5, record],
    [1.5, (r) => scalar(r)],
    [1, (r) => odd(r, 2)],
  ])(random);
}

/** A dict of the shape that most steps expect. */
function record(random: Random): string {
  const entries = [`"x": ${number(random)}`];
  if (random.chance(0.7)) entries.push(`"y": ${random.chance(0.8) ? number(random) : odd(random, 1)}`);
  if (random.chance(0.6)) entries.push(`"s": ${text(random)}`);
  if (random.chance(0.6)) entries.push(`"l": [${many(random, 3, number)}]`);
  if (random.chance(0.5)) entries.push(`"d": {${many(random, 2, (r) => `${name(r)}: ${odd(r, 1)}`)}}`);
  if (random.chance(0.3)) entries.push(`"b": ${random.pick(["True", "False", "None"])}`);
  return `{${entries.join(", ")}}`;
}

export function number(random: Random): string {
  return random.weighted([
    [6, String(random.below(10))],
    [2, String(-random.below(10))],
    [3, random.pick(["0.5", "1.0", "2.0", "-1.5", "100.0"])],
    [
      1,
      random.pick(["-0.0", 'float("nan")', 'float("inf")', '-float("inf")', "1e300", "1e-7", "1e16", "1e22"]),
    ],
    [1, random.pick(["2**53", "2**53 + 1", "-(2**63)", "10**25", "2**53 - 1", "123456789012345678"])],
    [0.5, random.pick(["True", "False"])],
  ]);
}

export function text(random: Random): string {
  return random.weighted([
    [4, random.pick(['"a"', '"abc"', '"x"', '"red"', '"two words"'])],
    [1, '""'],
    [
      2,
      random.pick([
        '"\\u00e9t\\u00e9"',
        '"\\u65e5\\u672c"',
        '"\\U0001f600"',
        '"a\\u0000b"',
        '"\\ud800"',
        '"\\u2028"',
      ]),
    ],
    [2, random.pick(['"1"', '"null"', "'{\"x\": 1}'", '"NaN"', '"[1, 2.0]"', '"1e5"', '"true"', '"{bad"'])],
  ]);
}

function scalar(random: Random): string {
  return random.weighted<(r: Random) => string>([
    [4, number],
    [3, text],
    [1, () => "None"],
    [0.5, bytes],
  ])(random);
}

function bytes(random: Random): string {
  return random.pick(['b""', 'b"abc"', 'b"\\xff\\x00"', "b'{\"x\": 2}'", 'b"1"']);
}

/** Any value, nested up to `depth`. */
export function odd(random: Random, depth: number): string {
  if (depth === 0) return scalar(random);
  const inner = (r: Random): string => odd(r, depth - 1);
  return random.weighted<() => string>([
    [3, () => scalar(random)],
    [2, () => `[${many(random, 4, inner)}]`],
    [2, () => `{${many(random, 3, (r) => `${name(r)}: ${inner(r)}`)}}`],
    [0.7, () => `{${many(random, 3, (r) => `${key(r)}: ${inner(r)}`)}}`],
    [0.7, () => tuple(random, inner)],
    [0.2, () => random.pick(["{1, 2}", "set()", "frozenset({3})"])],
  ])();
}

function tuple(random: Random, inner: (r: Random) => string): string {
  const items = Array.from({ length: random.below(3) }, () => inner(random));
  return items.length === 0 ? "()" : `(${items.join(", ")},)`;
}

export function name(random: Random): string {
  return random.pick(['"x"', '"y"', '"k"', '"\\u00fc"', '"a b"', '"0"', '"$type"']);
}

function key(random: Random): string {
  return random.pick(["1", "-2", "1.5", "2.0", "None", "True", "(1, 2)", '"z"', '"1"', "2**60", 'b"k"']);
}

function many(random: Random, most: number, make: (r: Random) => string): string {
  return Array.from({ length: random.below(most + 1) }, () => make(random)).join(", ");
}
