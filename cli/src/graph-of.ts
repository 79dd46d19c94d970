import { type DocumentGraph, type Document, chooseGraph } from "./document";
import { runFile } from "./kernel";
import type { RunOptions } from "./options";
import { chooseTarget } from "./simulate";
import { Progress, type Terminal } from "./terminal";

/** The wanted graph: as the text has it, or with `--run` as a kernel does, and then the names in that kernel. */
export async function graphOf(
  document: Document,
  options: RunOptions,
  terminal: Terminal,
): Promise<{ readonly graph: DocumentGraph; readonly names: ReadonlySet<string> | null }> {
  if (!options.run) return { graph: chooseGraph(document.graphs, options.graph, document.path), names: null };
  const progress = new Progress(terminal);
  const running = await runFile(document, options, progress);
  try {
    const target = chooseTarget(document, options, running);
    const written = document.graphs.find((g) => g.name === target.name);
    return {
      graph: { ...target, parsed: written?.parsed ?? null },
      names: new Set(running.report.names),
    };
  } finally {
    progress.clear();
    await running.dispose();
  }
}
