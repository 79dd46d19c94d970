/** The other engines, in a Python process that works when it is asked to. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Peers {
  private readonly process: ChildProcess;
  private readonly lines: AsyncIterator<string>;

  constructor(root: string) {
    const windows = process.platform === "win32";
    const python = join(root, ".venv", windows ? "Scripts/python.exe" : "bin/python");
    this.process = spawn(python, [join(root, "test/bench/peers.py")], {
      stdio: ["pipe", "pipe", "ignore"],
    });
    const { stdout } = this.process;
    if (!stdout) throw new Error("the peers' process has no output");
    this.lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  }

  /** Microseconds that one event (or step) of `count` takes in the work of that name (see peers.py). */
  async micros(name: string, count: number): Promise<number> {
    this.process.stdin?.write(`${name} ${count}\n`);
    for (;;) {
      const line = await this.lines.next();
      if (line.done) throw new Error(`the peers' process ended at ${name}`);
      // MLRun greets and warns on standard output, too.
      const seconds = Number(line.value);
      if (line.value.trim() !== "" && Number.isFinite(seconds)) return (seconds / count) * 1e6;
    }
  }

  end(): void {
    this.process.stdin?.end();
  }
}
