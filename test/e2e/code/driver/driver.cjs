/**
 * Lets the end-to-end tests call VS Code's API in the extension host, as they call JupyterLab's in its page: a small
 * HTTP server on this machine, with a token. A call is the text of a function, which gets `vscode` and an argument.
 */
const http = require("node:http");
const vscode = require("vscode");

function answer(request, response) {
  let body = "";
  request.setEncoding("utf8").on("data", (text) => (body += text));
  request.on("end", async () => {
    const say = (status, value) => {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(value ?? null));
    };
    if (request.headers.authorization !== process.env.GRAPHCELL_DRIVER_TOKEN) return say(403, "no");
    try {
      const { code, argument } = JSON.parse(body);
      const work = new Function("vscode", "argument", `return (${code})(vscode, argument);`);
      say(200, await work(vscode, argument));
    } catch (error) {
      say(500, String(error?.stack ?? error));
    }
  });
}

exports.activate = (context) => {
  const server = http.createServer(answer);
  // A window that reloads holds the port for a moment longer.
  server.on("error", () => setTimeout(listen, 100));
  const listen = () => server.listen(Number(process.env.GRAPHCELL_DRIVER_PORT), "127.0.0.1");
  listen();
  context.subscriptions.push({ dispose: () => (server.close(), server.closeAllConnections()) });
};
