import * as vscode from "vscode";

/** A page of ours: nothing but our own script and style, and pictures that are values of a step. */
export function pageOf(
  webview: vscode.Webview,
  dist: vscode.Uri,
  script: "webview" | "deploy",
  layout: "narrow" | "wide",
): string {
  const nonce = nonceText();
  const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  const policy = [
    "default-src 'none'",
    "img-src data:",
    `style-src ${webview.cspSource}`,
    `font-src ${webview.cspSource}`,
    `script-src 'nonce-${nonce}'`,
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="${vscode.env.language}">
  <head>
    <meta charset="UTF-8">
    <meta http-equiv="Content-Security-Policy" content="${policy}">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <link rel="stylesheet" href="${uri("webview.css")}">
    <title>Graphcell</title>
  </head>
  <body>
    <div id="graphcell" data-layout="${layout}"></div>
    <script nonce="${nonce}" src="${uri(`${script}.js`)}"></script>
  </body>
</html>`;
}

function nonceText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
