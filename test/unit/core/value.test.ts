import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  PyBytes,
  PyDict,
  PyFloat,
  PyObject,
  PySet,
  PyTuple,
  type PyValue,
  deepCopy,
  dict,
  dumpJson,
  equal,
  float,
  floatRepr,
  fromWire,
  identical,
  int,
  parseJson,
  parseWire,
  previewOf,
  repr,
  shortRepr,
  sizeOf,
  toWire,
  truthy,
  typeName,
  wireText,
} from "@graphcell/core";

interface Recorded {
  readonly bad: readonly (readonly [string, string | null])[];
  readonly floats: readonly (readonly [string])[];
  readonly strs: readonly (readonly [string, string, string])[];
  readonly vals: readonly (readonly [string, string, string, string])[];
}

/** Written by Python's own json and repr. */
const recorded = JSON.parse(
  readFileSync(join(__dirname, "fixtures", "python-json.json"), "utf8"),
) as Recorded;

describe("parseJson", () => {
  test.each(recorded.bad)("%j says what Python says", (text, message) => {
    let said: string | null = null;
    try {
      parseJson(text);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toBe(message);
  });

  test("keeps ints, floats, big ints and signed zero apart", () => {
    expect(parseJson("[1, 1.0, -0.0, -0, 1e3, 12345678901234567890]")).toEqual([
      1,
      new PyFloat(1),
      new PyFloat(-0),
      0,
      new PyFloat(1000),
      12345678901234567890n,
    ]);
  });

  test("refuses nesting that would end the stack", () => {
    expect(() => parseJson("[".repeat(100_000))).toThrow("maximum recursion depth");
  });
});

describe("dumpJson and repr", () => {
  test.each(recorded.floats)("float %s", (text) => {
    const value = parseJson(text);
    expect(repr(value)).toBe(text);
    expect(dumpJson(value)).toBe(text);
  });

  test.each(recorded.strs)("string %j", (value, shown, dumped) => {
    expect(repr(value)).toBe(shown);
    expect(dumpJson(value)).toBe(dumped);
  });

  test.each(recorded.vals)("value %s", (text, shown, indented, sorted) => {
    const value = parseJson(text);
    expect(dumpJson(value)).toBe(text);
    expect(repr(value)).toBe(shown);
    expect(dumpJson(value, { indent: 2 })).toBe(indented);
    expect(dumpJson(value, { sortKeys: true, ensureAscii: false })).toBe(sorted);
  });

  test("what JSON lacks raises as in Python", () => {
    expect(() => dumpJson(new PySet([1]))).toThrow("Object of type set is not JSON serializable");
    const odd = new PyDict();
    odd.set(new PyTuple([1]), 2);
    expect(() => dumpJson(odd)).toThrow("keys must be str, int, float, bool or None, not tuple");
  });

  test("containers that hold themselves end", () => {
    const list: PyValue[] = [1];
    list.push(list);
    expect(repr(list)).toBe("[1, [...]]");
    expect(previewOf(list, 100)).toMatchObject({ cut: true, json: null });
  });

  test.each([
    [new PyTuple([1]), "(1,)"],
    [new PyTuple([]), "()"],
    [new PySet([]), "set()"],
    [new PyBytes(Uint8Array.from([0, 39, 65, 255])), `b"\\x00'A\\xff"`],
    [new PyTuple([1, "a"], { className: "P", fields: ["x", "y"] }), "P(x=1, y='a')"],
  ])("%#: %s", (value, text) => expect(repr(value)).toBe(text));
});

describe("wire form", () => {
  const odd = new PyDict();
  odd.set(1, "one").set(new PyTuple([1, 2]), null);
  const values: PyValue[] = [
    NaN,
    Infinity,
    new PyFloat(1),
    new PyFloat(-0),
    2n ** 70n,
    new PyTuple([1, new PyTuple([])]),
    new PySet(["a"]),
    new PyBytes(Uint8Array.from([104, 105])),
    new PyBytes(Uint8Array.from([255, 0, 128])),
    odd,
    dict({ $type: "user's own" }),
    dict({ "2": 1, "1": 2, __proto__x: 3 }),
    new PyObject("DataFrame", new Map<string, PyValue>([["columns", ["a"]]]), "v1"),
    new PyTuple([1], { className: "P", fields: ["x"] }),
  ];

  test.each(values.map((v) => [repr(v), v] as const))("%s comes back", (_, value) => {
    const text = parseWire(wireText(value));
    const plain = fromWire(JSON.parse(JSON.stringify(toWire(value))));
    for (const back of [text, plain]) {
      expect(identical(back, value)).toBe(true);
      expect(wireText(back)).toBe(wireText(value));
    }
  });

  test("a malformed type is named", () => {
    expect(() => parseWire('{"$type": "tuple"}')).toThrow('type "tuple"');
  });
});

describe("Python's comparisons", () => {
  test("numbers are equal across types, identical only within", () => {
    expect(equal(1, new PyFloat(1))).toBe(true);
    expect(equal(true, 1)).toBe(true);
    expect(equal(2n ** 60n, new PyFloat(2 ** 60))).toBe(true);
    expect(identical(1, new PyFloat(1))).toBe(false);
    expect(identical(true, 1)).toBe(false);
    expect(equal(NaN, NaN)).toBe(false);
    expect(identical(NaN, NaN)).toBe(true);
    expect(equal("1", 1)).toBe(false);
  });

  test("equal keys of a dict are one entry and the first spelling stays", () => {
    const d = new PyDict();
    d.set(true, "a").set(1, "b").set(new PyFloat(1), "c");
    expect([...d]).toEqual([[true, "c"]]);
    expect(d.delete(1)).toBe(true);
    expect(d.size).toBe(0);
  });

  test.each([
    [0, false],
    [new PyFloat(-0), false],
    [NaN, true],
    [0n, false],
    ["", false],
    [[], false],
    [new Map(), false],
    [new PyTuple([]), false],
    [[0], true],
  ])("truth of %s", (v, expected) => expect(truthy(v)).toBe(expected));

  test("types are named as in Python", () => {
    expect([null, true, 1, 1.5, float(2), int(2n ** 60n), "", [], new Map()].map(typeName)).toEqual([
      "NoneType",
      "bool",
      "int",
      "float",
      "float",
      "int",
      "str",
      "list",
      "dict",
    ]);
    expect(floatRepr(1e100)).toBe("1e+100");
  });
});

describe("copies and previews", () => {
  test("a deep copy shares what the original shared", () => {
    const shared: PyValue[] = [1];
    const copy = deepCopy([shared, shared]) as PyValue[];
    expect(copy[0]).toBe(copy[1]);
    expect(copy[0]).not.toBe(shared);
  });

  test("a preview is cut at the stated size and says so", () => {
    const big = Array.from({ length: 100_000 }, (_, i) => i);
    const cut = previewOf(big, 1000);
    expect(cut).toMatchObject({ type: "list", cut: true, json: null });
    expect(cut.text.length).toBeLessThan(500);
    expect(sizeOf(big, 1000)).toBe(Infinity);
    expect(previewOf([1, 2], 1000)).toMatchObject({ cut: false, json: "[1,2]", text: "[1, 2]" });
  });

  test("a short repr of a small value is its repr", () => {
    const value = dict({ a: [1, new PyTuple([2])], b: "x" });
    expect(shortRepr(value, 100)).toBe(repr(value));
    expect(shortRepr("x".repeat(1000), 10).length).toBeLessThan(14);
  });
});
