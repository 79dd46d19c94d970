import type { Locator, Page } from "playwright-core";

/** A notebook application under test, as the scenarios see it: they know nothing else of it. */
export interface Host {
  readonly name: string;
  readonly page: Page;
  /** Copies a notebook (of `examples` or of the fixtures) into the workspace and opens it. */
  open(notebook: string, options?: OpenOptions): Promise<OpenNotebook>;
  /** Writes a notebook of these code cells into the workspace and opens it. */
  openCells(name: string, cells: readonly string[], options?: CellOptions): Promise<OpenNotebook>;
  /** Makes a kernel known to the server. */
  addKernel?(id: string, spec: KernelSpec): Promise<void>;
  /** Makes Nuclio clusters known to the server: the text of the user's `connections.yaml`. */
  setConnections?(text: string): Promise<void>;
  /** A Jupyter server somewhere else, and what stands in the settings files. */
  jupyterServer?(): Promise<{ readonly url: string; readonly token: string; stop(): Promise<void> }>;
  settingsText?(): Promise<string>;
  /** Closes everything and ends all kernels, for the next scenario. */
  reset(): Promise<void>;
  setTheme(theme: Theme): Promise<void>;
  /** Errors that our code threw in the page since the last call. */
  takeErrors(): readonly string[];
  /** Restarts the server behind the application at the same address. */
  restartServer?(): Promise<void>;
  /** Makes a new Python environment, which has no packages but pip, the one that notebooks run with; gives its path. */
  bareEnvironment?(): Promise<string>;
  /** Ends the process that extensions run in, and waits for the next. */
  restartExtensions?(): Promise<void>;
  stopServer?(): Promise<void>;
  startServer?(): Promise<void>;
  close(): Promise<void>;
}

export type Theme = "light" | "dark" | "high-contrast";

export interface OpenOptions {
  /** Wait until a kernel is there; true when absent. */
  readonly kernel?: boolean;
  /** VS Code: id of the controller whose kernel it is; that of the workspace's Python when absent. */
  readonly controller?: string;
  /** The server says that the file can't be written. */
  readonly readOnly?: boolean;
}

export interface CellOptions extends OpenOptions {
  /** Value of the notebook's metadata key `graphcell`. */
  readonly metadata?: unknown;
  /** Id of a kernel that `addKernel` made known. */
  readonly kernelId?: string;
  /** Texts of files beside it, by path; the notebook's name should have a folder then, which is its own. */
  readonly files?: Readonly<Record<string, string>>;
  /** Outputs that the first cell has in the file. */
  readonly outputs?: readonly object[];
}

export interface KernelSpec {
  /** `{python}` is the interpreter of the tests, `{home}` the folder of the kernel's spec. */
  readonly argv: readonly string[];
  readonly name: string;
  readonly language: string;
}

export interface OpenNotebook {
  readonly page: Page;
  /** Path of the file in the workspace. */
  readonly file: string;
  /** Root of Graphcell's sidebar. */
  readonly sidebar: Locator;
  /** Root of the deployment's view, once it is open. */
  readonly deployment: Locator;
  /** Root of the graph in a tab of its own, where one is open. */
  readonly tab: Locator;
  showSidebar(): Promise<void>;
  setSidebarWidth(pixels: number): Promise<void>;
  /** Text of a cell's editor. */
  source(cell: number): Promise<string>;
  /** Types at the end of a cell, key by key. */
  type(cell: number, text: string): Promise<void>;
  replace(cell: number, source: string): Promise<void>;
  /** Adds a code cell at the end and gives its number. */
  append(source: string): Promise<number>;
  select(cell: number): Promise<void>;
  /** Index of the active cell. */
  active(): Promise<number>;
  /** Runs one cell and waits for its end, unless `wait` is false. */
  run(cell: number, wait?: boolean): Promise<void>;
  /** Runs all cells and waits for the kernel to be idle. */
  runAll(): Promise<void>;
  /** Restarts the kernel and runs all cells, by the application's own command; does not wait for their end. */
  restartAndRunAll(): Promise<void>;
  /** Outputs of a cell as they would be saved. */
  outputs(cell: number): Promise<readonly SavedOutput[]>;
  output(cell: number): Locator;
  /** Runs one of Graphcell's commands by the part of its id behind `graphcell:`. */
  command(name: string, args?: Record<string, string>): Promise<void>;
  /** Text of a file in the notebook's folder; null while there is none. */
  beside?(name: string): Promise<string | null>;
  /** Changes the file on disk, as another program does. */
  writeFile?(change: (text: string) => string): Promise<void>;
  /** Gives a command of the workbench itself. */
  workbench?(id: string, argument?: string): Promise<void>;
  save(): Promise<void>;
  /** The file as it is on disk. */
  saved(): Promise<SavedNotebook>;
  /** Loads the whole page anew and waits for this notebook. */
  reload(): Promise<void>;
  restartKernel(): Promise<void>;
  shutdownKernel(): Promise<void>;
  /** Gives the file another name. */
  rename(to: string): Promise<void>;
  /** Closes it without saving. */
  close(): Promise<void>;
  /** Closes it without saving, and opens it again. */
  reopen(): Promise<void>;
  /** Brings it to the front. */
  activate(): Promise<void>;
  interruptKernel(): Promise<void>;
  /** `idle`, `busy`, ... */
  kernelStatus(): Promise<string>;
}

export interface SavedOutput {
  readonly output_type: string;
  readonly data?: Record<string, unknown>;
  readonly text?: string | readonly string[];
  readonly ename?: string;
}

export interface SavedNotebook {
  readonly metadata: Record<string, unknown>;
  readonly cells: readonly {
    readonly source: string | readonly string[];
    readonly outputs?: readonly SavedOutput[];
  }[];
}

export interface Scenario {
  readonly name: string;
  /** Hosts that it runs on: `lab`, `notebook`, `code`, `code-restricted`; JupyterLab and VS Code when absent. */
  readonly hosts?: readonly string[];
  run(host: Host): Promise<void>;
}
