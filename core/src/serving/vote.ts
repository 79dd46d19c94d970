import { failure } from "../engine/failure";
import { iterate } from "../engine/iterate";
import { repr, typeName } from "../value/repr";
import { PyObject, type PyValue, asNumber, float, int, isFloat, isInt, isNumber } from "../value/value";

/**
 * The votes of an ensemble as numpy computes them. `Predictions` is MLRun's array of predictions: models' outputs,
 * transposed, so that the models are the last axis.
 */
export interface Predictions {
  /** Lengths of the axes; the last one is the number of models. */
  readonly shape: readonly number[];
  /** All values in C order. */
  readonly values: readonly PyValue[];
  /** `int64`, `float64`, `bool`, `object` or a text type. */
  readonly dtype: string;
}

/** `np.array(outputs).T`; throws numpy's error for lists of unequal lengths. */
export function predictionsOf(outputs: readonly PyValue[]): Predictions {
  const shape = shapeOf([...outputs], 0);
  const flat: PyValue[] = [];
  flatten([...outputs], shape.length, flat);
  const dtype = dtypeOf(flat);
  const back = [...shape].reverse();
  const values = transpose(flat, shape).map((v) => cast(v, dtype));
  return { shape: back, values, dtype };
}

function shapeOf(value: PyValue, depth: number): number[] {
  if (!Array.isArray(value)) return [];
  if (value.length === 0) return [0];
  const inner = value.map((x) => shapeOf(x, depth + 1));
  const [first] = inner;
  if (inner.some((shape) => shape.join() !== first.join())) {
    const known = commonPrefix(inner);
    const shown = `(${[value.length, ...known].join(", ")}${known.length === 0 ? "," : ""})`;
    throw failure(
      "ValueError",
      "setting an array element with a sequence. The requested array has an inhomogeneous shape after " +
        `${depth + 1 + known.length} dimensions. The detected shape was ${shown} + inhomogeneous part.`,
    );
  }
  return [value.length, ...first];
}

function commonPrefix(shapes: readonly (readonly number[])[]): number[] {
  const [first] = shapes;
  let n = 0;
  while (n < first.length && shapes.every((shape) => shape[n] === first[n])) n++;
  return first.slice(0, n);
}

function flatten(value: PyValue, depth: number, to: PyValue[]): void {
  if (depth > 0 && Array.isArray(value)) for (const x of value) flatten(x, depth - 1, to);
  else to.push(value);
}

/** Characters that NumPy takes for a value among texts: as many as any of its kind may need. */
function widthOf(value: PyValue): number {
  if (typeof value === "string") return [...value].length;
  if (typeof value === "boolean") return 5;
  return isFloat(value) ? 32 : 21;
}

function dtypeOf(values: readonly PyValue[]): string {
  if (values.length === 0) return "float64";
  if (values.some((v) => typeof v === "string")) {
    const text = values.every((v) => typeof v === "string" || typeof v === "boolean" || isNumber(v));
    if (text) return `<U${Math.max(1, ...values.map(widthOf))}`;
    return "object";
  }
  if (values.every((v) => typeof v === "boolean")) return "bool";
  const numbers = values.map((v) => (typeof v === "boolean" ? Number(v) : v)).filter((v) => isNumber(v));
  if (numbers.length < values.length) return "object";
  const ints = numbers.filter((v) => isInt(v));
  if (ints.some((v) => v >= 2n ** 64n || v < -(2n ** 63n))) return "object";
  if (ints.length < numbers.length) return "float64";
  if (!ints.some((v) => v >= 2n ** 63n)) return "int64";
  return ints.some((v) => v < 0) ? "float64" : "uint64";
}

function cast(v: PyValue, dtype: string): PyValue {
  if (dtype === "float64") return float(asNumber(v));
  if (dtype === "int64" || dtype === "uint64") return typeof v === "boolean" ? Number(v) : v;
  return v;
}

/** The values with all axes in reverse order. */
function transpose(flat: readonly PyValue[], shape: readonly number[]): PyValue[] {
  const back = [...shape].reverse();
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1)).reverse();
  const out: PyValue[] = [];
  const walk = (axis: number, offset: number): void => {
    if (axis === back.length) {
      out.push(flat[offset]);
      return;
    }
    for (let i = 0; i < back[axis]; i++) walk(axis + 1, offset + i * strides[axis]);
  };
  walk(0, 0);
  return out;
}

