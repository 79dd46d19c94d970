import { GraphcellError } from "../errors";
import { type Problem } from "../model/problem";
import { type ScriptModules, isScript, readScripts } from "../script/source";
import { type PyMap, isMap } from "../value/value";
import { type DeploySettings, SETTINGS_FILE } from "./deploy-settings";
import type { DeployRequest } from "./function-plan";
import { readSettings, settingsError } from "./settings";

/** The folder of the notebook: settings, sources and modules are beside it. Paths are relative to it. */
export interface FolderPort {
  /** Text of a file; null where there is none. */
  read(path: string): Promise<string | null>;
  /** Makes a file, or writes it anew as a whole. */
  write(path: string, text: string): Promise<void>;
  /** What is in a folder, `""` for the notebook's own; empty where there is none. */
  list(path: string): Promise<readonly FolderEntry[]>;
}

export interface FolderEntry {
  readonly name: string;
  readonly isFolder: boolean;
}

/** What a notebook is deployed from besides its graph. */
export interface Beside extends Required<
  Pick<DeployRequest, "settings" | "files" | "localModules" | "scripts">
> {
  /** Text of the settings file; null where there is none. */
  readonly settingsText: string | null;
}

/** The graph that is to be deployed, and what is known to be wrong with it. */
export interface DeployGraph extends Pick<
  DeployRequest,
  "graph" | "spec" | "name" | "cells" | "graphNames" | "notebook"
> {
  readonly problems: readonly Problem[];
}

/** Reads settings and all that they name. Throws `GraphcellError` for settings that can't be used. */
export async function readBeside(folder: FolderPort, graph: DeployGraph | null): Promise<Beside> {
  const settingsText = await folder.read(SETTINGS_FILE);
  const { settings, problems } = readSettings(settingsText ?? "");
  if (problems.length > 0) throw settingsError(SETTINGS_FILE, problems);
  const files = graph === null ? new Map<string, string>() : await namedFiles(folder, settings, graph.spec);
  return {
    settingsText,
    settings,
    files,
    scripts: await namedScripts(folder, settings),
    localModules: await localModules(folder, graph?.notebook ?? ""),
  };
}

/** Sources in TypeScript or JavaScript that settings name, by the path as it is written there. */
export async function namedScripts(
  folder: Pick<FolderPort, "read">,
  settings: DeploySettings,
): Promise<NonNullable<DeployRequest["scripts"]>> {
  const scripts = new Map<string, ScriptModules | GraphcellError>();
  for (const one of [settings.defaults, ...Object.values(settings.functions ?? {})]) {
    const path = one?.source;
    if (path === undefined || !isScript(path) || scripts.has(path)) continue;
    try {
      scripts.set(path, await readScripts(path, (name) => folder.read(name)));
    } catch (error) {
      if (!(error instanceof GraphcellError)) throw error;
      scripts.set(path, error);
    }
  }
  return scripts;
}

/** Files that settings or child functions name as their source, by the path as it is written there. */
export async function namedFiles(
  folder: FolderPort,
  settings: DeploySettings,
  spec: PyMap,
): Promise<ReadonlyMap<string, string>> {
  const named = [settings.defaults, ...Object.values(settings.functions ?? {})].map((one) => one?.source);
  const refs = spec.get("function_refs");
  for (const ref of Array.isArray(refs) ? refs : isMap(refs) ? refs.values() : []) {
    const url = isMap(ref) ? ref.get("url") : undefined;
    if (typeof url === "string") named.push(url);
  }
  const files = new Map<string, string>();
  for (const path of named) {
    if (path === undefined || path === "" || isScript(path) || /^\w+:\/\//.test(path)) continue;
    const text = await folder.read(path);
    if (text !== null) files.set(path, text);
  }
  return files;
}

/** Names of modules that are files or packages beside the notebook. */
export async function localModules(folder: FolderPort, notebook: string): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const { name, isFolder } of await folder.list("")) {
    if (!isFolder && name.endsWith(".py")) names.add(name.slice(0, -3));
    else if (isFolder && /^[A-Za-z_]\w*$/.test(name)) {
      const inside = await folder.list(name);
      if (inside.some((entry) => entry.name === "__init__.py")) names.add(name);
    }
  }
  names.delete(notebook.replace(/\.\w+$/, ""));
  return names;
}
