/**
 * Python values in TypeScript, without losing what Python would keep.
 *
 * | Python            | here                                                                   |
 * | ----------------- | ---------------------------------------------------------------------- |
 * | None, bool, str   | null, boolean, string                                                  |
 * | int               | number (integral, up to 2^53 - 1 either way), else bigint              |
 * | float             | number when it is not integral (also nan, inf), else `PyFloat`         |
 * | list              | array                                                                  |
 * | dict              | Map in insertion order; a `PyDict` where a key is not a string         |
 * | tuple, set, bytes | `PyTuple`, `PySet`, `PyBytes`                                          |
 * | anything else     | `PyObject`: its type's name, described fields, and a handle when it    |
 * |                   | stays in a kernel                                                      |
 *
 * So `1` is an int and `new PyFloat(1)` the float `1.0`; `1.5` is a float as it stands. Make floats
 * with `float()`, never by hand.
 */
export type PyValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PyFloat
  | PyTuple
  | PySet
  | PyBytes
  | PyObject
  | PyValue[]
  | PyMap;

/** A dict. Keys are nearly always strings; use `PyDict` when they may not be. */
export type PyMap = Map<PyValue, PyValue>;

/** A float whose value is integral (`1.0`, `-0.0`, `1e300`): a plain number would read as an int. */
export class PyFloat {
  constructor(readonly value: number) {}

  valueOf(): number {
    return this.value;
  }
}

export class PyTuple {
  constructor(
    readonly items: readonly PyValue[],
    /** Field names of a named tuple, and its class's name. */
    readonly named?: { readonly className: string; readonly fields: readonly string[] },
  ) {}
}

export class PySet {
  constructor(
    readonly items: PyValue[],
    /** A `frozenset`. */
    readonly frozen = false,
  ) {}
}

export class PyBytes {
  constructor(readonly data: Uint8Array) {}
}

/**
 * A value that JSON has no form for: what is known of it, and where it lives. A subclass whose content changes
 * overrides `fields`, and `deepCopy` so that `copy.deepcopy` gives another one.
 */
export class PyObject {
  constructor(
    /** The `$type` of its described form, for example `datetime`, `DataFrame`, `object`. */
    readonly type: string,
    private readonly described: ReadonlyMap<string, PyValue> = NO_FIELDS,
    /** Id of the value in the kernel that made it, when it stays there. */
    readonly handle: string | null = null,
  ) {}

  get fields(): ReadonlyMap<string, PyValue> {
    return this.described;
  }

  /** A copy whose parts are copied by `copy`; `made` must be told the new object before any part is copied. */
  deepCopy(_copy: (part: PyValue) => PyValue, _made: (copied: PyObject) => void): PyObject {
    return this;
  }
}

/**
 * A member of an enumeration whose members are texts, of which MLRun makes a few: to all code it is that text, but for
 * what `repr` says. Where only the text counts it is written as a text.
 */
export class PyTextEnum extends PyObject {
  constructor(
    readonly className: string,
    readonly value: string,
    /** Python's `repr`. */
    text: string,
  ) {
    super(
      "text_enum",
      new Map<string, PyValue>([
        ["class", className],
        ["value", value],
        ["repr", text],
        ["str", value],
      ]),
    );
  }

  override toString(): string {
    return this.value;
  }
}

const NO_FIELDS: ReadonlyMap<string, PyValue> = new Map();

/** The float `n`, whatever `n` is. */
export function float(n: number): number | PyFloat {
  return Number.isInteger(n) ? new PyFloat(n) : n;
}

/** The int `n`: a number where that is exact, else a bigint. */
export function int(n: number | bigint): number | bigint {
  if (typeof n === "bigint") {
    return n >= BigInt(Number.MIN_SAFE_INTEGER) && n <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(n) : n;
  }
  return Number.isSafeInteger(n) ? (Object.is(n, -0) ? 0 : n) : BigInt(n);
}

export function isFloat(v: PyValue): v is number | PyFloat {
  return v instanceof PyFloat || (typeof v === "number" && !Number.isInteger(v));
}

export function isInt(v: PyValue): v is number | bigint {
  return typeof v === "bigint" || (typeof v === "number" && Number.isInteger(v));
}

/** int or float (not bool, which Python also counts as an int: see `asNumber`). */
export function isNumber(v: PyValue): v is number | bigint | PyFloat {
  return typeof v === "number" || typeof v === "bigint" || v instanceof PyFloat;
}

/** The plain number of an int, float or bool; NaN for anything else. A bigint loses precision. */
export function asNumber(v: PyValue): number {
  if (typeof v === "number") return v;
  if (v instanceof PyFloat) return v.value;
  if (typeof v === "boolean") return v ? 1 : 0;
  return typeof v === "bigint" ? Number(v) : NaN;
}

export function isMap(v: PyValue | undefined): v is PyMap {
  return v instanceof Map;
}

/** A dict from an object literal, in its key order. */
export function dict(entries: Readonly<Record<string, PyValue>> = {}): PyMap {
  return new Map<PyValue, PyValue>(Object.entries(entries));
}
