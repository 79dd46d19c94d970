import * as vscode from "vscode";
import { connectLoopback } from "@graphcell/kernel-bridge/node";
import { activateShared, type SharedParts } from "../activate";
import type { GraphcellApi } from "../api";
import { JUPYTER_EXTENSION, JupyterKernels } from "../kernel/jupyterKernels";
import { KernelController, type KernelOrigin } from "./controller";
import { registerDeploy } from "./deploy";
import { EmbeddedKernels, embeddedOrigin } from "./embedded";
import { NodeFileKernels } from "./fileKernels";
import { RemoteServer } from "./remote";
import { scriptsOf } from "./scripts";
import { OwnServers, folderOf } from "./servers";

const OWN = "graphcell-python";
const REMOTE = "graphcell-server";

/** All of Graphcell, in VS Code with Node: the desktop, and servers behind a browser. */
export function start(context: vscode.ExtensionContext): GraphcellApi {
  const shared = activateShared(context, scriptsOf);
  const { owned, log, files } = shared;
  const servers = owned.add(new OwnServers(context, log));
  const embedded = owned.add(new EmbeddedKernels(context.extensionUri));
  files.setKernels(new NodeFileKernels(servers, embedded, log));
  // With the Jupyter extension notebooks have its kernels; two that offer the same would confuse.
  if (vscode.extensions.getExtension(JUPYTER_EXTENSION)) {
    shared.owned.add(
      new JupyterKernels(shared.sessions, context.globalState, { openDirect: connectLoopback }),
    );
    shared.owned.add(vscode.commands.registerCommand("graphcell:choose-kernel-connection", chooseKernel));
  } else {
    addKernels(context, shared, servers);
  }
  registerDeploy(context, shared.sessions, owned);
  if (embedded.available) addController(context, shared, embeddedOrigin(embedded));
  return shared.api;
}

function addController(
  context: vscode.ExtensionContext,
  { sessions, log, owned, controllers }: SharedParts,
  origin: KernelOrigin,
): void {
  const controller = owned.add(new KernelController(origin, sessions, context.workspaceState, log));
  controllers.push((cell) => controller.execution(cell));
}

function addKernels(context: vscode.ExtensionContext, shared: SharedParts, servers: OwnServers): void {
  const { owned } = shared;
  const { t } = vscode.l10n;
  const remote = owned.add(new RemoteServer(context.secrets));
  const add = (origin: KernelOrigin) => addController(context, shared, origin);
  add({
    id: OWN,
    label: t("Python (Graphcell)"),
    description: t("the Python of this workspace"),
    server: (document) => servers.get(document),
    known: () => servers.running(),
    folder: (document) => ({ cwd: folderOf(document) }),
    owns: true,
  });
  let offered = false;
  const offerRemote = () => {
    if (offered || remote.url === "") return;
    offered = true;
    add({
      id: REMOTE,
      label: t("Jupyter server (Graphcell)"),
      description: remote.url,
      server: () => remote.get(),
      known: async () => {
        const server = await remote.get();
        return server ? [server] : [];
      },
      folder: () => ({}),
      owns: true,
    });
  };
  offerRemote();
  owned.add(
    vscode.commands.registerCommand("graphcell:choose-kernel-connection", () => choose(remote, offerRemote)),
  );
}

/** The workspace's Python, or a server by its address. */
async function choose(remote: RemoteServer, offerRemote: () => void): Promise<void> {
  const { t } = vscode.l10n;
  const items = [
    {
      label: t("Python of this workspace"),
      detail: t("Graphcell starts a kernel when a cell runs"),
      id: OWN,
    },
    {
      label: t("A running Jupyter server…"),
      detail: remote.url || t("by its address and token"),
      id: REMOTE,
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: t("Where the cells of this notebook run"),
  });
  if (!picked || (picked.id === REMOTE && !(await remote.ask()))) return;
  offerRemote();
  await vscode.commands.executeCommand("notebook.selectKernel", {
    id: picked.id,
    extension: "graphcell.graphcell-vscode",
  });
}

function chooseKernel(): Thenable<unknown> {
  return vscode.commands.executeCommand("notebook.selectKernel");
}
