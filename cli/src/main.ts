import { readFileSync } from "node:fs";
import { command } from "./command";
import type { Terminal } from "./terminal";

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  showsProgress: process.stderr.isTTY === true,
  async readStdin() {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array));
    return Buffer.concat(chunks).toString("utf8");
  },
};

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  const found = /"version":\s*"([^"]+)"/.exec(text);
  return found ? found[1] : "unknown";
}

// A reader that closes the pipe early (head) is no fault.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 3));

process.exitCode = await command(process.argv.slice(2), version(), terminal);
