import * as vscode from "vscode";
import type { DeployCommands } from "./deployCommands";
import type { Sessions } from "../sessions";

/** The commands that push a notebook's graph to a Nuclio cluster; their code comes with the first of them. */
export function registerDeploy(context: vscode.ExtensionContext, sessions: Sessions): void {
  let made: Promise<DeployCommands> | null = null;
  const commands = () => (made ??= make());
  async function make(): Promise<DeployCommands> {
    const { DeployCommands } = await import("./deployCommands");
    const commands = new DeployCommands(context.secrets, sessions);
    context.subscriptions.push(commands);
    return commands;
  }
  const register = (name: string, run: (commands: DeployCommands) => Promise<void>) =>
    vscode.commands.registerCommand(`graphcell:${name}`, async () => run(await commands()));
  context.subscriptions.push(
    register("deploy", (to) => to.deploy()),
    register("invoke", (to) => to.invoke()),
    register("function-log", (to) => to.log()),
    register("delete-function", (to) => to.delete()),
  );
}
