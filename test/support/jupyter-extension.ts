import type { Kernel } from "@vscode/jupyter-extension";
import { CancelSource } from "@graphcell/core";
import type { KernelOutput, KernelPort } from "@graphcell/kernel-bridge";
import { EventEmitter, NotebookCellOutputItem } from "./vscode";

/**
 * A kernel as the Jupyter extension's public API gives it, over a real one: only `executeCode`, queued behind the
 * running cell, outputs as VS Code's items, cancelled by a token, and a status with an event. No comms, no subshells, no
 * interrupt and no restart: those are commands.
 */
export function jupyterKernel(real: KernelPort): Kernel {
  const changed = new EventEmitter<Kernel["status"]>();
  real.onStatus(() => changed.fire(statusOf(real)));
  return {
    get status() {
      return statusOf(real);
    },
    onDidChangeStatus: changed.event as Kernel["onDidChangeStatus"],
    language: real.language,
    async *executeCode(code, token) {
      const cancel = new CancelSource();
      if (token.isCancellationRequested) cancel.cancel();
      token.onCancellationRequested(() => cancel.cancel());
      for await (const output of real.execute(code, cancel)) {
        const metadata = output.type === "data" ? output.metadata : undefined;
        yield { items: itemsOf(output), ...(metadata ? { metadata } : {}) };
      }
    },
  };
}

function statusOf({ status }: KernelPort): Kernel["status"] {
  return status === "disconnected" ? "unknown" : status;
}

function itemsOf(output: KernelOutput) {
  switch (output.type) {
    case "stream":
      return [NotebookCellOutputItem[output.name](output.text)];
    case "error": {
      const { name, value: message, traceback } = output;
      return [NotebookCellOutputItem.error({ name, message, stack: traceback.join("\n") })];
    }
    case "data":
      return Object.entries(output.data).map(([mime, data]) =>
        typeof data === "string"
          ? NotebookCellOutputItem.text(data, mime)
          : NotebookCellOutputItem.json(data, mime),
      );
    default:
      return output satisfies never;
  }
}
