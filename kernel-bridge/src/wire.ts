/** Jupyter messages as bytes: the framing `v1.kernel.websocket.jupyter.org`. Pure: text codecs come from the host. */
import { GraphcellError } from "@graphcell/core";

export const KERNEL_SUBPROTOCOL = "v1.kernel.websocket.jupyter.org";

export type Channel = "shell" | "control" | "iopub" | "stdin";

/** A message's header, as far as it is used here; what else a kernel sends is dropped. */
export interface MessageHeader {
  readonly msg_id: string;
  readonly msg_type: string;
  /** Who sent it: a client's session, or the kernel process, which takes a new one at each start. */
  readonly session: string;
  /** The subshell that the message is for, or that its parent was for. */
  readonly subshell_id?: string;
}

export interface KernelMessage {
  readonly channel: Channel;
  readonly header: MessageHeader;
  /** The request that this message answers; null when nobody asked. */
  readonly parent: MessageHeader | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Text to bytes and back, as each host has it. */
export interface Utf8 {
  encode(text: string): Uint8Array;
  decode(bytes: Uint8Array): string;
}

/** What a client sends: a message whose parent is nobody. A kernel of our own names the request that it answers. */
export interface OutgoingMessage {
  readonly parent?: MessageHeader | null;
  readonly channel: Channel;
  readonly header: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

/** Parts of a frame after the channel's name: header, parent header, metadata, content. */
const PARTS = 4;

/** A frame: number of offsets, the offsets (64-bit, little-endian), the channel's name, the parts. */
export function encodeFrame(message: OutgoingMessage, utf8: Utf8): Uint8Array {
  const parts = [message.header, message.parent ?? {}, message.metadata ?? {}, message.content].map((part) =>
    utf8.encode(JSON.stringify(part)),
  );
  const blocks = [utf8.encode(message.channel), ...parts];
  const count = blocks.length + 1;
  const size = 8 * (count + 1) + blocks.reduce((sum, block) => sum + block.length, 0);
  const frame = new Uint8Array(size);
  const view = new DataView(frame.buffer);
  writeOffset(view, 0, count);
  let at = 8 * (count + 1);
  blocks.forEach((block, i) => {
    writeOffset(view, i + 1, at);
    frame.set(block, at);
    at += block.length;
  });
  writeOffset(view, count, at);
  return frame;
}

/** The message in a frame. Throws `GC_WIRE` when the bytes are no such frame. */
export function decodeFrame(frame: Uint8Array, utf8: Utf8): KernelMessage {
  const offsets = readOffsets(frame);
  const block = (i: number) => utf8.decode(frame.subarray(offsets[i], offsets[i + 1]));
  const [header, parent, metadata, content] = [1, 2, 3, 4].map((i) => parsePart(block(i)));
  const ownHeader = headerOf(header);
  if (!ownHeader) throw malformed("its header has no id, type or session");
  return {
    channel: channelOf(block(0)),
    header: ownHeader,
    parent: headerOf(parent),
    metadata: metadata ?? {},
    content: content ?? {},
  };
}

function readOffsets(frame: Uint8Array): number[] {
  if (frame.length < 8) throw malformed("it is shorter than one offset");
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const count = readOffset(view, 0);
  // Binary buffers may follow the parts; nothing of ours uses them.
  if (count < PARTS + 2 || 8 * (count + 1) > frame.length) throw malformed(`it claims ${count} offsets`);
  const offsets: number[] = [];
  let last = 8 * (count + 1);
  for (let i = 1; i <= count; i++) {
    const offset = readOffset(view, i);
    if (offset < last || offset > frame.length) throw malformed("its offsets are out of order");
    offsets.push(offset);
    last = offset;
  }
  return offsets;
}

function writeOffset(view: DataView, index: number, value: number): void {
  view.setBigUint64(8 * index, BigInt(value), true);
}

function readOffset(view: DataView, index: number): number {
  return Number(view.getBigUint64(8 * index, true));
}

function parsePart(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isRecord(value)) return value;
  } catch {
    throw malformed("a part is not JSON");
  }
  throw malformed("a part is not an object");
}

function channelOf(text: string): Channel {
  if (text === "shell" || text === "control" || text === "iopub" || text === "stdin") return text;
  throw malformed(`its channel is "${text}"`);
}

/** A header out of anything; null when it has no id, type or session. */
export function headerOf(value: unknown): MessageHeader | null {
  if (!isRecord(value)) return null;
  const { msg_id, msg_type, session, subshell_id } = value;
  if (typeof msg_id !== "string" || typeof msg_type !== "string" || typeof session !== "string") return null;
  const header = { msg_id, msg_type, session };
  return typeof subshell_id === "string" ? { ...header, subshell_id } : header;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(why: string): GraphcellError {
  return new GraphcellError(
    "GC_WIRE",
    `A message from the Jupyter server can't be read: ${why}.`,
    "Update jupyter_server to 2.0 or newer.",
  );
}
