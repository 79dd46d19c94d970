/** A client that comes to a kernel whose published messages get through later than its replies. */
import { CancelSource } from "@graphcell/core";
import {
  KernelClient,
  decodeFrame,
  encodeFrame,
  type SocketEvents,
  type Utf8,
} from "@graphcell/kernel-bridge";

const utf8: Utf8 = {
  encode: (text) => new TextEncoder().encode(text),
  decode: (bytes) => new TextDecoder().decode(bytes),
};

const timers = {
  schedule(callback: () => void, ms: number) {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Answers requests at once; what it publishes is lost until the channel for that is open. */
class Kernel {
  readonly asked: string[] = [];
  publishes = false;
  /** Its main shell is busy for ever. */
  busy = false;
  private events: SocketEvents | null = null;
  private count = 0;
  readonly maxFrame = 1e6;
  readonly exists = () => Promise.resolve(true);
  readonly interrupt = () => Promise.resolve();
  readonly restart = () => Promise.resolve();

  open(events: SocketEvents) {
    this.events = events;
    setTimeout(() => events.opened(), 0);
    return { send: (frame: Uint8Array) => this.receive(frame), close: () => undefined };
  }

  private receive(frame: Uint8Array): void {
    const { channel, header } = decodeFrame(frame, utf8);
    this.asked.push(header.msg_type);
    if (this.busy && channel === "shell") return;
    const reply = (from: typeof channel, msg_type: string, content: Record<string, unknown>) => {
      const own = { msg_id: `k${++this.count}`, msg_type, session: "process" };
      this.events?.message(encodeFrame({ channel: from, header: own, parent: header, content }, utf8));
    };
    setTimeout(() => {
      if (this.publishes) reply("iopub", "status", { execution_state: "idle" });
      reply(channel, header.msg_type.replace("_request", "_reply"), {
        language_info: { name: "python" },
        supported_features: ["kernel subshells"],
        subshell_id: "sub",
      });
    }, 0);
  }
}

const asks = (kernel: Kernel) => kernel.asked.filter((type) => type === "kernel_info_request").length;
const soon = () => new Promise((next) => setTimeout(next, 5));

function connect(kernel: Kernel, cancel?: CancelSource): Promise<KernelClient> {
  let ids = 0;
  return KernelClient.connect(kernel, { timers, utf8, randomId: () => `c${++ids}` }, cancel);
}

test("makes no channel to a kernel before what it publishes comes through", async () => {
  const kernel = new Kernel();
  const connected = connect(kernel);
  // It goes on asking, since a published message that was lost does not come again by itself.
  while (asks(kernel) < 5 && !kernel.asked.includes("create_subshell_request")) await soon();
  expect(kernel.asked).not.toContain("create_subshell_request");
  kernel.publishes = true;
  const client = await connected;
  expect(kernel.asked).toContain("create_subshell_request");
  expect(client.status).toBe("idle");
  client.dispose();
});

test("a client that is given up while the main shell is busy leaves no failure that nobody hears", async () => {
  const kernel = new Kernel();
  kernel.busy = true;
  const cancel = new CancelSource();
  const connected = connect(kernel, cancel);
  while (asks(kernel) < 5) await soon();
  cancel.cancel();
  await expect(connected).rejects.toMatchObject({ code: "GC_CANCELLED" });
  // Jest fails a test during which a rejection is left unhandled.
  for (let turn = 0; turn < 5; turn++) await soon();
});
