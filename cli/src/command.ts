import { GraphcellError, type Problem, dumpJson } from "@graphcell/core";
import { type Document, chooseGraph, readDocument } from "./document";
import { clusterCommand, isClusterCommand } from "./cluster";
import { CommandError, Exit, type ExitCode } from "./exit";
import { graphOf } from "./graph-of";
import { type Options, USAGE, readOptions } from "./options";
import { problemLine, problemValue, problemsOf } from "./problems";
import { scriptsBesideFile } from "./scripts";
import { showGraph } from "./show";
import { simulateFile } from "./simulate";
import type { Terminal } from "./terminal";
import { verifyFile } from "./verify";

/** Runs the command line; resolves to the exit code, never rejects, and prints no stack trace. */
export async function command(
  argv: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<ExitCode> {
  try {
    if (isClusterCommand(argv)) return await clusterCommand(argv, terminal);
    const options = readOptions(argv);
    if (options === "help") {
      terminal.out(USAGE);
      return Exit.done;
    }
    if (options === "version") {
      terminal.out(`${version}\n`);
      return Exit.done;
    }
    const document = await readDocument(options.file);
    return await perform(document, options, terminal);
  } catch (error) {
    return failed(error, terminal);
  }
}

function perform(document: Document, options: Options, terminal: Terminal): Promise<ExitCode> {
  switch (options.command) {
    case "show":
      return show(document, options, terminal);
    case "check":
      return checkFile(document, options, terminal);
    case "simulate":
      return simulateFile(document, options, terminal);
    case "verify":
      return verifyFile(document, options, terminal);
    default:
      return options.command satisfies never;
  }
}

async function show(document: Document, options: Options, terminal: Terminal): Promise<ExitCode> {
  const { graph } = await graphOf(document, options, terminal);
  terminal.out(showGraph(graph.graph, graph.name, options.format));
  return Exit.done;
}

async function checkFile(document: Document, options: Options, terminal: Terminal): Promise<ExitCode> {
  const problems = await allProblems(document, options, terminal);
  if (options.json) terminal.out(`${dumpJson(problems.map(problemValue), { ensureAscii: false })}\n`);
  else for (const problem of problems) terminal.out(`${problemLine(document, problem)}\n`);
  return problems.some((p) => p.severity === "error") ? Exit.wrong : Exit.done;
}

/** Problems of the wanted graph, or of all graphs when none is named. */
async function allProblems(
  document: Document,
  options: Options,
  terminal: Terminal,
): Promise<readonly Problem[]> {
  const scripts = scriptsBesideFile(document.path);
  if (options.run || options.graph !== null) {
    const { graph, names } = await graphOf(document, options, terminal);
    return problemsOf(document, graph, names, await scripts.names(graph.name));
  }
  if (document.graphs.length === 0 && document.problems.length === 0) chooseGraph([], null, document.path);
  const found = [...document.problems];
  for (const graph of document.graphs) {
    found.push(...problemsOf({ ...document, problems: [] }, graph, null, await scripts.names(graph.name)));
  }
  return found;
}

function failed(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommandError || error instanceof GraphcellError) {
    terminal.err(`graphcell: ${error.message}${error.remedy === "" ? "" : ` ${error.remedy}`}\n`);
    return error instanceof CommandError ? error.code : Exit.outside;
  }
  const message = error instanceof Error ? error.message : String(error);
  terminal.err(
    `graphcell: something went wrong inside Graphcell: ${message}\nPlease report it with the file.\n`,
  );
  return Exit.outside;
}
