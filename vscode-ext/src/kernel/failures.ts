import { GraphcellError } from "@graphcell/core";

export function untrusted(): GraphcellError {
  return new GraphcellError(
    "GC_UNTRUSTED",
    "In Restricted Mode Graphcell starts no kernel and runs no code.",
    "Trust this folder by the command Workspaces: Manage Workspace Trust.",
  );
}
