import type { SavedEvents } from "./events";
import type { NotebookGraphs } from "./graphs";
import type { NamespaceReport, SessionPorts } from "./ports";
import type { Run } from "./run";
import type { completionsAt } from "../language/completion";
import type { LanguageContext, LastRuns } from "../language/context";

/** What the language features look at in a session: text, kernel and runs as they are when it is called. */
export function languageOf(
  { notebook, kernel }: Pick<SessionPorts, "notebook" | "kernel">,
  graphs: NotebookGraphs,
  runs: ReadonlyMap<string, Run>,
  events: SavedEvents,
): () => LanguageContext {
  const names = new KernelNames();
  const last = lastRuns(runs, events);
  return () => ({
    cells: notebook.cells,
    parsed: graphs.parsed,
    kernelNames: names.of(kernel.report),
    scriptNames: graphs.scripts.all,
    runs: last,
  });
}

/** Completions need the catalogue of steps: they are loaded when somebody first asks for one. */
export function loadCompletions(): Promise<{ readonly completionsAt: typeof completionsAt }> {
  return import("../language/completion");
}

/** What the runs of a session tell hovers and lenses. */
function lastRuns(runs: ReadonlyMap<string, Run>, events: SavedEvents): LastRuns {
  return {
    events: (graph) => events.of(graph).events.length,
    run: (graph) => {
      const run = runs.get(graph);
      if (!run || run.running) return null;
      const results = [...run.results.values()];
      const ok = results.filter((r) => r.status === "ok" || r.status === "emitted").length;
      return { ok, total: results.length, outdated: run.outdated };
    },
    step: (graph, step) => {
      const run = runs.get(graph);
      const last = run?.lastOf(step);
      return run && last ? { ...last, outdated: run.outdated } : null;
    },
  };
}

/** The names of a kernel's report as a set: the same set for the same names. */
class KernelNames {
  private report: NamespaceReport | null = null;
  private names: ReadonlySet<string> | null = null;

  of(report: NamespaceReport | null): ReadonlySet<string> | null {
    if (report === this.report) return this.names;
    this.report = report;
    const before = this.names;
    this.names = report && new Set(report.names);
    const same =
      before !== null && this.names?.size === before.size && [...before].every((n) => this.names?.has(n));
    if (same) this.names = before;
    return this.names;
  }
}