/** The array as user code gets it. */
export function arrayValue({ shape, values, dtype }: Predictions): PyObject {
  let at = 0;
  const nest = (axis: number): PyValue => {
    if (axis === shape.length) return values[at++];
    const list: PyValue[] = [];
    for (let i = 0; i < shape[axis]; i++) list.push(nest(axis + 1));
    return list;
  };
  return new PyObject(
    "numpy.ndarray",
    new Map<string, PyValue>([
      ["dtype", dtype],
      ["value", nest(0)],
    ]),
  );
}

/** Rows of models' values, one for each sample; throws Python's error where the rows hold no plain values. */
function* rows(of: Predictions, use: (v: PyValue) => PyValue): Iterable<readonly PyValue[]> {
  const { shape, values, dtype } = of;
  if (shape.length === 1 && shape[0] > 0) {
    if (dtype === "object") {
      for (const value of values) yield iterate(value).map(use);
      return;
    }
    throw failure("TypeError", `'numpy.${dtype}' object is not iterable`);
  }
  if (shape.length < 2) return;
  const [samples, length, ...inner] = shape;
  // An array of one value counts as that value.
  if (samples > 0 && length > 0 && inner.some((n) => n !== 1)) {
    throw failure("TypeError", "only length-1 arrays can be converted to Python scalars");
  }
  for (let i = 0; i < samples; i++) yield values.slice(i * length, (i + 1) * length).map(use);
}

/** All values are whole numbers: a classification. */
export function allWhole(of: Predictions): boolean {
  for (const row of rows(of, (v) => Number.isInteger(asFloat(v)))) if (row.includes(false)) return false;
  return true;
}

/** Python's `float(v)`. */
function asFloat(v: PyValue): number {
  if (isNumber(v) || typeof v === "boolean") return asNumber(v);
  if (typeof v === "string") {
    const text = v.trim();
    const n = /^[+-]?(\d+(_?\d+)*\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)
      ? Number(text.replaceAll("_", ""))
      : NaN;
    if (!Number.isNaN(n)) return n;
    throw failure("ValueError", `could not convert string to float: ${repr(v)}`);
  }
  throw failure("TypeError", `float() argument must be a string or a real number, not '${typeName(v)}'`);
}

/** Python's `int(v)`. */
function asInt(v: PyValue): number {
  if (typeof v === "string") {
    if (/^\s*[+-]?\d+\s*$/.test(v)) return Number(v);
    throw failure("ValueError", `invalid literal for int() with base 10: ${repr(v)}`);
  }
  if (!isNumber(v) && typeof v !== "boolean") {
    throw failure(
      "TypeError",
      `int() argument must be a string, a bytes-like object or a real number, not '${typeName(v)}'`,
    );
  }
  const n = asNumber(v);
  if (Number.isNaN(n)) throw failure("ValueError", "cannot convert float NaN to integer");
  if (!Number.isFinite(n)) throw failure("OverflowError", "cannot convert float infinity to integer");
  return Math.trunc(n);
}

/** The class with the greatest weight for each sample, the lowest of equals; negative classes have no vote. */
export function majorityVote(of: Predictions, weights: readonly PyValue[]): PyValue {
  const samples = [...rows(of, asInt)].map((row) => row.map(asNumber));
  const all = samples.flat();
  if (all.length === 0) {
    throw failure("ValueError", "zero-size array to reduction operation maximum which has no identity");
  }
  const classes = Math.max(...all) + 1;
  if (classes <= 0) throw failure("ValueError", "attempt to get argmax of an empty sequence");
  refuseTooMany(classes);
  const [{ length }] = samples;
  if (length !== weights.length) {
    throw failure(
      "ValueError",
      "matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature (n?,k),(k,m?)->(n?,m?) " +
        `(size ${weights.length} is different from ${length})`,
    );
  }
  return samples.map((row) => {
    const sums = new Map<number, number>();
    row.forEach((vote, i) => {
      if (vote >= 0) sums.set(vote, (sums.get(vote) ?? 0) + asNumber(weights[i]));
    });
    return best(sums, classes);
  });
}

/** Bytes of numpy's list of all classes that no machine is expected to have. */
const MOST_BYTES = 2 ** 36;

