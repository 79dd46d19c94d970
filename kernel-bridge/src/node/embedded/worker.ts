/**
 * The worker thread of an embedded kernel: Python in WebAssembly, and the loop that answers Jupyter's messages. It gets
 * messages one by one; what comes of one goes out while it is worked on.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import type { WorkerStart, WorkerMessage } from "./worker-messages";

/** What is used of Pyodide. */
interface Pyodide {
  readonly FS: { writeFile(path: string, text: string): void; mkdirTree(path: string): void };
  readonly version: string;
  setInterruptBuffer(buffer: Int32Array): void;
  runPython(code: string): unknown;
  pyimport(name: string): unknown;
  toPy(value: unknown): unknown;
}

interface Proxy {
  toJs(options: { dict_converter: typeof Object.fromEntries }): unknown;
  destroy(): void;
}

interface Shell {
  execute(request: unknown, cellId: string | null): Proxy | Promise<Proxy>;
  complete(code: string, at: number): Proxy;
}

const start = workerData as WorkerStart;
const control = new Int32Array(start.control);
const answer = new Uint8Array(start.answer);
const CONTROL = { interrupt: 0, answer: 1 } as const;

let parent: WorkerMessage | null = null;

function post(channel: string, type: string, content: unknown): void {
  parentPort?.postMessage({ channel, type, content, parent: parent?.header ?? null });
}

/** Waits for milliseconds, or until somebody interrupts. */
function sleep(ms: number): void {
  Atomics.wait(control, CONTROL.interrupt, 0, ms);
}

/** Asks the front end for a line of text and waits for it; null when the kernel is interrupted meanwhile. */
function ask(prompt: string, password: boolean): string | null {
  Atomics.store(control, CONTROL.answer, -1);
  post("stdin", "input_request", { prompt, password });
  while (Atomics.load(control, CONTROL.answer) < 0) {
    Atomics.wait(control, CONTROL.answer, -1, 200);
    if (Atomics.load(control, CONTROL.interrupt) !== 0) return null;
  }
  const length = Atomics.load(control, CONTROL.answer);
  return new TextDecoder().decode(answer.slice(0, length));
}

async function load(): Promise<{ python: Pyodide; shell: Shell }> {
  const module = (await import(pathToFileURL(join(start.pyodide, "pyodide.mjs")).href)) as {
    loadPyodide(options: { indexURL: string }): Promise<Pyodide>;
  };
  const python = await module.loadPyodide({ indexURL: `${start.pyodide}/` });
  python.FS.mkdirTree("/graphcell");
  python.FS.writeFile("/graphcell/graphcell_shell.py", start.shell);
  python.setInterruptBuffer(control);
  python.runPython("import sys; sys.path.insert(0, '/graphcell')");
  const shellModule = python.pyimport("graphcell_shell") as {
    start(send: (kind: string, content: string) => void, ask: unknown, sleep: unknown): Shell;
  };
  const send = (kind: string, content: string) => post("iopub", kind, JSON.parse(content) as unknown);
  return { python, shell: shellModule.start(send, ask, sleep) };
}

function plain(proxy: Proxy): unknown {
  try {
    return proxy.toJs({ dict_converter: Object.fromEntries });
  } finally {
    proxy.destroy();
  }
}

async function handle(
  { python, shell }: Awaited<ReturnType<typeof load>>,
  message: WorkerMessage,
): Promise<void> {
  const { content } = message;
  const reply = (type: string, body: unknown) => post(message.channel, type, body);
  switch (message.type) {
    case "kernel_info_request":
      return reply("kernel_info_reply", {
        status: "ok",
        protocol_version: "5.3",
        implementation: "graphcell",
        implementation_version: python.version,
        language_info: {
          name: "python",
          version: String(python.runPython("import sys; sys.version.split()[0]")),
          mimetype: "text/x-python",
          file_extension: ".py",
        },
        banner: "",
        supported_features: [],
      });
    case "execute_request": {
      const cellId = typeof message.metadata.cellId === "string" ? message.metadata.cellId : null;
      const done = plain(await shell.execute(python.toPy(content), cellId));
      return reply("execute_reply", done);
    }
    case "complete_request":
      return reply("complete_reply", plain(shell.complete(String(content.code), Number(content.cursor_pos))));
    case "comm_open":
      return post("iopub", "comm_close", { comm_id: content.comm_id, data: {} });
    case "comm_info_request":
      return reply("comm_info_reply", { status: "ok", comms: {} });
    case "is_complete_request":
      return reply("is_complete_reply", { status: "unknown" });
    case "history_request":
      return reply("history_reply", { status: "ok", history: [] });
    default:
      if (message.type.endsWith("_request")) {
        reply(message.type.replace(/_request$/, "_reply"), {
          status: "error",
          ename: "NotImplementedError",
          evalue: message.type,
          traceback: [],
        });
      }
  }
}

async function main(): Promise<void> {
  const loaded = await load();
  let queue: Promise<void> = Promise.resolve();
  const work = async (message: WorkerMessage): Promise<void> => {
    parent = message;
    post("iopub", "status", { execution_state: "busy" });
    try {
      await handle(loaded, message);
    } catch (error) {
      // Python itself broke: what it holds can't be trusted.
      post("iopub", "fatal", { message: error instanceof Error ? error.message : String(error) });
      process.exit(1);
    }
    // What was meant for this code does not hit the next.
    Atomics.store(control, CONTROL.interrupt, 0);
    post("iopub", "status", { execution_state: "idle" });
    parent = null;
  };
  parentPort?.on("message", (message: WorkerMessage) => {
    queue = queue.then(() => work(message));
  });
  post("iopub", "status", { execution_state: "starting" });
}

main().catch((error: unknown) => {
  post("iopub", "fatal", { message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
});
