import {
  type Executor,
  type Graph,
  JsonError,
  type MockEvent,
  type Problem,
  type PyMap,
  type PyValue,
  bringsOwnEvents,
  decodeGraph,
  never,
  parseJson,
  simulate,
  wireText,
} from "@graphcell/core";
import { type Document, chooseGraph, savedEvents, savedMocks } from "./document";
import { readEvents } from "./events";
import { nodeFetch } from "./fetch";
import { CommandError, Exit, type ExitCode } from "./exit";
import { type RunningFile, runFile } from "./kernel";
import type { Options, RunOptions } from "./options";
import { problemsOf } from "./problems";
import { allWell, runText, runValue } from "./report";
import { scriptsBesideFile } from "./scripts";
import { Progress, type Terminal } from "./terminal";

/** Bytes of one value in `--json`: whole, as far as anybody wants to read. */
const WHOLE = 64 * 1024 * 1024;

/** `graphcell simulate`: runs FILE, then events through its graph. */
export async function simulateFile(
  document: Document,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const progress = new Progress(terminal);
  const given = options.events === null ? null : await readEvents(options.events, terminal);
  const running = await runFile(document, options, progress);
  let executor: Executor | null = null;
  try {
    const scripts = scriptsBesideFile(document.path);
    const target = chooseTarget(document, options, running);
    const events = given ?? savedEvents(document, target.name);
    if (events.length === 0 && !bringsOwnEvents(target.graph)) {
      throw new CommandError(
        Exit.usage,
        `Graph "${target.name}" has no saved event.`,
        "Give events with --events FILE, a JSON list; - reads standard input.",
      );
    }
    executor =
      (await scripts.executor(target.name, never)) ??
      (await running.agent.executor({ variable: target.variable, name: target.name }, never));
    const run = await simulate(target.graph, expand(events), {
      executor,
      spec: target.spec,
      functionName: target.name,
      currentFunction: options.function ?? "*",
      trace: options.json && options.trace ? "both" : "records",
      previewBytes: options.json ? WHOLE : 8192,
      mocks: new Map([...savedMocks(document, target.name), ...options.mocks.map(readMock)]),
      ...(options.http ? { fetch: nodeFetch } : {}),
      ...(options.json ? { keepRecords: Infinity } : {}),
      onProgress: (done, total) => progress.events(done, total),
    });
    progress.clear();
    if (options.json)
      terminal.out(`${wireText(runValue(target.graph, target.problems, run, options.trace))}\n`);
    else terminal.out(runText(run));
    return allWell(run) ? Exit.done : Exit.wrong;
  } finally {
    progress.clear();
    await executor?.end?.();
    await running.dispose();
  }
}

/** A result of the command line, `STEP=JSON`. */
function readMock(text: string): readonly [string, PyValue] {
  const at = text.indexOf("=");
  try {
    if (at > 0) return [text.slice(0, at), parseJson(text.slice(at + 1))];
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
  }
  throw new CommandError(
    Exit.usage,
    `--mock ${text} can't be read.`,
    "Write the step's name, = and its result as JSON: --mock 'score={\"x\": 1}'.",
  );
}

interface Target {
  readonly name: string;
  readonly variable: string | null;
  readonly variables: readonly string[];
  readonly graph: Graph;
  readonly spec: PyMap;
  readonly problems: readonly Problem[];
}

/** The graph to run: the kernel's for a notebook or Python file, the file's own for a graph file. */
export function chooseTarget(document: Document, options: RunOptions, running: RunningFile): Target {
  if (document.kind === "graph") {
    const chosen = chooseGraph(document.graphs, options.graph, document.path);
    return { ...chosen, problems: problemsOf(document, chosen, new Set(running.report.names)) };
  }
  const held = running.report.graphs.map((info) => ({
    name: info.name || (info.variables[0] ?? "graph"),
    variable: info.variables[0] ?? null,
    variables: info.variables,
    info,
  }));
  const chosen = chooseGraph(held, options.graph, document.path);
  const { graph, problems } = decodeGraph(chosen.info.graph);
  const written = document.graphs.find(
    (g) => g.name === chosen.name || (g.variable !== null && chosen.variables.includes(g.variable)),
  );
  const names = new Set(running.report.names);
  const target = {
    name: chosen.name,
    variable: chosen.variable,
    variables: chosen.variables,
    graph,
    spec: chosen.info.spec,
  };
  const known = written ?? { ...target, parsed: null };
  return { ...target, problems: [...problems, ...problemsOf(document, { ...known, graph }, names)] };
}

/** Writes out `repeat`; ids are counted where none is given, or where one event goes several times. */
function expand(events: readonly MockEvent[]): readonly MockEvent[] {
  const all = events.flatMap(({ repeat = 1, ...event }): MockEvent[] =>
    Array.from({ length: repeat }, () => (repeat === 1 ? event : { ...event, id: undefined })),
  );
  return all.map((event, i) => ({ ...event, id: event.id ?? `e${i + 1}` }));
}
