/** A notebook's shared model, as far as Graphcell uses it: real changes, told the way JupyterLab tells them. */

type Slot<T> = (sender: unknown, args: T) => void;

class FakeSignal<T> {
  private readonly slots = new Set<Slot<T>>();

  connect(slot: Slot<T>, self?: unknown): void {
    this.slots.add(self === undefined ? slot : this.bound(slot, self));
  }

  disconnect(slot: Slot<T>, self?: unknown): void {
    this.slots.delete(self === undefined ? slot : this.bound(slot, self));
  }

  emit(args: T): void {
    for (const slot of [...this.slots]) slot(this, args);
  }

  get connections(): number {
    return this.slots.size;
  }

  private readonly known = new Map<unknown, Map<Slot<T>, Slot<T>>>();

  private bound(slot: Slot<T>, self: unknown): Slot<T> {
    let mine = this.known.get(self);
    if (!mine) this.known.set(self, (mine = new Map()));
    let made = mine.get(slot);
    if (!made) mine.set(slot, (made = slot.bind(self) as Slot<T>));
    return made;
  }
}

export class FakeCell {
  readonly changed = new FakeSignal<object>();
  execution_count: number | null = null;
  tags: readonly string[] | undefined;

  constructor(
    readonly id: string,
    private text: string,
    readonly cell_type = "code",
  ) {}

  getId(): string {
    return this.id;
  }

  getSource(): string {
    return this.text;
  }

  getMetadata(key: string): unknown {
    return key === "tags" ? this.tags : undefined;
  }

  setSource(text: string): void {
    this.text = text;
    this.changed.emit({ sourceChange: [] });
  }

  ran(count: number): void {
    this.execution_count = count;
    this.changed.emit({ executionCountChange: {} });
  }

  printed(): void {
    this.changed.emit({ outputsChange: [] });
  }
}

export class FakeSharedNotebook {
  readonly changed = new FakeSignal<object>();

  constructor(public cells: readonly FakeCell[]) {}

  replaceCells(cells: readonly FakeCell[]): void {
    this.cells = cells;
    this.changed.emit({ cellsChange: [] });
  }
}
