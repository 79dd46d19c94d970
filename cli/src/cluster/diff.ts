import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { type Graph, GraphcellError, shortRepr, wireText } from "@graphcell/core";
import { type StepDifference, deployedGraph, diffGraphs, planDeployment } from "@graphcell/core/nuclio";
import { fileAtRevision } from "@graphcell/kernel-bridge/node";
import { chooseGraph, readDocument } from "../document";
import { CommandError, Exit, type ExitCode } from "../exit";
import type { Terminal } from "../terminal";
import { openCluster } from "./connection";
import { prepare } from "./deployment";
import { existing } from "./functions";
import { type ClusterOptions, usage } from "./options";
import { printJson } from "./output";

const MARKS: Readonly<Record<StepDifference["change"], string>> = { added: "+", removed: "-", changed: "~" };

/** `graphcell diff`: from what is deployed (or a git revision) to what is written. Exit code 1 when they differ. */
export async function diffFile(path: string, options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const prepared = await prepare(path, options, terminal);
  const plan = planDeployment(prepared.request);
  const before =
    options.git === null
      ? await deployed(options, prepared.settings.connection ?? null, plan.functions.at(-1)?.name ?? "")
      : await atRevision(path, options.git, prepared.request.name);
  const differences = diffGraphs(before, options.git === null ? plan.graph : prepared.request.graph);
  if (options.json) {
    printJson(
      terminal,
      differences.map(({ step, change, fields }) => ({
        step,
        change,
        fields: fields.map(({ name, before: was, after }) => ({
          name,
          before: JSON.parse(wireText(was)) as never,
          after: JSON.parse(wireText(after)) as never,
        })),
      })),
    );
  } else {
    for (const { step, change, fields } of differences) {
      terminal.out(`${MARKS[change]} ${step === "" ? "(the graph)" : step}\n`);
      for (const { name, before: was, after } of fields) {
        terminal.out(`    ${name}: ${shortRepr(was, 80)} -> ${shortRepr(after, 80)}\n`);
      }
    }
    if (differences.length === 0) terminal.out("No difference.\n");
  }
  return differences.length === 0 ? Exit.done : Exit.wrong;
}

async function deployed(options: ClusterOptions, connection: string | null, name: string): Promise<Graph> {
  const cluster = await openCluster(options, connection);
  const graph = deployedGraph((await existing(cluster, name)).spec);
  if (graph !== null) return graph;
  throw new CommandError(
    Exit.outside,
    `Function "${name}" holds no graph that can be read.`,
    "It was made by something else.",
  );
}

/** The graph of FILE as a git revision has it. */
async function atRevision(path: string, revision: string, name: string): Promise<Graph> {
  const text = await fileAtRevision(resolve(path), revision).catch((error: unknown) => {
    if (error instanceof GraphcellError) throw usage(error.message, error.remedy);
    throw error;
  });
  const folder = await mkdtemp(join(tmpdir(), "graphcell-diff-"));
  try {
    const file = join(folder, basename(path));
    await writeFile(file, text);
    const document = await readDocument(file);
    return chooseGraph(document.graphs, document.graphs.length === 1 ? null : name, `${path} at ${revision}`)
      .graph;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
