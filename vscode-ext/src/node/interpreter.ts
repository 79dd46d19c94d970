import { spawn } from "node:child_process";
import * as vscode from "vscode";
import { GraphcellError } from "@graphcell/core";
import { findPython, probePython, type PythonInfo } from "@graphcell/kernel-bridge/node";

/** The part of the Python extension's API that tells which interpreter was chosen for a folder. */
interface PythonExtension {
  readonly environments?: { getActiveEnvironmentPath(resource?: vscode.Uri): { readonly path: string } };
}

/**
 * The Python that runs the notebooks of a folder: the one of the setting, else the one that was chosen in the Python
 * extension, else what the workspace has (a virtual environment, conda), else the first on PATH.
 */
export async function chooseInterpreter(cwd: string, resource: vscode.Uri): Promise<PythonInfo> {
  const given = pythonSetting(resource) || (await chosenInPythonExtension(resource));
  try {
    return await findPython(cwd, given || undefined);
  } catch (error) {
    if (!(error instanceof GraphcellError)) throw error;
    // The command has an option for it, VS Code a setting.
    throw new GraphcellError(
      error.code,
      error.message,
      "Install Python 3.9 or newer, or name one in the setting graphcell.python.",
    );
  }
}

/** The Python that the setting names for a folder; empty when it names none. */
export function pythonSetting(resource: vscode.Uri): string {
  return vscode.workspace.getConfiguration("graphcell", resource).get<string>("python")?.trim() ?? "";
}

async function chosenInPythonExtension(resource: vscode.Uri): Promise<string | null> {
  const extension = vscode.extensions.getExtension<PythonExtension>("ms-python.python");
  if (!extension) return null;
  const api = await extension.activate();
  const path = api.environments?.getActiveEnvironmentPath(resource).path;
  return path && /python[\w.]*$/i.test(path) ? path : null;
}

/** Offers to install what a Python lacks; gives it as it is then, or null when the person declined. */
export async function completeInterpreter(
  info: PythonInfo,
  log: vscode.LogOutputChannel,
): Promise<PythonInfo | null> {
  if (info.missing.length === 0) return info;
  const packages = info.missing.join(", ");
  const install = vscode.l10n.t("Install");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("{0} can't run notebooks: it has no {1}.", info.path, packages),
    { modal: true, detail: vscode.l10n.t("Graphcell can install it into that environment with pip.") },
    install,
  );
  if (answer !== install) return null;
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Installing {0}", packages),
      cancellable: true,
    },
    (_, cancel) => pipInstall(info, log, cancel),
  );
  return probePython(info);
}

function pipInstall(
  { path, missing }: PythonInfo,
  log: vscode.LogOutputChannel,
  cancel: vscode.CancellationToken,
): Promise<void> {
  const args = ["-m", "pip", "install", "--disable-pip-version-check", ...missing];
  log.info(`${path} ${args.join(" ")}`);
  return new Promise((done, fail) => {
    const child = spawn(path, args, { windowsHide: true });
    const stop = cancel.onCancellationRequested(() => child.kill());
    let last = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        last = text.trim() || last;
        log.info(text.trimEnd());
      });
    }
    child.on("error", (error) => fail(installFailed(path, error.message)));
    child.on("close", (code) => {
      stop.dispose();
      if (code === 0) done();
      else fail(cancel.isCancellationRequested ? installCancelled() : installFailed(path, last));
    });
  });
}

function installCancelled(): GraphcellError {
  return new GraphcellError(
    "GC_CANCELLED",
    "The installation was cancelled.",
    "Run the cell again to resume.",
  );
}

function installFailed(path: string, why: string): GraphcellError {
  const line = why.split("\n").pop() ?? "";
  return new GraphcellError(
    "GC_SERVER_MISSING",
    `pip could not install into ${path}: ${line}`,
    "Graphcell: Show Logs has all that pip said.",
  );
}
