import { encodeUtf8 } from "../value/bytes";

/** SHA-1 of a text in UTF-8, as hexadecimal digits. */
export function sha1Hex(text: string): string {
  const words = padded(encodeUtf8(text));
  const state = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let at = 0; at < words.length; at += 16) block(state, words.slice(at, at + 16));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
}

/** The bytes as big-endian words, filled up to whole blocks with the length in bits at the end. */
function padded(bytes: Uint8Array): number[] {
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const words = new Array<number>(blocks * 16).fill(0);
  bytes.forEach((byte, i) => (words[i >> 2] |= byte << (24 - (i % 4) * 8)));
  words[bytes.length >> 2] |= 0x80 << (24 - (bytes.length % 4) * 8);
  words[words.length - 2] = Math.floor((bytes.length * 8) / 2 ** 32);
  words[words.length - 1] = (bytes.length * 8) | 0;
  return words;
}

function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by));
}

function block(state: number[], words: number[]): void {
  const w = [...words];
  for (let i = 16; i < 80; i++) w.push(rotated(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1));
  let [a, b, c, d, e] = state;
  for (let i = 0; i < 80; i++) {
    const [f, k] = round(Math.floor(i / 20), b, c, d);
    const next = (rotated(a, 5) + f + e + k + w[i]) | 0;
    [a, b, c, d, e] = [next, a, rotated(b, 30), c, d];
  }
  [a, b, c, d, e].forEach((word, i) => (state[i] = (state[i] + word) | 0));
}

function round(part: number, b: number, c: number, d: number): readonly [number, number] {
  switch (part) {
    case 0:
      return [(b & c) | (~b & d), 0x5a827999];
    case 1:
      return [b ^ c ^ d, 0x6ed9eba1];
    case 2:
      return [(b & c) | (b & d) | (c & d), 0x8f1bbcdc];
    default:
      return [b ^ c ^ d, 0xca62c1d6];
  }
}
