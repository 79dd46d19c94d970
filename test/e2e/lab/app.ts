/** The part of JupyterLab's `window.jupyterapp` that the tests use in the page. */
export interface LabApp {
  readonly commands: {
    execute(id: string, args?: object): Promise<unknown>;
    hasCommand(id: string): boolean;
  };
  readonly shell: {
    widgets(area: string): Iterable<LabPanel>;
    activateById(id: string): void;
  };
  readonly restored: Promise<void>;
  readonly serviceManager: {
    readonly sessions: { shutdownAll(): Promise<void> };
    readonly kernelspecs: { refreshSpecs(): Promise<void> };
  };
}

export interface LabPanel {
  readonly id: string;
  readonly isDisposed: boolean;
  dispose(): void;
  readonly context?: {
    readonly path: string;
    readonly ready: Promise<void>;
    save(): Promise<void>;
    rename(to: string): Promise<void>;
    readonly model: { dirty: boolean; toJSON(): unknown };
  };
  readonly content?: {
    activeCellIndex: number;
    readonly widgets: readonly LabCell[];
    readonly model: { readonly sharedModel: SharedNotebook } | null;
    scrollToItem(index: number): Promise<void>;
  };
  readonly sessionContext?: {
    readonly session: {
      readonly kernel: { readonly status: string; interrupt(): Promise<void> } | null;
    } | null;
    restartKernel(): Promise<void>;
    shutdown(): Promise<void>;
  };
}

export interface LabCell {
  readonly node: HTMLElement;
  readonly editor: {
    focus(): void;
    setCursorPosition(at: object): void;
    getPositionAt(offset: number): object;
  } | null;
}

interface SharedNotebook {
  readonly cells: readonly {
    getSource(): string;
    setSource(text: string): void;
    toJSON(): { outputs?: unknown[] };
  }[];
  insertCell(index: number, cell: object): unknown;
}

declare global {
  interface Window {
    jupyterapp: LabApp;
  }
}
