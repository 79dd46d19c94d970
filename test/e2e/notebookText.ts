import { existsSync } from "node:fs";
import { join } from "node:path";
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
