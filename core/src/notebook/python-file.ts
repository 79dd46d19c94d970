import type { Cell } from "../source";
import type { NotebookText } from "./read";

/** `# %%`, `#%% title`, `# %% [markdown]`, and `# In[3]:` of exported notebooks. */
const SEPARATOR = /^#\s*(?:%%+(.*)|In\s?\[[\d ]*\]:\s*)$/;

/**
 * A Python file as cells: in the percent format each `# %%` line begins one; any other file is one cell. Cells are
 * named `cell-1`, `cell-2`, ... in order.
 */
export function readPython(text: string): NotebookText {
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  const starts: { line: number; title: string }[] = [];
  lines.forEach((line, i) => {
    const match = SEPARATOR.exec(line);
    if (match) starts.push({ line: i, title: match[1] ?? "" });
  });
  const first = starts[0]?.line ?? lines.length;
  const blocks: { from: number; to: number; title: string }[] = [];
  const head = lines.slice(0, first).join("\n");
  if (starts.length === 0 || isCode(head)) blocks.push({ from: 0, to: first, title: "" });
  starts.forEach(({ line, title }, i) => {
    blocks.push({ from: line + 1, to: starts[i + 1]?.line ?? lines.length, title });
  });
  const cells = blocks.map((block, i): Cell => cellOf(lines, block, i));
  return {
    cells,
    metadata: undefined,
    language: "python",
    problems: [],
    linesBefore: blocks.map((b) => b.from),
  };
}

/** Anything but comments and blank lines. */
function isCode(text: string): boolean {
  return text.split("\n").some((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
}

function cellOf(
  lines: readonly string[],
  block: { readonly from: number; readonly to: number; readonly title: string },
  index: number,
): Cell {
  const body = lines.slice(block.from, block.to);
  while (body.length > 0 && body[body.length - 1]?.trim() === "") body.pop();
  const id = `cell-${index + 1}`;
  const tags = /tags=\[([^\]]*)\]/.exec(block.title)?.[1];
  const names =
    tags === undefined ? {} : { tags: tags.split(",").map((t) => t.trim().replace(/^["']|["']$/g, "")) };
  if (/\[(markdown|md|raw)\]/.test(block.title)) {
    const kind = block.title.includes("[raw]") ? "raw" : "markdown";
    return { id, kind, source: body.map((line) => line.replace(/^# ?/, "")).join("\n"), ...names };
  }
  return { id, kind: "code", source: body.join("\n"), ...names };
}
