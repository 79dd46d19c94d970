/** Disposables, events and cancellation of our own: the core runs where no host's are at hand. */

export interface Disposable {
  dispose(): void;
}

/** Disposes what it owns, last first, once. What is added afterwards is disposed at once. */
export class Disposables implements Disposable {
  private items: Disposable[] | null = [];

  add<T extends Disposable>(item: T): T {
    if (this.items) this.items.push(item);
    else item.dispose();
    return item;
  }

  get disposed(): boolean {
    return this.items === null;
  }

  dispose(): void {
    const items = this.items ?? [];
    this.items = null;
    for (const item of items.reverse()) item.dispose();
  }
}

export type Listener<T> = (value: T) => void;

export interface Event<T> {
  (listener: Listener<T>): Disposable;
}

export class Emitter<T> implements Disposable {
  private readonly listeners = new Set<Listener<T>>();

  readonly event: Event<T> = (listener) => {
    this.listeners.add(listener);
    return { dispose: () => void this.listeners.delete(listener) };
  };

  /** Whether anybody listens. */
  get heard(): boolean {
    return this.listeners.size > 0;
  }

  fire(value: T): void {
    for (const listener of [...this.listeners]) listener(value);
  }

  dispose(): void {
    this.listeners.clear();
  }
}

/** Says once that work is no longer wanted. */
export interface CancelToken {
  readonly cancelled: boolean;
  readonly onCancel: Event<void>;
}

export class CancelSource implements CancelToken, Disposable {
  private readonly emitter = new Emitter<void>();
  cancelled = false;

  readonly onCancel: Event<void> = (listener) => {
    if (this.cancelled) {
      listener();
      return { dispose() {} };
    }
    return this.emitter.event(listener);
  };

  get token(): CancelToken {
    return this;
  }

  cancel(): void {
    if (this.cancelled) return;
    this.cancelled = true;
    this.emitter.fire();
    this.emitter.dispose();
  }

  dispose(): void {
    this.emitter.dispose();
  }
}

/** A token that is never cancelled. */
export const never: CancelToken = { cancelled: false, onCancel: () => ({ dispose() {} }) };
