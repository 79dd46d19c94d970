import type { Disposable } from "@graphcell/core";

/** One item's element, which can be given newer data. */
export interface Keyed<T> extends Partial<Disposable> {
  readonly el: HTMLElement;
  update(item: T, index: number): void;
}

/**
 * A list whose elements live as long as their keys do: an update moves, adds and removes elements, it never makes
 * one again, so focus, typing, scroll position and open folds stay.
 */
export class KeyedList<T> implements Disposable {
  private readonly made = new Map<string, Keyed<T>>();

  constructor(
    private readonly parent: HTMLElement,
    private readonly keyOf: (item: T) => string,
    private readonly make: (item: T) => Keyed<T>,
  ) {}

  get(key: string): Keyed<T> | undefined {
    return this.made.get(key);
  }

  /** Shows `items`, in their order, each with its index. */
  update(items: readonly { readonly item: T; readonly index: number }[]): void {
    const wanted = new Set(items.map(({ item }) => this.keyOf(item)));
    for (const [key, keyed] of this.made) {
      if (wanted.has(key)) continue;
      keyed.el.remove();
      keyed.dispose?.();
      this.made.delete(key);
    }
    const focused = this.parent.contains(document.activeElement) ? document.activeElement : null;
    let place = this.parent.firstElementChild;
    for (const { item, index } of items) {
      const keyed = this.ensure(item);
      keyed.update(item, index);
      // Only those that stand wrong are moved: moving an element takes the focus from it.
      if (place === keyed.el) place = place.nextElementSibling;
      else this.parent.insertBefore(keyed.el, place);
    }
    if (
      focused instanceof HTMLElement &&
      focused !== document.activeElement &&
      this.parent.contains(focused)
    ) {
      focused.focus({ preventScroll: true });
    }
  }

  private ensure(item: T): Keyed<T> {
    const key = this.keyOf(item);
    const known = this.made.get(key);
    if (known) return known;
    const keyed = this.make(item);
    this.made.set(key, keyed);
    return keyed;
  }

  dispose(): void {
    for (const keyed of this.made.values()) keyed.dispose?.();
    this.made.clear();
    this.parent.replaceChildren();
  }
}

/** `items` with their indices, as `KeyedList.update` takes them. */
export function numbered<T>(items: readonly T[]): { item: T; index: number }[] {
  return items.map((item, index) => ({ item, index }));
}
