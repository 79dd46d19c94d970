import { readNotebook, writeNotebookMetadata } from "@graphcell/core";

const cell = (source: unknown, more: object = {}) => ({
  cell_type: "code",
  metadata: {},
  source,
  outputs: [],
  execution_count: null,
  ...more,
});
const notebook = (cells: readonly unknown[], metadata: object = {}) =>
  JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 });

describe("a notebook file", () => {
  it("gives its cells as values", () => {
    const text = notebook([
      cell(["a = 1\n", "b"], { id: "x1", execution_count: 7, metadata: { tags: ["graphcell-skip"] } }),
      { cell_type: "markdown", metadata: {}, source: "# T" },
      { cell_type: "raw", metadata: {}, source: "r" },
    ]);
    expect(readNotebook(text).cells).toEqual([
      { id: "x1", kind: "code", source: "a = 1\nb", executionCount: 7, tags: ["graphcell-skip"] },
      { id: "cell-2", kind: "markdown", source: "# T", executionCount: null },
      { id: "cell-3", kind: "raw", source: "r", executionCount: null },
    ]);
  });

  it("of nbformat 3 too", () => {
    const text = JSON.stringify({
      nbformat: 3,
      worksheets: [
        {
          cells: [
            { cell_type: "code", input: ["x\n", "y"], prompt_number: 2 },
            { cell_type: "heading", source: "h" },
          ],
        },
      ],
    });
    expect(readNotebook(text).cells.map((c) => [c.id, c.kind, c.source, c.executionCount])).toEqual([
      ["cell-1", "code", "x\ny", 2],
      ["cell-2", "markdown", "h", null],
    ]);
  });

  it("gives each cell an id of its own", () => {
    expect(
      readNotebook(notebook([cell("a", { id: "same" }), cell("b", { id: "same" })])).cells.map((c) => c.id),
    ).toEqual(["same", "same-2-2"]);
  });

  it.each([
    [{ language_info: { name: "python" } }, "python"],
    [{ kernelspec: { name: "ir", language: "R" } }, "r"],
    [{ kernelspec: { name: "julia-1.9" } }, "julia-1.9"],
    [{}, "python"],
  ])("says its language: %j", (metadata, language) => {
    expect(readNotebook(notebook([], metadata)).language).toBe(language);
  });

  it("carries what is kept under graphcell", () => {
    expect(readNotebook(notebook([], { graphcell: { version: 1 } })).metadata).toEqual({ version: 1 });
    expect(readNotebook(notebook([])).metadata).toBeUndefined();
  });
});

/** Broken files, and what is said of them. */
const BROKEN: readonly (readonly [
  title: string,
  text: string,
  code: string,
  message: string,
  cells: number,
])[] = [
  ["nothing", "", "notebook-empty", "The notebook file is empty.", 0],
  [
    "half a file",
    '{"cells": [{"cell_type": "co',
    "notebook-not-json",
    "The notebook file is no valid JSON: it ends too early.",
    0,
  ],
  [
    "a stray mark",
    '{"cells": [\n  {"a": 1,}\n]}',
    "notebook-not-json",
    "The notebook file is no valid JSON: line 2, column 11 is wrong.",
    0,
  ],
  [
    "merge marks",
    "<<<<<<< HEAD\n{}",
    "notebook-not-json",
    "The notebook file is no valid JSON: line 1, column 1 is wrong.",
    0,
  ],
  [
    "other JSON",
    '{"a": 1}',
    "notebook-no-cells",
    "The file is JSON, but no notebook: it has no list of cells.",
    0,
  ],
  ["a list", "[1]", "notebook-no-cells", "The file is JSON, but no notebook: it has no list of cells.", 0],
  [
    "cells of a wrong type",
    '{"cells": {"a": 1}}',
    "notebook-no-cells",
    "The file is JSON, but no notebook: it has no list of cells.",
    0,
  ],
  [
    "a cell without text",
    notebook([cell("a"), { cell_type: "code" }, cell("b")]),
    "notebook-bad-cell",
    "Cell 2 of the notebook has no text that can be read.",
    3,
  ],
  [
    "a cell that is no object",
    notebook([5]),
    "notebook-bad-cell",
    "Cell 1 of the notebook has no text that can be read.",
    1,
  ],
  [
    "a source of numbers",
    notebook([cell([1, 2])]),
    "notebook-bad-cell",
    "Cell 1 of the notebook has no text that can be read.",
    1,
  ],
];

