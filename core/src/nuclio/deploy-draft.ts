import { GraphcellError } from "../errors";
import type { Problem } from "../model/problem";
import { type Beside, type DeployGraph, type FolderPort, readBeside } from "./deploy-folder";
import { SETTINGS_FILE } from "./deploy-settings";
import type { DeploySource } from "./deploy-state";
import { planDeployment } from "./deployment";
import type { DeploymentPlan, FunctionPlan, NativeBundle } from "./function-plan";
import type { Json, JsonObject } from "./json";
import { functionFiles } from "./manifest";
import { engineGoes } from "./native";
import { readSettings } from "./settings";
import { editSettings } from "./settings-edit";
import { type DeployForm, fieldValue, pathOf, problemText, settingsForm } from "./settings-form";

/** What a draft needs of its host. */
export interface DraftHost {
  /** The chosen graph; null when there is none. */
  graph(): DeployGraph | null;
  readonly folder: FolderPort;
  /** The engine as a nodejs function; absent where a host has none: there all graphs go to Python. */
  engine?(): Promise<NativeBundle | null>;
}

const NOTHING: Beside = {
  settingsText: null,
  settings: {},
  files: new Map(),
  scripts: new Map(),
  localModules: new Set(),
};

/** What would be deployed now: the graph, its settings and sources, and what a person has edited of them. */
export class DeployDraft {
  private beside = NOTHING;
  /** Sources that a person has edited, by the function's key. */
  private readonly edited = new Map<string, string>();
  /** The graph that the edited sources belong to. */
  private editedOf: string | null = null;
  private bundle: NativeBundle | null = null;
  /** `local` (docker), `kube`, or empty while no cluster has told. */
  private platform = "";

  constructor(private readonly host: DraftHost) {}

  /** Reads anew what is beside the notebook. Throws `GraphcellError` for settings that can't be used. */
  async read(): Promise<void> {
    this.beside = await readBeside(this.host.folder, this.host.graph());
    this.bundle ??= (await this.host.engine?.()) ?? null;
  }

  get settings(): Beside["settings"] {
    return this.beside.settings;
  }

  get graphName(): string | null {
    return this.host.graph()?.name ?? null;
  }

  /** What is wrong with the graph itself. */
  get problems(): readonly Problem[] {
    return this.host.graph()?.problems ?? [];
  }

  /** Takes note of the cluster's platform; says whether that may change what is deployed. */
  on(platform: string): boolean {
    const changed = (this.platform === "local") !== (platform === "local");
    this.platform = platform;
    return changed;
  }

  /** The deployment. Throws `GraphcellError` without a graph. */
  plan(project: string, addresses: ReadonlyMap<string, string> = new Map()): DeploymentPlan {
    const graph = this.host.graph();
    if (graph === null) {
      throw new GraphcellError("GC_NO_GRAPH", "The notebook has no graph to deploy.", "Write one in a cell.");
    }
    if (graph.name !== this.editedOf) this.edited.clear();
    this.editedOf = graph.name;
    const { settings, files, scripts, localModules } = this.beside;
    return planDeployment({
      ...graph,
      settings: { ...settings, project },
      files,
      scripts,
      localModules,
      edited: this.edited,
      addresses,
      bundle: engineGoes(settings, graph.name, this.platform) ? this.bundle : null,
    });
  }

  source(key: string, project: string): DeploySource {
    const plan = this.plan(project);
    const fn = functionOf(plan, key);
    const yaml = functionFiles({ ...plan, functions: [fn] }).find(({ name }) => name.endsWith(".yaml"));
    return {
      key,
      name: fn.name,
      text: fn.own,
      ...(fn.runtime === "nodejs"
        ? { added: "", edited: false, file: null }
        : {
            added: fn.source.slice(fn.own.length).trim(),
            edited: this.edited.has(key),
            file: this.fileOf(fn),
          }),
      config: yaml?.text ?? "",
    };
  }

  /** Takes a person's own source for a function; null gives back the one that is made. */
  edit(key: string, text: string | null): void {
    if (text === null) this.edited.delete(key);
    else this.edited.set(key, text.endsWith("\n") || text === "" ? text : `${text}\n`);
  }

  /** Writes a function's source beside the notebook, and names it in the settings. Tells the file's name. */
  async save(key: string, project: string): Promise<string> {
    const fn = functionOf(this.plan(project), key);
    const file = this.fileOf(fn);
    const there = await this.host.folder.read(file);
    if (there !== null && there !== fn.own && this.settingsOf(key).source !== file) {
      throw new GraphcellError(
        "GC_FILE_THERE",
        `There is another ${file} beside the notebook.`,
        `Rename it, or name it in ${SETTINGS_FILE} as this function's source.`,
      );
    }
    await this.host.folder.write(file, fn.own);
    await this.write(["functions", this.nameOf(key), "source"], file);
    this.edited.delete(key);
    return file;
  }

  /** Writes YAML and source of each function into a folder beside the notebook. Tells the folder's name. */
  async exportFiles(project: string): Promise<string> {
    const folder = `${this.graphName ?? "graph"}-nuclio`;
    for (const { name, text } of functionFiles(this.plan(project))) {
      await this.host.folder.write(`${folder}/${name}`, text);
    }
    return folder;
  }

  form(scope: string, project: string, defaults: JsonObject): Omit<DeployForm, "refused"> {
    const { settingsText, settings } = this.beside;
    const plan = this.plan(project);
    const graph = this.graphName ?? "";
    return settingsForm({ text: settingsText ?? "", settings, plan, graph, scope, defaults });
  }

  /** Sets a field of the form and writes the file; a sentence where the value can't be taken. */
  async setField(scope: string, field: DeployForm["fields"][number], text: string): Promise<string | null> {
    let value: Json | undefined;
    try {
      value = fieldValue(field.kind, text);
    } catch (error) {
      if (error instanceof GraphcellError) return `${error.message} ${error.remedy}`;
      throw error;
    }
    const path = [...pathOf(scope), ...pathOf(field.id)];
    const [problem] = readSettings(editSettings(this.beside.settingsText ?? "", path, value)).problems;
    if (problem) return problemText(problem);
    await this.write(path, value);
    return null;
  }

  private async write(path: readonly string[], value: Json | undefined): Promise<void> {
    // Somebody may have written it since it was read.
    const text = (await this.host.folder.read(SETTINGS_FILE)) ?? "";
    await this.host.folder.write(SETTINGS_FILE, editSettings(text, path, value));
    await this.read();
  }

  private nameOf(key: string): string {
    return key === "" ? (this.graphName ?? "") : key;
  }

  private settingsOf(key: string): NonNullable<Beside["settings"]["defaults"]> {
    return this.beside.settings.functions?.[this.nameOf(key)] ?? {};
  }

  private fileOf(fn: FunctionPlan): string {
    const named = this.settingsOf(fn.key).source;
    return named?.endsWith(".py") === true ? named : `${fn.name.replaceAll("-", "_")}.py`;
  }
}

function functionOf(plan: DeploymentPlan, key: string): FunctionPlan {
  const found = plan.functions.find((fn) => fn.key === key);
  if (found) return found;
  throw new GraphcellError("GC_NO_FUNCTION", "That function is gone from the graph.", "Check again.");
}
