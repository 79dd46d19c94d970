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
