/**
 * Plain Python values as pickles of protocol 4: what many bodies go in at once, both ways. Python writes and reads them
 * several times faster than JSON, and ints, floats, tuples and bytes stay what they are. Only opcodes of plain data are
 * written, and read.
 */
import {
  GraphcellError,
  PyBytes,
  PyDict,
  PyFloat,
  type PyMap,
  PyTuple,
  type PyValue,
  float,
  int,
} from "@graphcell/core";

const STOP = 0x2e;
/** Deeper nesting than this is left to the wire form. */
const MAX_DEPTH = 40;

/** Writes values one after the other; `null` from `write` says that a value has no plain form. */
export class PickleWriter {
  private bytes = new Uint8Array(1 << 14);
  private view = new DataView(this.bytes.buffer);
  private at = 0;
  /** Keys that were written: later ones name them by their number. */
  private readonly keys = new Map<string, number>();

  get size(): number {
    return this.at;
  }

  /** Begins the list of all values. */
  begin(): void {
    this.at = 0;
    this.keys.clear();
    this.put(0x80, 4);
    this.put(0x5d, 0x28);
  }

  /** Adds an item; false, and nothing written, when it can't be. */
  item(value: PyValue): boolean {
    const before = this.at;
    const keys = this.keys.size;
    if (this.value(value, 0)) return true;
    this.at = before;
    if (this.keys.size > keys) [...this.keys.keys()].slice(keys).forEach((key) => this.keys.delete(key));
    return false;
  }

  /** The finished list. */
  end(): Uint8Array {
    this.put(0x65, STOP);
    return this.bytes.subarray(0, this.at);
  }

  private put(a: number, b: number): void {
    this.room(2);
    this.bytes[this.at++] = a;
    this.bytes[this.at++] = b;
  }

  private op(code: number): true {
    this.room(1);
    this.bytes[this.at++] = code;
    return true;
  }

