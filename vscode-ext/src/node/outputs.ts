import { Buffer } from "node:buffer";
import * as vscode from "vscode";
import type { CellOutput, KernelOutput } from "@graphcell/kernel-bridge";

const BINARY = /^(image\/(?!svg\+xml)|application\/(pdf|octet-stream)|audio\/|video\/)/;
const JSON_TYPE = /^application\/(.*\+)?json$/;

/** An output as VS Code keeps it, with what its ipynb serializer needs to write Jupyter's own form. */
export function notebookOutput({ output, displayId, result }: CellOutput): vscode.NotebookCellOutput {
  const metadata = {
    outputType: result ? "execute_result" : output.type === "data" ? "display_data" : output.type,
    ...(result ? { executionCount: result.count } : {}),
    ...(output.type === "data" && output.metadata ? { metadata: output.metadata } : {}),
    ...(displayId === null ? {} : { transient: { display_id: displayId } }),
  };
  return new vscode.NotebookCellOutput(outputItems(output), metadata);
}

export function outputItems(output: KernelOutput): vscode.NotebookCellOutputItem[] {
  const { NotebookCellOutputItem: Item } = vscode;
  switch (output.type) {
    case "stream":
      return [output.name === "stderr" ? Item.stderr(output.text) : Item.stdout(output.text)];
    case "error": {
      const { name, value: message, traceback } = output;
      return [Item.error({ name, message, stack: traceback.join("\n") })];
    }
    case "data":
      return Object.entries(output.data).map(([mime, data]) => dataItem(mime, data));
    default:
      return output satisfies never;
  }
}

function dataItem(mime: string, data: unknown): vscode.NotebookCellOutputItem {
  const { NotebookCellOutputItem: Item } = vscode;
  if (typeof data !== "string") return Item.json(data, mime);
  if (JSON_TYPE.test(mime)) return Item.text(data, mime);
  return BINARY.test(mime) ? new Item(Buffer.from(data, "base64"), mime) : Item.text(data, mime);
}
