import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { GraphcellError, type Problem } from "@graphcell/core";
import {
  type DeployRequest,
  type DeploySettings,
  type NativeBundle,
  SETTINGS_FILE,
  localModules,
  namedFiles,
  namedScripts,
  readSettings,
  settingsError,
  settingsOf,
} from "@graphcell/core/nuclio";
import { DiskFolder } from "@graphcell/kernel-bridge/node";
import { type Document, isMissing, readDocument } from "../document";
import { CommandError, Exit } from "../exit";
import { graphOf } from "../graph-of";
import { problemsOf } from "../problems";
import type { Terminal } from "../terminal";
import type { ClusterOptions } from "./options";

/** FILE, its graph and its settings, ready to be made into functions. */
export interface PreparedDeployment {
  readonly document: Document;
  readonly request: DeployRequest;
  readonly settings: DeploySettings;
  /** What `check` says of the graph, and what can't be known without running. */
  readonly problems: readonly Problem[];
}

/** Reads all that a deployment of FILE is made from. */
export async function prepare(
  path: string,
  options: ClusterOptions,
  terminal: Terminal,
): Promise<PreparedDeployment> {
  const document = await readDocument(path);
  const read = await readSettingsFile(
    options.settings ?? join(dirname(resolve(path)), SETTINGS_FILE),
    options,
  );
  const settings: DeploySettings = {
    ...read,
    ...(options.project === null ? {} : { project: options.project }),
    ...(options.namespace === null ? {} : { namespace: options.namespace }),
  };
  const chosen = { ...options, graph: options.graph ?? settings.graph ?? null };
  const { graph, names } = await graphOf(document, chosen, terminal);
  const folder = new DiskFolder(dirname(resolve(path)));
  const scripts = await namedScripts(folder, settings);
  const unknown = options.run ? [] : (graph.parsed?.unknowns ?? []);
  return {
    document,
    settings,
    problems: [
      ...problemsOf(document, graph, names, exportsFor(scripts, settings, graph.name)),
      ...unknown.map(({ step, what, reason, range }): Problem => ({
        code: "deploy-unknown",
        severity: "error",
        step,
        message: `${step === null ? "The graph" : `Step "${step}"`}: ${what} can't be known from the text (${reason}).`,
        remedy: "Give --run: then the graph is taken from a kernel that has run the file.",
        range,
      })),
    ],
    request: {
      graph: graph.graph,
      spec: graph.spec,
      name: graph.name,
      cells: document.cells,
      graphNames: graph.variables,
      settings,
      notebook: basename(path),
      files: await namedFiles(folder, settings, graph.spec),
      scripts,
      localModules: await localModules(folder, basename(path)),
      bundle: await nativeBundle(),
    },
  };
}

/** Names that the graph's steps find in a file of TypeScript or JavaScript. */
function exportsFor(
  scripts: NonNullable<DeployRequest["scripts"]>,
  settings: DeploySettings,
  graph: string,
): ReadonlySet<string> | null {
  const found = scripts.get(settingsOf(settings, graph).source ?? "");
  return found === undefined || found instanceof GraphcellError ? null : found.exports;
}

async function readSettingsFile(path: string, options: ClusterOptions): Promise<DeploySettings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const missing = isMissing(error);
    if (missing && options.settings === null) return {};
    throw new CommandError(
      Exit.usage,
      `The settings ${path} can't be read.`,
      "Give the path of an existing file.",
    );
  }
  const { settings, problems } = readSettings(text);
  if (problems.length > 0) throw asUsage(settingsError(path, problems));
  return settings;
}

function asUsage(error: { readonly message: string; readonly remedy: string }): CommandError {
  return new CommandError(Exit.usage, error.message, error.remedy);
}

/** The engine as a nodejs function, which the build puts beside the command; null where it is not built. */
async function nativeBundle(): Promise<NativeBundle | null> {
  try {
    const path = fileURLToPath(new URL("native-function.cjs", import.meta.url));
    return { code: await readFile(path, "utf8") };
  } catch {
    return null;
  }
}
