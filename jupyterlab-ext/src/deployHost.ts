import type { Contents } from "@jupyterlab/services";
import { SessionDeployHost } from "@graphcell/core/deployment";
import type { DeployHost, FolderPort, NativeBundle } from "@graphcell/core/nuclio";
import type { LabClusters } from "./clusters";
import { LabFolder, folderOf } from "./folder";
import type { NotebookSession } from "./notebookSession";

/** One notebook's graph, what is beside it, and the clusters that the Jupyter server reaches. */
export class LabDeployHost extends SessionDeployHost implements DeployHost {
  readonly folder: FolderPort;

  constructor(
    private readonly current: NotebookSession,
    private readonly clusters: LabClusters,
    contents: Contents.IManager,
  ) {
    super(current.session, current.notebook);
    this.folder = new LabFolder(contents, () => folderOf(current.notebook.path));
  }

  connections() {
    return this.clusters.list();
  }

  cluster(name: string) {
    return Promise.resolve(this.clusters.open(name));
  }

  history(name: string) {
    return Promise.resolve(this.clusters.history(name));
  }

  revision(name: string): Promise<string> {
    return this.clusters.revision(this.current.notebook.path, name);
  }

  async engine(): Promise<NativeBundle> {
    const { default: code } = await import("@graphcell/core/native-function");
    return { code };
  }

  newId(): string {
    return crypto.randomUUID();
  }
}
