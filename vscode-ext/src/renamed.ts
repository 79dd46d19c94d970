import type * as vscode from "vscode";

/** Files and folders that get another name, as VS Code tells them. */
export type Renames = readonly { readonly oldUri: vscode.Uri; readonly newUri: vscode.Uri }[];

/** The new place of what is renamed, itself or a folder above it; null for what stays. */
export function renamedTo(uri: vscode.Uri, files: Renames): vscode.Uri | null {
  for (const { oldUri, newUri } of files) {
    if (uri.toString() === oldUri.toString()) return newUri;
    if (uri.scheme === oldUri.scheme && uri.path.startsWith(`${oldUri.path}/`))
      return uri.with({ path: newUri.path + uri.path.slice(oldUri.path.length) });
  }
  return null;
}
