import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { CellOptions } from "./host";

/** The file of a notebook with these code cells, none of which has run. */
export function notebookText(cells: readonly string[], options: CellOptions): string {
  const { kernelId: name = "python3", outputs = [], metadata } = options;
  return JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: {
      kernelspec: { name, display_name: name, language: "python" },
      ...(metadata === undefined ? {} : { graphcell: metadata }),
    },
    cells: cells.map((source, i) => ({
      cell_type: "code",
      id: `cell-${i}`,
      metadata: {},
      execution_count: null,
      outputs: i === 0 ? outputs : [],
      source,
    })),
  });
}

/** Path of a notebook of `examples` or of the fixtures. */
export function notebookPath(root: string, name: string): string {
  const places = [join(root, "examples", name), join(root, "test/e2e/fixtures", name)];
  const found = places.find((place) => existsSync(place));
  if (!found) throw new Error(`there is no notebook ${name} in examples or test/e2e/fixtures`);
  return found;
}

/** Writes files into a folder, which is made if need be. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
