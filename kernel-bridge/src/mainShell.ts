/** What a kernel's status messages say of its main shell, where cells run. */
import type { MessageHeader } from "./wire";

/** Kernels tell a status for these requests, too, and it says nothing of the main shell. */
const ASIDE = /^(kernel_info|(create|delete|list)_subshell|interrupt|shutdown|debug|usage)_request$/;

/** Busy or idle, when a status message (its parent and its state) tells that of the main shell; else null. */
export function mainShellState(parent: MessageHeader | null, state: unknown): "busy" | "idle" | null {
  if (!parent || parent.subshell_id !== undefined || ASIDE.test(parent.msg_type)) return null;
  return state === "busy" || state === "idle" ? state : null;
}
