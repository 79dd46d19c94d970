import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ExitCode, command } from "@graphcell/cli";

export interface CommandResult {
  readonly code: ExitCode;
  readonly out: string;
  readonly err: string;
}

/** Runs the command in this process. */
export async function run(argv: readonly string[], stdin = ""): Promise<CommandResult> {
  let out = "";
  let err = "";
  const code = await command(argv, "1.2.3", {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    showsProgress: false,
    readStdin: () => Promise.resolve(stdin),
  });
  return { code, out, err };
}

/** A folder with files, gone after the tests of the file. */
export function folderOf(files: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), "graphcell-command-"));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return (name) => join(folder, name);
}

/** A notebook's text with code cells and, for one graph, saved bodies. */
export function notebookText(
  sources: readonly string[],
  graph?: string,
  bodies: readonly string[] = [],
): string {
  const events = bodies.map((bodyText, i) => ({ id: `event-${i + 1}`, name: `event ${i + 1}`, bodyText }));
  return JSON.stringify({
    cells: sources.map((source, i) => ({
      cell_type: "code",
      id: `c${i}`,
      metadata: {},
      execution_count: null,
      outputs: [],
      source,
    })),
    metadata: graph === undefined ? {} : { graphcell: { version: 1, graphs: { [graph]: { events } } } },
    nbformat: 4,
    nbformat_minor: 5,
  });
}
