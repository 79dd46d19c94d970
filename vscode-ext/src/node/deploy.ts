import * as vscode from "vscode";
import type { Disposables } from "@graphcell/core";
import type { DeployCommands } from "./deployCommands";
import type { DeployPage } from "./deployPage";
import type { Deployments } from "./deployments";
import type { Sessions } from "../sessions";

const DEPLOY_VIEW = "graphcell.deployment";

/** Commands and the view that push a notebook's graph to a Nuclio cluster; their code comes with the first use. */
export function registerDeploy(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  owned: Disposables,
): void {
  // A browser's own extension host reaches no cluster; that the window is in a browser says nothing.
  void vscode.commands.executeCommand("setContext", "graphcell.canDeploy", true);
  let loading: Promise<Parts> | null = null;
  const parts = () => (loading ??= load(context, sessions, owned));
  const register = (name: string, run: (commands: DeployCommands) => Promise<void>) =>
    owned.add(
      vscode.commands.registerCommand(`graphcell:${name}`, async () => run((await parts()).commands)),
    );
  register("deploy", (commands) => commands.deploy());
  register("invoke", (commands) => commands.invoke());
  register("function-log", (commands) => commands.log());
  register("delete-function", (commands) => commands.delete());
  owned.add(
    vscode.commands.registerCommand("graphcell:show-deployment", () =>
      vscode.commands.executeCommand(`${DEPLOY_VIEW}.focus`),
    ),
  );
  owned.add(
    vscode.window.registerWebviewViewProvider(DEPLOY_VIEW, {
      async resolveWebviewView(view) {
        const { deployments, DeployPage } = await parts();
        sessions.follow();
        const page = new DeployPage(view.webview, context.extensionUri, sessions, deployments);
        view.onDidChangeVisibility(() => !view.visible && page.hidden());
        view.onDidDispose(() => {
          page.hidden();
          page.dispose();
        });
      },
    }),
  );
}

interface Parts {
  readonly deployments: Deployments;
  readonly commands: DeployCommands;
  readonly DeployPage: typeof DeployPage;
}

async function load(
  context: vscode.ExtensionContext,
  sessions: Sessions,
  owned: Disposables,
): Promise<Parts> {
  const [{ DeployCommands, askSecret }, { DeployPage }, { Deployments }] = await Promise.all([
    import("./deployCommands"),
    import("./deployPage"),
    import("./deployments"),
  ]);
  const deployments = new Deployments(context.secrets, askSecret);
  return { deployments, commands: owned.add(new DeployCommands(deployments, sessions)), DeployPage };
}