  private room(n: number): void {
    if (this.at + n <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.bytes.length * 2, this.at + n));
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }

  private value(v: PyValue, depth: number): boolean {
    if (typeof v === "number") return Number.isSafeInteger(v) ? this.int(v) : this.float(v);
    if (typeof v === "string") return this.text(v);
    if (v === null) return this.op(0x4e);
    if (typeof v === "boolean") return this.op(v ? 0x88 : 0x89);
    if (v instanceof PyFloat) return this.float(v.value);
    if (typeof v === "bigint") return this.long(v);
    if (depth > MAX_DEPTH) return false;
    if (v instanceof Map) return this.dict(v, depth + 1);
    if (Array.isArray(v)) return this.op(0x5d) && this.items(v, 0x65, depth + 1);
    if (v instanceof PyTuple && v.named === undefined) {
      if (v.items.length === 0) return this.op(0x29);
      return this.op(0x28) && v.items.every((x) => this.value(x, depth + 1)) && this.op(0x74);
    }
    return v instanceof PyBytes && this.data(v.data);
  }

  private dict(v: PyMap, depth: number): boolean {
    this.op(0x7d);
    if (v.size === 0) return true;
    this.op(0x28);
    for (const [key, value] of v) {
      const written = typeof key === "string" ? this.key(key) : this.value(key, depth);
      if (!written || !this.value(value, depth)) return false;
    }
    return this.op(0x75);
  }

  private items(items: readonly PyValue[], end: number, depth: number): boolean {
    if (items.length === 0) return true;
    this.op(0x28);
    for (const item of items) if (!this.value(item, depth)) return false;
    return this.op(end);
  }

  private key(key: string): boolean {
    const known = this.keys.get(key);
    if (known !== undefined) {
      this.room(5);
      this.bytes[this.at++] = 0x6a;
      this.view.setUint32(this.at, known, true);
      this.at += 4;
      return true;
    }
    this.text(key);
    this.op(0x94);
    this.keys.set(key, this.keys.size);
    return true;
  }

  private int(n: number): true {
    if (n < -0x80000000 || n > 0x7fffffff) return this.long(BigInt(n));
    this.room(5);
    if (n >= 0 && n < 256) this.put(0x4b, n);
    else {
      this.bytes[this.at++] = 0x4a;
      this.view.setInt32(this.at, n, true);
      this.at += 4;
    }
    return true;
  }

  /** Two's complement, little-endian, no longer than it must be. */
  private long(n: bigint): true {
    const bytes: number[] = [];
    let rest = n;
    for (;;) {
      const byte = Number(rest & 0xffn);
      bytes.push(byte);
      rest >>= 8n;
      if ((rest === 0n && byte < 128) || (rest === -1n && byte >= 128)) break;
    }
    this.room(5 + bytes.length);
    if (bytes.length < 256) this.put(0x8a, bytes.length);
    else this.sized(0x8b, bytes.length);
    for (const byte of bytes) this.bytes[this.at++] = byte;
    return true;
  }

  private sized(op: number, length: number): void {
    this.room(5 + length);
    this.bytes[this.at++] = op;
    this.view.setUint32(this.at, length, true);
    this.at += 4;
  }

  private float(n: number): true {
    this.room(9);
    this.bytes[this.at++] = 0x47;
    this.view.setFloat64(this.at, n, false);
    this.at += 8;
    return true;
  }

  private data(data: Uint8Array): true {
    this.sized(0x42, data.length);
    this.bytes.set(data, this.at);
    this.at += data.length;
    return true;
  }

  private text(text: string): true {
    this.room(5 + text.length * 3);
    const head = this.at;
    this.at += text.length < 80 ? 2 : 5;
    const begin = this.at;
    for (let i = 0; i < text.length; i++) {
      const code = text.codePointAt(i) ?? 0;
      if (code > 0xffff) i++;
      this.character(code);
    }
    const length = this.at - begin;
    if (text.length < 80) {
      this.bytes[head] = 0x8c;
      this.bytes[head + 1] = length;
    } else {
      this.bytes[head] = 0x58;
      this.view.setUint32(head + 1, length, true);
    }
    return true;
  }

  /** UTF-8; half a surrogate pair as the three bytes that Python takes for one. */
  private character(code: number): void {
    const { bytes } = this;
    if (code < 0x80) bytes[this.at++] = code;
    else if (code < 0x800) {
      bytes[this.at++] = 0xc0 | (code >> 6);
      bytes[this.at++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[this.at++] = 0xe0 | (code >> 12);
      bytes[this.at++] = 0x80 | ((code >> 6) & 63);
      bytes[this.at++] = 0x80 | (code & 63);
    } else {
      bytes[this.at++] = 0xf0 | (code >> 18);
      bytes[this.at++] = 0x80 | ((code >> 12) & 63);
      bytes[this.at++] = 0x80 | ((code >> 6) & 63);
      bytes[this.at++] = 0x80 | (code & 63);
    }
  }
}

const MARK = Symbol("mark");
type Slot = PyValue | typeof MARK;

/** Texts of up to so many bytes are looked up before they are made: keys come again and again. */
const SHORT = 32;
const TEXTS = 4096;

/** Reads pickles that stand one after the other. Throws `GC_PROTOCOL` for anything but plain data. */
export class PickleReader {
  private at = 0;
  private readonly view: DataView;
  private readonly stack: Slot[] = [];
  private readonly marks: number[] = [];
  private memo: Slot[] = [];
  private readonly texts: (string | undefined)[] = new Array<string | undefined>(TEXTS);

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  /** The next value. */
  next(): PyValue {
    const { bytes, stack } = this;
    for (;;) {
      const op = bytes[this.at++];
      if (op === STOP) {
        const value = stack.pop();
        if (value === undefined || value === MARK || stack.length > 0) throw malformed();
        this.memo = [];
        return value;
      }
      this.step(op);
    }
  }

