import { type PyValue, PyBytes, PyDict, PyObject, PyTuple, dict, float, identical } from "@graphcell/core";
import { PickleReader, PickleWriter, decodeBase64, encodeBase64 } from "@graphcell/kernel-bridge";

function roundTrip(values: readonly PyValue[]): PyValue {
  const writer = new PickleWriter();
  writer.begin();
  for (const value of values) if (!writer.item(value)) throw new Error("can't be written");
  return new PickleReader(decodeBase64(encodeBase64(writer.end()))).next();
}

const odd = new PyDict();
odd.set(1, "one");
odd.set(new PyTuple([1, 2]), null);

describe("pickles", () => {
  test.each<[string, PyValue]>([
    ["none and truth", [null, true, false]],
    ["small ints", [0, 1, 255, 256, -1, 65536, 2147483647, -2147483648]],
    [
      "large ints",
      [2147483648, -2147483649, 2 ** 53 - 1, 2n ** 64n, -(2n ** 64n), -128n * 2n ** 64n, 1n << 2048n],
    ],
    ["floats", [1.5, float(1), float(-0), NaN, Infinity, -Infinity, 5e-324]],
    ["texts", ["", "a", "ä€😀", "\ud800", "x".repeat(300), "é".repeat(79), "\0\n'\""]],
    ["containers", [[], [[]], dict({}), dict({ a: dict({ a: 1, b: [2] }) }), dict({ a: 1 })]],
    ["tuples", [new PyTuple([]), new PyTuple([1]), new PyTuple([1, 2, 3, 4, new PyTuple([null])])]],
    ["bytes", [new PyBytes(Uint8Array.from([0, 255, 10])), new PyBytes(new Uint8Array(0))]],
    ["keys of any kind", [odd]],
  ])("carry %s exactly", (_, value) => {
    const list = value as readonly PyValue[];
    expect(identical(roundTrip(list), [...list])).toBe(true);
  });

  test("a value that has no plain form is refused, and leaves nothing behind", () => {
    const writer = new PickleWriter();
    writer.begin();
    expect(writer.item(dict({ first: 1 }))).toBe(true);
    expect(writer.item(dict({ second: 2, third: new PyObject("DataFrame") }))).toBe(false);
    expect(writer.item(dict({ second: 3, first: 4 }))).toBe(true);
    const read = new PickleReader(writer.end()).next();
    expect(identical(read, [dict({ first: 1 }), dict({ second: 3, first: 4 })])).toBe(true);
  });

  test.each([
    ["an object", [0x80, 4, 0x8c, 1, 97, 0x8c, 1, 98, 0x93, 0x2e]],
    ["nothing", [0x2e]],
    ["the middle of a text", [0x8c, 200, 97]],
    ["a mark without an end", [0x5d, 0x65, 0x2e]],
  ])("%s is refused", (_, bytes) => {
    expect(() => new PickleReader(Uint8Array.from(bytes)).next()).toThrow(/can't be read/);
  });

  test.each([[0], [1], [2], [3], [4], [5000]])("base64 of %i bytes reads back", (length) => {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37) & 255);
    expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
    expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
  });
});