/** numpy makes a list of all classes: it refuses what memory can't hold. */
function refuseTooMany(classes: number): void {
  const bytes = classes * 8;
  if (bytes >= 2 ** 63) {
    const what =
      "array is too big; `arr.size * arr.dtype.itemsize` is larger than the maximum possible size.";
    throw failure("ValueError", what);
  }
  if (bytes < MOST_BYTES) return;
  const shape = `(${BigInt(classes)},)`;
  throw failure(
    "MemoryError",
    `Unable to allocate ${bytesText(bytes)} for an array with shape ${shape} and data type int64`,
  );
}

/** As numpy writes sizes: three digits, in units of 1024. */
function bytesText(bytes: number): string {
  const unit = Math.floor(Math.log2(bytes) / 10);
  const n = bytes / 2 ** (10 * unit);
  const text = n.toPrecision(3);
  const shown = n >= 1000 ? String(Math.round(n)) : n >= 100 ? `${text}.` : text;
  return `${shown} ${["bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][unit]}`;
}

/** `np.argmax` of the sums by class; classes without votes have 0. */
function best(sums: ReadonlyMap<number, number>, classes: number): number {
  const ordered = [...sums].sort(([a], [b]) => a - b);
  let top = 0;
  let most = sums.get(0) ?? 0;
  for (const [vote, sum] of ordered) if (sum > most) [top, most] = [vote, sum];
  if (most >= 0) return top;
  // All that voted weigh less than nothing: the first class without a vote is the greatest.
  for (let vote = 0; vote < classes; vote++) if (!sums.has(vote)) return vote;
  return top;
}

/** The weighted sum for each sample: an int where all is. */
export function meanVote(of: Predictions, weights: readonly PyValue[]): PyValue {
  const { shape, values, dtype } = of;
  if (dtype === "object") return objectSum(of, weights);
  if (dtype.startsWith("<U")) {
    throw failure(
      "UFuncTypeError",
      `ufunc 'matmul' did not contain a loop with signature matching types (dtype('${dtype}'), ` +
        `dtype('${weights.some((w) => isFloat(w)) ? "float64" : "int64"}')) -> None`,
    );
  }
  const whole =
    dtype !== "float64" && dtype !== "uint64" && weights.length > 0 && weights.every((w) => !isFloat(w));
  const models = shape[shape.length - 1];
  const sum = (at: number): PyValue => {
    if (whole) return int(BigInt.asIntN(64, wholeSum(values.slice(at, at + models), weights)));
    let total = 0;
    for (let i = 0; i < models; i++) total += asNumber(values[at + i]) * asNumber(weights[i]);
    return float(total);
  };
  let at = 0;
  const nest = (axis: number): PyValue => {
    if (axis === shape.length - 1) {
      const total = sum(at);
      at += models;
      return total;
    }
    return Array.from({ length: shape[axis] }, () => nest(axis + 1));
  };
  return nest(0);
}

/** The exact weighted sum of ints. */
function wholeSum(values: readonly PyValue[], weights: readonly PyValue[]): bigint {
  const exact = (v: PyValue) => (typeof v === "bigint" ? v : BigInt(asNumber(v)));
  return values.reduce<bigint>((total, v, i) => total + exact(v) * exact(weights[i]), 0n);
}

/** Python's own arithmetic, of ints that numpy has no type for; throws its error for what is no number. */
function objectSum({ shape, values }: Predictions, weights: readonly PyValue[]): PyValue {
  const wrong = values.find((v) => !isNumber(v) && typeof v !== "boolean");
  const floats = weights.some((w) => isFloat(w));
  if (wrong !== undefined) {
    const weight = floats ? "float" : "int";
    throw failure("TypeError", `unsupported operand type(s) for *: '${typeName(wrong)}' and '${weight}'`);
  }
  const models = shape[shape.length - 1];
  const rowSum = (row: readonly PyValue[]): PyValue => {
    if (!floats && !row.some((v) => isFloat(v))) return int(wholeSum(row, weights));
    const numbers = row.map(asNumber);
    if (row.some((v, i) => typeof v === "bigint" && !Number.isFinite(numbers[i])))
      throw failure("OverflowError", "int too large to convert to float");
    return float(numbers.reduce((total, n, i) => total + n * asNumber(weights[i]), 0));
  };
  let at = 0;
  const nest = (axis: number): PyValue =>
    axis === shape.length - 1
      ? rowSum(values.slice(at, (at += models)))
      : Array.from({ length: shape[axis] }, () => nest(axis + 1));
  return nest(0);
}