  private step(op: number): void {
    const { bytes, stack, view } = this;
    switch (op) {
      case 0x80: // PROTO
        this.at++;
        return;
      case 0x95: // FRAME
        this.at += 8;
        return;
      case 0x28: // MARK
        this.marks.push(stack.length);
        return;
      case 0x4e:
        stack.push(null);
        return;
      case 0x88:
      case 0x89:
        stack.push(op === 0x88);
        return;
      case 0x4b: // BININT1
        stack.push(bytes[this.at++]);
        return;
      case 0x4d: // BININT2
        stack.push(view.getUint16(this.at, true));
        this.at += 2;
        return;
      case 0x4a: // BININT
        stack.push(view.getInt32(this.at, true));
        this.at += 4;
        return;
      case 0x47: // BINFLOAT
        stack.push(float(view.getFloat64(this.at, false)));
        this.at += 8;
        return;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(this.text(bytes[this.at++]));
        return;
      case 0x58: // BINUNICODE
        stack.push(this.text(this.length4()));
        return;
      case 0x7d:
        stack.push(new Map<PyValue, PyValue>());
        return;
      case 0x5d:
        stack.push([]);
        return;
      default:
        this.rare(op);
    }
    if (this.at > bytes.length) throw malformed();
  }

  private rare(op: number): void {
    const { bytes, stack } = this;
    if (op === 0x75 || op === 0x73) this.entries(op === 0x75 ? this.mark() : stack.length - 2);
    else if (op === 0x65 || op === 0x61) this.append(op === 0x65 ? this.mark() : stack.length - 1);
    else if (op === 0x29) stack.push(new PyTuple([]));
    else if (op === 0x74) this.tuple(this.mark());
    else if (op >= 0x85 && op <= 0x87) this.tuple(stack.length - (op - 0x84));
    else if (op === 0x8a) stack.push(this.long(bytes[this.at++]));
    else if (op === 0x8b) stack.push(this.long(this.length4()));
    else if (op === 0x43) stack.push(new PyBytes(this.data(bytes[this.at++])));
    else if (op === 0x42) stack.push(new PyBytes(this.data(this.length4())));
    else if (op === 0x94) this.memo.push(stack[stack.length - 1]);
    else if (op === 0x68) stack.push(this.remembered(bytes[this.at++]));
    else if (op === 0x6a) stack.push(this.remembered(this.length4()));
    else throw malformed();
  }

  private remembered(index: number): Slot {
    const known = this.memo[index];
    if (known === undefined) throw malformed();
    return known;
  }

  private mark(): number {
    const at = this.marks.pop();
    if (at === undefined) throw malformed();
    return at;
  }

  private length4(): number {
    const length = this.view.getUint32(this.at, true);
    this.at += 4;
    return length;
  }

  private entries(from: number): void {
    const { stack } = this;
    const map = stack[from - 1];
    if (!(map instanceof Map)) throw malformed();
    let plain = true;
    for (let i = from; i < stack.length; i += 2) plain &&= typeof stack[i] === "string";
    const to = plain || map instanceof PyDict ? map : new PyDict();
    if (to !== map) {
      for (const [key, value] of map) to.set(key, value);
      stack[from - 1] = to;
    }
    // Nothing but values stands above a mark that was taken.
    for (let i = from; i < stack.length; i += 2) to.set(stack[i] as PyValue, stack[i + 1] as PyValue);
    stack.length = from;
  }

  private append(from: number): void {
    const list = this.stack[from - 1];
    if (!Array.isArray(list)) throw malformed();
    for (let i = from; i < this.stack.length; i++) list.push(this.stack[i] as PyValue); // no mark above
    this.stack.length = from;
  }

  private tuple(from: number): void {
    const items = this.stack.splice(from) as PyValue[]; // no mark above
    this.stack.push(new PyTuple(items));
  }

