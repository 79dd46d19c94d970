import type { NotebookPanel } from "@jupyterlab/notebook";
import { Emitter, type Cell, type Disposable } from "@graphcell/core";

type SharedNotebook = NonNullable<NotebookPanel["content"]["model"]>["sharedModel"];
type SharedCell = SharedNotebook["cells"][number];

/** Milliseconds that an answer to a change may take and still come before the letter that was typed is drawn. */
const IN_TIME = 14;

/**
 * A notebook's cells as plain values. A cell that did not change stays the same object, so that who reads them
 * parses only what is new. Changes are told once a tick, however many there were: in the frame of the letter that was
 * typed, or after it as long as those who listen take too long for that.
 */
export class CellList implements Disposable {
  private readonly known = new Map<SharedCell, { cell: Cell | null; readonly stop: () => void }>();
  private list: readonly Cell[] | null = null;
  private readonly changed = new Emitter<void>();
  private pending = false;
  private disposed = false;
  /** Milliseconds that the last two answers took. */
  private took: readonly [number, number] = [0, 0];
  readonly onChange = this.changed.event;

  constructor(
    private readonly shared: SharedNotebook,
    private readonly later: (work: () => void) => void = afterFrame,
  ) {
    shared.changed.connect(this.onNotebook, this);
    this.follow();
  }

  get cells(): readonly Cell[] {
    this.list ??= this.shared.cells.map((cell) => this.valueOf(cell));
    return this.list;
  }

  dispose(): void {
    if (this.disposed) return;
    this.disposed = true;
    this.shared.changed.disconnect(this.onNotebook, this);
    for (const { stop } of this.known.values()) stop();
    this.known.clear();
    this.changed.dispose();
  }

  private valueOf(shared: SharedCell): Cell {
    const entry = this.known.get(shared);
    if (entry?.cell) return entry.cell;
    const cell = cellOf(shared);
    if (entry) entry.cell = cell;
    return cell;
  }

  private onNotebook(_: unknown, change: { readonly cellsChange?: unknown }): void {
    if (!change.cellsChange) return;
    this.follow();
    this.tell();
  }

  /** Listens to the cells that are there now, and to no others. */
  private follow(): void {
    const here = new Set(this.shared.cells);
    for (const [cell, { stop }] of this.known) {
      if (here.has(cell)) continue;
      stop();
      this.known.delete(cell);
    }
    for (const cell of here) {
      if (this.known.has(cell)) continue;
      const listen = (_: unknown, change: object) => this.onCell(cell, change);
      cell.changed.connect(listen);
      this.known.set(cell, { cell: null, stop: () => void cell.changed.disconnect(listen) });
    }
    this.list = null;
  }

  private onCell(shared: SharedCell, change: object): void {
    const ours = ["sourceChange", "executionCountChange", "metadataChange"];
    if (!ours.some((name) => name in change)) return;
    const entry = this.known.get(shared);
    if (!entry) return;
    const before = entry.cell;
    const cell = cellOf(shared);
    if (before && same(before, cell)) return;
    entry.cell = cell;
    this.list = null;
    this.tell();
  }

  private tell(): void {
    if (this.pending) return;
    this.pending = true;
    const tell = () => {
      this.pending = false;
      if (this.disposed) return;
      const begun = performance.now();
      this.changed.fire();
      this.took = [this.took[1], performance.now() - begun];
    };
    // One slow answer says nothing: the collector may have come in between.
    if (Math.min(...this.took) < IN_TIME) queueMicrotask(tell);
    else this.later(tell);
  }
}

/** Does work once the next frame is drawn; in a page that draws none, soon. */
function afterFrame(work: () => void): void {
  let waits = true;
  const once = () => {
    if (!waits) return;
    waits = false;
    clearTimeout(timer);
    work();
  };
  const timer = setTimeout(once, 100);
  requestAnimationFrame(() => setTimeout(once, 0));
}

function cellOf(shared: SharedCell): Cell {
  const kind = shared.cell_type === "code" || shared.cell_type === "markdown" ? shared.cell_type : "raw";
  const tags = shared.getMetadata("tags");
  return {
    id: shared.getId(),
    kind,
    source: shared.getSource(),
    ...("execution_count" in shared ? { executionCount: shared.execution_count } : {}),
    ...(Array.isArray(tags) ? { tags: tags.filter((tag): tag is string => typeof tag === "string") } : {}),
  };
}

function same(a: Cell, b: Cell): boolean {
  return (
    a.source === b.source &&
    a.executionCount === b.executionCount &&
    (a.tags ?? []).join("\n") === (b.tags ?? []).join("\n")
  );
}
