/**
 * What a VS Code in a browser alone lacks here: a workspace (in memory), VS Code's own reader of notebooks (code-server
 * brings it for Node only), and a way for the end-to-end tests to call VS Code's API in the extension host.
 */
const vscode = require("vscode");

const CODE = vscode.NotebookCellKind.Code;

/** Files and folders by path. */
class Memory {
  files = new Map();
  changes = new vscode.EventEmitter();
  onDidChangeFile = this.changes.event;

  watch() {
    return { dispose() {} };
  }

  stat({ path }) {
    const file = this.files.get(path);
    if (file) return { type: vscode.FileType.File, ctime: 0, mtime: file.at, size: file.bytes.length };
    if (path === "/" || path === "/notebooks")
      return { type: vscode.FileType.Directory, ctime: 0, mtime: 0, size: 0 };
    throw vscode.FileSystemError.FileNotFound(path);
  }

  readDirectory({ path }) {
    const names = [...this.files.keys()].filter((name) => name.startsWith(`${path}/`));
    return names.map((name) => [name.slice(path.length + 1), vscode.FileType.File]);
  }

  readFile({ path }) {
    const file = this.files.get(path);
    if (!file) throw vscode.FileSystemError.FileNotFound(path);
    return file.bytes;
  }

  writeFile(uri, bytes) {
    const type = this.files.has(uri.path) ? vscode.FileChangeType.Changed : vscode.FileChangeType.Created;
    this.files.set(uri.path, { bytes, at: Date.now() });
    this.changes.fire([{ type, uri }]);
  }

  createDirectory() {}

  delete(uri) {
    this.files.delete(uri.path);
    this.changes.fire([{ type: vscode.FileChangeType.Deleted, uri }]);
  }

  rename(from, to) {
    this.writeFile(to, this.readFile(from));
    this.delete(from);
  }
}

const serializer = {
  deserializeNotebook(bytes) {
    const { cells, metadata } = JSON.parse(new TextDecoder().decode(bytes));
    const data = cells.map(({ cell_type, source, id, metadata: own }) => {
      const text = Array.isArray(source) ? source.join("") : source;
      const kind = cell_type === "code" ? CODE : vscode.NotebookCellKind.Markup;
      const cell = new vscode.NotebookCellData(kind, text, kind === CODE ? "python" : "markdown");
      cell.metadata = { id, metadata: own };
      return cell;
    });
    const notebook = new vscode.NotebookData(data);
    notebook.metadata = { metadata, nbformat: 4, nbformat_minor: 5 };
    return notebook;
  },

  serializeNotebook({ cells, metadata }) {
    const written = cells.map(({ kind, value, metadata: own }) => ({
      ...{ id: own.id, metadata: own.metadata ?? {}, source: value },
      ...(kind === CODE
        ? { cell_type: "code", outputs: [], execution_count: null }
        : { cell_type: "markdown" }),
    }));
    const notebook = { cells: written, metadata: metadata.metadata, nbformat: 4, nbformat_minor: 5 };
    return new TextEncoder().encode(JSON.stringify(notebook));
  },
};

/** Asks for calls for as long as the window is there. */
async function serve(origin) {
  for (;;) {
    const { id, code, argument } = await (await fetch(`${origin}/driver/next`)).json();
    const answer = { id };
    try {
      const work = new Function("vscode", "argument", `return (${code})(vscode, argument);`);
      answer.value = (await work(vscode, argument)) ?? null;
    } catch (error) {
      answer.error = String(error?.stack ?? error);
    }
    await fetch(`${origin}/driver/done`, { method: "POST", body: JSON.stringify(answer) });
  }
}

exports.activate = ({ subscriptions, extensionUri: { scheme, authority } }) => {
  subscriptions.push(
    vscode.workspace.registerFileSystemProvider("memory", new Memory(), { isCaseSensitive: true }),
    vscode.workspace.registerNotebookSerializer("jupyter-notebook", serializer),
  );
  // The page that it asked is gone when a window closes.
  serve(`${scheme}://${authority}`).catch(() => undefined);
};
