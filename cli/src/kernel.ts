import { dirname, resolve } from "node:path";
import { type Cell, GraphcellError, type NamespaceReport } from "@graphcell/core";
import { type KernelAgent, type KernelPort, attachAgent } from "@graphcell/kernel-bridge";
import { findPython, joinServer, nodeHost, startServer } from "@graphcell/kernel-bridge/node";
import { CommandError, Exit } from "./exit";
import type { Document } from "./document";
import type { RunOptions } from "./options";
import type { Progress } from "./terminal";

/** A kernel that has run FILE, with the agent in it. */
export interface RunningFile {
  readonly agent: KernelAgent;
  readonly report: NamespaceReport;
  dispose(): Promise<void>;
}

/** Starts or joins a server, runs the file's cells in a new kernel, and attaches the agent. */
export async function runFile(
  document: Document,
  options: RunOptions,
  progress: Progress,
): Promise<RunningFile> {
  const ends: (() => Promise<void> | void)[] = [];
  const dispose = async () => {
    for (const end of ends.reverse()) await end();
  };
  try {
    const cwd = dirname(resolve(document.path));
    progress.say(options.server === null ? "Starting a Jupyter server" : "Joining the Jupyter server");
    const server =
      options.server === null
        ? await startServer({ python: await findPython(cwd, interpreter(options.python)), cwd })
        : await joinServer({ url: options.server, token: process.env.JUPYTER_TOKEN ?? "" });
    ends.push(() => server.stop());
    progress.say("Starting a kernel");
    const kernel = await server.startKernel(options.server === null ? { cwd } : {});
    ends.push(() => server.stopKernel(kernel.id));
    const port = await server.connect(kernel.id);
    ends.push(() => port.dispose());
    await runCells(document, options, port, progress);
    progress.say("Reading the graph");
    const agent = await attachAgent(port, { timers: nodeHost.timers });
    ends.push(() => agent.dispose());
    return { agent, report: await agent.scan(), dispose };
  } catch (error) {
    await dispose();
    if (error instanceof GraphcellError) throw new CommandError(Exit.outside, error.message, error.remedy);
    throw error;
  }
}

/** A path is meant from where the command was typed, not from where FILE is; a name is looked up. */
function interpreter(given: string | null): string | undefined {
  if (given === null) return undefined;
  return /[\\/]/.test(given) ? resolve(given) : given;
}

/** Cells that are run: code, neither tagged to be left out nor a `%%simulate` cell, which runs an event. */
export function runnableCells(cells: readonly Cell[], skipTags: readonly string[]): readonly Cell[] {
  return cells.filter(
    (cell) =>
      cell.kind === "code" &&
      !/^\s*%%simulate\b/.test(cell.source) &&
      !(cell.tags ?? []).some((tag) => skipTags.includes(tag)),
  );
}

async function runCells(
  document: Document,
  options: RunOptions,
  port: KernelPort,
  progress: Progress,
): Promise<void> {
  const cells = runnableCells(document.cells, options.skipTags);
  for (const [i, cell] of cells.entries()) {
    progress.say(`Running cell ${i + 1} of ${cells.length}`);
    for await (const output of port.execute(cell.source)) {
      if (output.type !== "error") continue;
      const place = document.code ?? `Cell ${document.cells.indexOf(cell) + 1} of ${document.path}`;
      throw new CommandError(
        Exit.wrong,
        `${place} raised ${output.name}: ${output.value}`,
        document.code === null ? "Mend the cell; or leave it out with the tag graphcell-skip." : "Mend it.",
      );
    }
  }
}
