import * as vscode from "vscode";
import { Disposables, type Problem } from "@graphcell/core";
import type { DeploySession, DeployState } from "@graphcell/core/nuclio";
import type { Sessions } from "../sessions";
import type { Deployments } from "./deployments";

/** What a person does with a notebook's graph on a Nuclio cluster, and what is told of it. */
export class DeployCommands extends Disposables {
  private readonly output = this.add(vscode.window.createOutputChannel("Graphcell: Deployment"));

  constructor(
    private readonly deployments: Deployments,
    private readonly sessions: Sessions,
  ) {
    super();
  }

  async deploy(): Promise<void> {
    const session = await this.prepared();
    if (!session) return;
    await this.during(vscode.l10n.t("Looking at the cluster"), session, () =>
      session.send({ type: "check" }),
    );
    if (await this.told(session.state)) return;
    if (session.state.canCreateProject && !(await this.makeProject(session))) return;
    const errors = session.state.problems.filter((problem) => problem.severity === "error");
    for (const problem of session.state.problems) this.output.appendLine(problemLine(problem));
    if (errors.length > 0) return this.complain(errors[0].message, errors[0].remedy);
    await this.during(vscode.l10n.t("Deploying"), session, () => session.send({ type: "push" }));
    if (await this.told(session.state)) return;
    await this.tellPush(session.state);
  }

  async invoke(): Promise<void> {
    const session = await this.prepared();
    const current = this.sessions.current;
    if (!session || !current) return;
    const events = current.session.state.current?.events ?? [];
    const items = events.map(({ id, name }) => ({ label: name, id }));
    const placeHolder = vscode.l10n.t("Event to send to the cluster");
    const chosen = await vscode.window.showQuickPick(items, { placeHolder });
    if (!chosen) return;
    await this.during(vscode.l10n.t("Calling"), session, () =>
      session.send({ type: "invoke", event: chosen.id }),
    );
    if (await this.told(session.state)) return;
    const { answer } = session.state;
    if (answer === null) return;
    this.output.appendLine(`${answer.event}  ${answer.status}  ${answer.ms} ms  ${answer.body}`);
    if (answer.explanation !== "") this.output.appendLine(answer.explanation);
    this.output.show(true);
  }

  async log(): Promise<void> {
    const session = await this.checked();
    const name = session ? await chooseFunction(session.state) : undefined;
    if (!session || name === undefined) return;
    await this.during(vscode.l10n.t("Reading the log"), session, () =>
      session.send({ type: "show-log", name }),
    );
    if (await this.told(session.state)) return;
    this.output.appendLine(session.state.log?.text ?? "");
    this.output.show(true);
  }

  async delete(): Promise<void> {
    const session = await this.checked();
    const name = session ? await chooseFunction(session.state) : undefined;
    if (!session || name === undefined) return;
    const prompt = vscode.l10n.t("Type {0} to delete it from the cluster", name);
    const confirm = await vscode.window.showInputBox({ prompt });
    if (confirm === undefined) return;
    await session.send({ type: "delete", name, confirm });
    if (await this.told(session.state)) return;
    void vscode.window.showInformationMessage(session.state.summary);
  }

  /** The session of the notebook in front, with a cluster chosen; null when there is none. */
  private async prepared(): Promise<DeploySession | null> {
    this.sessions.follow();
    const { current } = this.sessions;
    if (!current) return null;
    const session = this.deployments.of(current);
    await session.send({ type: "refresh" });
    if (await this.told(session.state)) return null;
    return (await this.chooseCluster(session)) ? session : null;
  }

  private async checked(): Promise<DeploySession | null> {
    const session = await this.prepared();
    if (!session) return null;
    await this.during(vscode.l10n.t("Looking at the cluster"), session, () =>
      session.send({ type: "check" }),
    );
    return (await this.told(session.state)) ? null : session;
  }

