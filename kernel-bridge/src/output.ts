/** Outputs of an execution, decoded from Jupyter's messages. */
import type { KernelOutput } from "./port";
import { isRecord } from "./wire";

/** The output that an iopub message carries; null for messages that carry none. */
export function outputOf(type: string, content: Readonly<Record<string, unknown>>): KernelOutput | null {
  switch (type) {
    case "stream":
      return {
        type: "stream",
        name: content.name === "stderr" ? "stderr" : "stdout",
        text: textOf(content.text),
      };
    case "display_data":
    case "execute_result":
    case "update_display_data":
      return {
        type: "data",
        data: isRecord(content.data) ? content.data : {},
        ...(isRecord(content.metadata) ? { metadata: content.metadata } : {}),
      };
    case "error":
      return {
        type: "error",
        name: textOf(content.ename),
        value: textOf(content.evalue),
        traceback: Array.isArray(content.traceback) ? content.traceback.map(textOf) : [],
      };
    default:
      return null;
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
