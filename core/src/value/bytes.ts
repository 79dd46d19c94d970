/** Text of UTF-8 bytes, null when they are not UTF-8. Written out: the core has no TextDecoder everywhere. */
export function decodeUtf8(data: Uint8Array): string | null {
  let out = "";
  for (let i = 0; i < data.length;) {
    const b = data[i];
    const extra =
      b < 0x80 ? 0 : b >= 0xc2 && b < 0xe0 ? 1 : b >= 0xe0 && b < 0xf0 ? 2 : b >= 0xf0 && b < 0xf5 ? 3 : -1;
    if (extra < 0 || i + extra >= data.length) return null;
    let code = extra === 0 ? b : b & (0x3f >> extra);
    for (let j = 1; j <= extra; j++) {
      if ((data[i + j] & 0xc0) !== 0x80) return null;
      code = (code << 6) | (data[i + j] & 0x3f);
    }
    const least = [0, 0x80, 0x800, 0x10000][extra];
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return null;
    out += String.fromCodePoint(code);
    i += extra + 1;
  }
  return out;
}

export function encodeUtf8(text: string): Uint8Array {
  const out: number[] = [];
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x80) out.push(code);
    else if (code < 0x800) out.push(0xc0 | (code >> 6), 0x80 | (code & 0x3f));
    else if (code < 0x10000) out.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 0x3f), 0x80 | (code & 0x3f));
    else {
      out.push(
        0xf0 | (code >> 18),
        0x80 | ((code >> 12) & 0x3f),
        0x80 | ((code >> 6) & 0x3f),
        0x80 | (code & 0x3f),
      );
    }
  }
  return Uint8Array.from(out);
}

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function toBase64(data: Uint8Array): string {
  let out = "";
  for (let i = 0; i < data.length; i += 3) {
    const n = (data[i] << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0);
    out += ALPHABET[n >> 18] + ALPHABET[(n >> 12) & 63];
    out += i + 1 < data.length ? ALPHABET[(n >> 6) & 63] : "=";
    out += i + 2 < data.length ? ALPHABET[n & 63] : "=";
  }
  return out;
}

export function fromBase64(text: string): Uint8Array {
  const out: number[] = [];
  let bits = 0;
  let count = 0;
  for (const c of text) {
    const at = ALPHABET.indexOf(c);
    if (at < 0) continue;
    bits = ((bits << 6) | at) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out.push((bits >> count) & 0xff);
    }
  }
  return Uint8Array.from(out);
}
