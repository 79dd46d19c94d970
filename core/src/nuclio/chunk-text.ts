import { textOfBytes } from "./clean-log";

/** Text of chunks that may be cut inside of a character. */
export class ChunkDecoder {
  private rest = new Uint8Array(0);
  /** The first characters of all that came. */
  text = "";

  constructor(private readonly onText: (text: string) => void) {}

  add(chunk: Uint8Array): void {
    const all = new Uint8Array(this.rest.length + chunk.length);
    all.set(this.rest);
    all.set(chunk, this.rest.length);
    const end = wholeCharacters(all);
    this.rest = all.slice(end);
    this.give(all.slice(0, end));
  }

  end(): void {
    this.give(this.rest);
    this.rest = new Uint8Array(0);
  }

  private give(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    const text = textOfBytes(bytes);
    if (this.text.length < 4096) this.text += text;
    this.onText(text);
  }
}

/** Number of bytes before a character that may not be whole. */
function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back];
    if (byte < 0x80) return bytes.length - back + 1;
    if (byte >= 0xc0) {
      const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
      return length <= back ? bytes.length : bytes.length - back;
    }
  }
  return bytes.length;
}
