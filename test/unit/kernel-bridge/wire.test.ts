import type { Channel, Utf8 } from "@graphcell/kernel-bridge";
import { decodeFrame, encodeFrame } from "@graphcell/kernel-bridge";

const utf8: Utf8 = {
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder().decode(bytes),
};

const header = { msg_id: "m1", msg_type: "execute_request", session: "s1", version: "5.4" };

test.each<[Channel, Record<string, unknown>]>([
  ["shell", {}],
  ["control", { text: "ß 数据 🐍", nested: { list: [1, null, "x"] } }],
  ["iopub", { big: "y".repeat(100_000) }],
])("a message on %s comes out of its frame as it went in", (channel, content) => {
  const message = decodeFrame(encodeFrame({ channel, header, content }, utf8), utf8);
  expect(message).toEqual({
    channel,
    header: { msg_id: "m1", msg_type: "execute_request", session: "s1" },
    parent: null,
    metadata: {},
    content,
  });
});

test("a frame is offsets of 64 bits, little-endian, then the channel and four parts of JSON", () => {
  const frame = encodeFrame({ channel: "shell", header, content: { a: 1 } }, utf8);
  const view = new DataView(frame.buffer);
  const offsets = [...Array(6).keys()].map((i) => Number(view.getBigUint64(8 * (i + 1), true)));
  const parts = offsets.slice(0, -1).map((start, i) => utf8.decode(frame.subarray(start, offsets[i + 1])));
  expect(Number(view.getBigUint64(0, true))).toBe(6);
  expect(offsets[0]).toBe(8 * 7);
  expect(offsets[5]).toBe(frame.length);
  expect(parts).toEqual(["shell", JSON.stringify(header), "{}", "{}", '{"a":1}']);
});

test("a frame inside a larger buffer is read from its own place", () => {
  const frame = encodeFrame({ channel: "iopub", header, content: { a: 1 } }, utf8);
  const larger = new Uint8Array(frame.length + 10);
  larger.set(frame, 5);
  expect(decodeFrame(larger.subarray(5, 5 + frame.length), utf8).content).toEqual({ a: 1 });
});

function broken(change: (view: DataView) => void): Uint8Array {
  const frame = encodeFrame({ channel: "shell", header, content: {} }, utf8);
  change(new DataView(frame.buffer));
  return frame;
}

test.each<[string, Uint8Array]>([
  ["is empty", new Uint8Array(0)],
  ["claims more offsets than it holds", broken((view) => view.setBigUint64(0, 1_000n, true))],
  ["has too few offsets", broken((view) => view.setBigUint64(0, 3n, true))],
  ["points behind its end", broken((view) => view.setBigUint64(8 * 6, 99_999n, true))],
  ["points backwards", broken((view) => view.setBigUint64(8 * 3, 1n, true))],
  ["has a part that is no JSON", broken((view) => view.setUint8(view.byteLength - 1, 0))],
  ["has an unknown channel", broken((view) => view.setUint8(8 * 7, 120))],
  ["has no header", encodeFrame({ channel: "shell", header: {}, content: {} }, utf8)],
])("a frame that %s is refused", (_what, frame) => {
  expect(() => decodeFrame(frame, utf8)).toThrow(expect.objectContaining({ code: "GC_WIRE" }));
});
