import { type Coro, type Loop, Future } from "./loop";

/** `asyncio.Queue`, and Storey's queues, which wake in the same order. */
export class AsyncQueue<T> {
  private readonly items: T[] = [];
  private readonly getters: Future<void>[] = [];
  private readonly putters: Future<void>[] = [];

  constructor(
    private readonly loop: Loop,
    /** 0 for a queue without a limit. */
    private readonly capacity = 0,
  ) {}

  get size(): number {
    return this.items.length;
  }

  get full(): boolean {
    return this.capacity > 0 && this.items.length >= this.capacity;
  }

  *put(item: T): Coro {
    while (this.full) {
      const putter = new Future<void>(this.loop);
      this.putters.push(putter);
      yield putter;
    }
    this.putNow(item);
  }

  /** Whatever the limit says. */
  putNow(item: T): void {
    this.items.push(item);
    wakeNext(this.getters);
  }

  *get(): Coro<T> {
    for (;;) {
      const item = this.items.shift();
      if (item !== undefined) {
        wakeNext(this.putters);
        return item;
      }
      yield this.getter();
    }
  }

  /** The first item, which stays. */
  *peek(): Coro<T> {
    while (this.items.length === 0) yield this.getter();
    wakeNext(this.putters);
    return this.items[0];
  }

  private getter(): Future<void> {
    const getter = new Future<void>(this.loop);
    this.getters.push(getter);
    return getter;
  }
}

function wakeNext(waiters: Future<void>[]): void {
  for (let waiter = waiters.shift(); waiter; waiter = waiters.shift()) {
    if (!waiter.done) {
      waiter.resolve();
      return;
    }
  }
}