  private async chooseCluster(session: DeploySession): Promise<boolean> {
    const { connections } = session.state;
    if (connections.length === 0) {
      const message = vscode.l10n.t("There is no connection to a cluster yet.");
      await this.complain(
        message,
        vscode.l10n.t("Write one into your own connections.yaml; docs/nuclio.md has its form."),
      );
      return false;
    }
    if (connections.length === 1) return true;
    const items = connections.map(({ name, url }) => ({ label: name, description: url }));
    const placeHolder = vscode.l10n.t("Cluster");
    const chosen = await vscode.window.showQuickPick(items, { placeHolder });
    if (chosen) await session.send({ type: "choose-connection", connection: chosen.label });
    return chosen !== undefined;
  }

  private async makeProject(session: DeploySession): Promise<boolean> {
    const make = vscode.l10n.t("Make Project");
    const message = vscode.l10n.t("There is no project {0} in the cluster.", session.state.project);
    if ((await vscode.window.showWarningMessage(message, make)) !== make) return false;
    await session.send({ type: "create-project" });
    return !(await this.told(session.state));
  }

  /** Shows progress that can be cancelled, and writes the deployment's log. */
  private during(title: string, session: DeploySession, work: () => Promise<void>): Thenable<void> {
    const location = vscode.ProgressLocation.Notification;
    return vscode.window.withProgress({ location, title, cancellable: true }, async (progress, token) => {
      const cancel = token.onCancellationRequested(() => void session.send({ type: "cancel" }));
      const written = new Map<string, number>();
      const changes = session.onChange((state) => {
        progress.report({ message: progressText(state) });
        for (const { name, log } of state.functions) {
          for (const line of log.slice(written.get(name) ?? 0)) this.output.appendLine(`${name}  ${line}`);
          written.set(name, log.length);
        }
      });
      try {
        await work();
      } finally {
        changes.dispose();
        cancel.dispose();
      }
    });
  }

  /** Tells a failure outside of any function; true when there was one. */
  private async told({ failure }: DeployState): Promise<boolean> {
    if (failure === null) return false;
    await this.complain(failure.message, failure.remedy);
    return true;
  }

  private async complain(message: string, remedy: string): Promise<void> {
    this.output.appendLine(`${message} ${remedy}`);
    const show = vscode.l10n.t("Show Log");
    const chosen = await vscode.window.showErrorMessage(`${message} ${remedy}`.trim(), show);
    if (chosen === show) this.output.show();
  }

  private async tellPush(state: DeployState): Promise<void> {
    this.output.appendLine(state.summary);
    const failed = state.functions.find((fn) => fn.explanation !== null);
    if (!failed?.explanation) {
      void vscode.window.showInformationMessage(state.summary);
      return;
    }
    const { sentence, remedy, place, raw } = failed.explanation;
    this.output.appendLine(`${raw}\n${sentence} ${remedy}`);
    const go = vscode.l10n.t("Go to Cell");
    const show = vscode.l10n.t("Show Log");
    const buttons = place === null ? [show] : [go, show];
    const chosen = await vscode.window.showErrorMessage(`${sentence} ${remedy}`, ...buttons);
    if (chosen === show) this.output.show();
    if (chosen !== go || place === null) return;
    const { cellId, cell, line } = place;
    const range = { cellId, cell, line, column: 1, endLine: line, endColumn: 1 };
    this.sessions.current?.session.send({ type: "reveal", range });
  }
}

function progressText({ functions, summary }: DeployState): string {
  const going = functions.find(
    (fn) => fn.phase === "sending" || fn.phase === "building" || fn.phase === "starting",
  );
  return going ? `${going.name}: ${going.phase ?? ""}, ${Math.round(going.elapsedMs / 1000)} s` : summary;
}

function problemLine({ severity, message, remedy, code }: Problem): string {
  return `${severity}: ${message} ${remedy} [${code}]`;
}

async function chooseFunction({ functions }: DeployState): Promise<string | undefined> {
  const names = functions.filter((fn) => fn.phase !== "absent").map((fn) => fn.name);
  if (names.length <= 1) return names[0];
  return vscode.window.showQuickPick(names, { placeHolder: vscode.l10n.t("Function") });
}

/** Asks the person for a secret, and says where it is kept. */
export function askSecret(connection: string, kind: string): Thenable<string | undefined> {
  const prompt = vscode.l10n.t(
    "The {0} of connection {1}; it is kept in VS Code's secret store",
    kind,
    connection,
  );
  return vscode.window.showInputBox({ prompt, password: true, ignoreFocusOut: true });
}