describe("a broken notebook file says what is wrong:", () => {
  it.each(BROKEN)("%s", (_, text, code, message, cells) => {
    const read = readNotebook(text, "notebook");
    expect(read.problems.map((p) => [p.code, p.message])).toEqual([[code, message]]);
    expect(read.problems[0]?.remedy).toMatch(/\.$/);
    expect(read.cells).toHaveLength(cells);
  });
});

/** Python files as cells: kind and text, and the lines before each. */
const PYTHON: readonly (readonly [
  title: string,
  text: string,
  cells: readonly string[],
  before: readonly number[],
])[] = [
  ["a plain file is one cell", "import a\n\nb = 1\n", ["code|import a\n\nb = 1"], [0]],
  ["an empty file is one cell", "", ["code|"], [0]],
  ["percent cells", "# %%\na\n\n# %% title\nb\n", ["code|a", "code|b"], [1, 4]],
  ["code before the first mark", "import a\n# %%\nb", ["code|import a", "code|b"], [0, 2]],
  ["comments before the first mark", "# a script\n\n#%%\nb", ["code|b"], [3]],
  ["text cells", "# %% [markdown]\n# # T\n# words\n# %%\na", ["markdown|# T\nwords", "code|a"], [1, 4]],
  ["exported cells", "# In[1]:\n\na\n\n\n# In[ ]:\n\nb", ["code|\na", "code|\nb"], [1, 6]],
  ["carriage returns", "# %%\r\na\r\n# %%\r\nb\r\n", ["code|a", "code|b"], [1, 3]],
];

describe("a Python file:", () => {
  it.each(PYTHON)("%s", (_, text, cells, before) => {
    const read = readNotebook(text, "python");
    expect(read.cells.map((c) => `${c.kind}|${c.source}`)).toEqual(cells);
    expect(read.linesBefore).toEqual(before);
    expect(read.problems).toEqual([]);
  });
});

describe("writing what is kept under graphcell", () => {
  const text =
    '{\n "cells": [\n  {\n   "cell_type": "code",\n   "outputs": [1.0, 1e5, 12345678901234567890, "ä"]\n  }\n ],\n "metadata": {\n  "alpha": 1,\n  "kernelspec": {}\n },\n "nbformat": 4\n}\n';
  const pretty = text.replace(
    '[1.0, 1e5, 12345678901234567890, "ä"]',
    '[\n    1.0,\n    100000.0,\n    12345678901234567890,\n    "ä"\n   ]',
  );

  it("leaves all else as it is", () => {
    const written = writeNotebookMetadata(text, { v: 1 });
    expect(written).toBe(
      pretty.replace('  "kernelspec"', '  "graphcell": {\n   "v": 1\n  },\n  "kernelspec"'),
    );
    expect(readNotebook(written).metadata).toEqual({ v: 1 });
  });

  it("and takes it away again", () => {
    expect(writeNotebookMetadata(writeNotebookMetadata(text, { v: 1 }), undefined)).toBe(pretty);
  });

  it("replaces what was there, in its place", () => {
    const once = writeNotebookMetadata(text, { v: 1 });
    expect(writeNotebookMetadata(once, { v: 2 })).toBe(once.replace('"v": 1', '"v": 2'));
  });

  it("keeps a file of one line on one line", () => {
    expect(writeNotebookMetadata('{"cells": [], "metadata": {}}', 1)).toBe(
      '{"cells": [], "metadata": {"graphcell": 1}}',
    );
  });

  it("refuses what is no notebook", () => {
    expect(() => writeNotebookMetadata("[]", 1)).toThrow("Expecting an object");
  });
});
