/** What an embedded kernel and its worker tell each other. */
import type { Channel, MessageHeader } from "../../wire";

/** What the worker begins with. */
export interface WorkerStart {
  /** Folder with Pyodide's files. */
  readonly pyodide: string;
  /** Text of the shell's module. */
  readonly shell: string;
  /** Two numbers: the signal that interrupts, and the length of an answer to `input`. */
  readonly control: SharedArrayBuffer;
  /** The answer's bytes. */
  readonly answer: SharedArrayBuffer;
}

/** A request on its way to the worker. */
export interface WorkerMessage {
  readonly channel: Channel;
  readonly type: string;
  readonly header: MessageHeader;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly content: Readonly<Record<string, unknown>>;
}

/** A message of the worker; the kernel gives it its own header. */
export interface WorkerAnswer {
  readonly channel: Channel;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly parent: MessageHeader | null;
}
