/** Steps in TypeScript or JavaScript that a notebook's settings name: loaded when a graph has names of nobody. */
import type { ScriptPort } from "./ports";
import type { Executor } from "../engine/executor";
import type { CancelToken } from "../lifetime";
import type { FolderPort } from "../nuclio/deploy-folder";
import { SETTINGS_FILE } from "../nuclio/deploy-settings";
import { readSettings, settingsError, settingsOf } from "../nuclio/settings";
import { type ScriptModules, isScript, readScripts } from "../script/source";
import { type ScriptWorker, workerExecutor } from "../script/worker";

/** The steps that the settings beside a notebook name as a graph's source; null where its steps are Python's. */
export async function scriptsBeside(
  folder: Pick<FolderPort, "read" | "list">,
  graph: string,
): Promise<ScriptModules | null> {
  // A look at the folder costs no complaint about a file that is not there.
  if (!(await folder.list("")).some(({ name }) => name === SETTINGS_FILE)) return null;
  const { settings, problems } = readSettings((await folder.read(SETTINGS_FILE)) ?? "");
  if (problems.length > 0) throw settingsError(SETTINGS_FILE, problems);
  const { source } = settingsOf(settings, graph);
  if (source === undefined || !isScript(source)) return null;
  return readScripts(source, (path) => folder.read(path));
}

/** The steps of a folder, run by workers of the host. */
export class FolderScripts implements ScriptPort {
  constructor(
    private readonly folder: Pick<FolderPort, "read" | "list">,
    private readonly start: () => ScriptWorker,
  ) {}

  async executor(graph: string, cancel: CancelToken): Promise<Executor | null> {
    const scripts = await scriptsBeside(this.folder, graph);
    return scripts && workerExecutor(scripts, this.start(), cancel);
  }

  async names(graph: string): Promise<ReadonlySet<string>> {
    return (await scriptsBeside(this.folder, graph))?.exports ?? new Set();
  }
}