  private long(length: number): PyValue {
    const data = this.data(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(data[i]);
    if (length > 0 && data[length - 1] >= 128) value -= 1n << BigInt(8 * length);
    return int(value);
  }

  private data(length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw malformed();
    const data = this.bytes.slice(this.at, this.at + length);
    this.at += length;
    return data;
  }

  private text(length: number): string {
    const { bytes, at } = this;
    const end = at + length;
    if (end > bytes.length) throw malformed();
    this.at = end;
    if (length > SHORT) return decode(bytes, at, end);
    let hash = length;
    for (let i = at; i < end; i++) {
      if (bytes[i] > 127) return decode(bytes, at, end);
      hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    }
    const slot = hash & (TEXTS - 1);
    const known = this.texts[slot];
    if (known !== undefined && known.length === length && same(known, bytes, at)) return known;
    const made = decode(bytes, at, end);
    this.texts[slot] = made;
    return made;
  }
}

function same(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) !== bytes[at + i]) return false;
  return true;
}

/** Characters that are made at once: arguments of one call are limited. */
const AT_ONCE = 4096;

function decode(bytes: Uint8Array, from: number, end: number): string {
  let out = "";
  let codes: number[] = [];
  for (let i = from; i < end;) {
    const b = bytes[i++];
    if (b < 0x80) codes.push(b);
    else if (b < 0xe0) codes.push(((b & 31) << 6) | (bytes[i++] & 63));
    else if (b < 0xf0) codes.push(((b & 15) << 12) | ((bytes[i++] & 63) << 6) | (bytes[i++] & 63));
    else {
      const code = ((b & 7) << 18) | ((bytes[i++] & 63) << 12) | ((bytes[i++] & 63) << 6) | (bytes[i++] & 63);
      codes.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
    if (codes.length >= AT_ONCE) {
      out += String.fromCharCode(...codes);
      codes = [];
    }
  }
  return out + String.fromCharCode(...codes);
}

function malformed(): GraphcellError {
  return new GraphcellError(
    "GC_PROTOCOL",
    "The kernel's agent sent values that can't be read.",
    "Restart the kernel, so that both ends are of one version.",
  );
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const DIGITS = new Uint8Array(128);
[...ALPHABET].forEach((c, i) => (DIGITS[c.charCodeAt(0)] = i));

/** Base64 without line breaks to bytes, and back: large ones, so by tables. */
export function decodeBase64(text: string): Uint8Array {
  const pad = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3);
  let to = 0;
  for (let i = 0; i < text.length; i += 4) {
    const n =
      (DIGITS[text.charCodeAt(i)] << 18) |
      (DIGITS[text.charCodeAt(i + 1)] << 12) |
      (DIGITS[text.charCodeAt(i + 2) & 127] << 6) |
      DIGITS[text.charCodeAt(i + 3) & 127];
    bytes[to++] = n >> 16;
    bytes[to++] = (n >> 8) & 255;
    bytes[to++] = n & 255;
  }
  return bytes.subarray(0, to - pad);
}

const CODES = Uint8Array.from([...ALPHABET].map((c) => c.charCodeAt(0)));
const EQUALS = 61;

export function encodeBase64(bytes: Uint8Array): string {
  let out = "";
  const room = new Uint8Array(AT_ONCE);
  let to = 0;
  for (let i = 0; i < bytes.length; i += 3) {
    const n = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    room[to++] = CODES[n >> 18];
    room[to++] = CODES[(n >> 12) & 63];
    room[to++] = i + 1 < bytes.length ? CODES[(n >> 6) & 63] : EQUALS;
    room[to++] = i + 2 < bytes.length ? CODES[n & 63] : EQUALS;
    if (to === AT_ONCE) {
      out += String.fromCharCode(...room);
      to = 0;
    }
  }
  return out + String.fromCharCode(...room.subarray(0, to));
}
