import type { Future } from "./loop";

/**
 * Work comes in two shapes. `Run` is work that did all it could at once and returns the rest, if any, as a
 * generator: a chain of steps that nothing holds up costs plain calls. `Answer` is a value that may have to be
 * waited for, because foreign code makes it.
 */
export type Coro<T = void> = Generator<Wait, T, unknown>;

/** What is left of some work: undefined when it is done. */
export type Run = Coro<void> | undefined;

/** What a coroutine may wait for. A coroutine runs on the same task, on a stack of its own (depth is free). */
export type Wait = Coro<unknown> | Future<unknown> | Later<unknown> | typeof TICK;

/** Lets everything else that is ready run first, as `asyncio.sleep(0)` does. */
export const TICK = Symbol("tick");

/** A value that is not there yet. */
export class Later<T> {
  constructor(
    readonly source: Promise<T> | Coro<T>,
    /** A promise that lets other tasks run meanwhile (a foreign coroutine); else it holds the whole loop up. */
    readonly suspends = false,
  ) {}
}

export type Answer<T> = T | Later<T>;

/** Waits for whatever it is and gives its value. */
export function* wait<T>(what: Answer<T>): Coro<T> {
  if (!(what instanceof Later)) return what;
  return (yield what) as T; // the task sends the very value that the source gave
}

/** Runs a coroutine on the task's stack and gives its result. */
export function* call<T>(coro: Coro<T>): Coro<T> {
  return (yield coro) as T; // the task sends the very value that the coroutine returned
}

/** Waits for a future (or a task's) and gives its value. */
export function* result<T>(future: Future<T>): Coro<T> {
  return (yield future) as T; // the task sends the very value that the future holds
}

/** Goes on with the value at once when it is there, else later. */
export function then<T>(what: Answer<T>, next: (value: T) => Run): Run {
  return what instanceof Later ? thenLater(what, next) : next(what);
}

function* thenLater<T>(what: Later<T>, next: (value: T) => Run): Coro {
  const rest = next(yield* wait(what));
  if (rest) yield rest;
}

/** `next` after `run` is done. */
export function after(run: Run, next: () => Run): Run {
  return run ? afterLater(run, next) : next();
}

function* afterLater(run: Coro, next: () => Run): Coro {
  yield run;
  const rest = next();
  if (rest) yield rest;
}

/** The answer of a function of the value. */
export function map<T, U>(what: Answer<T>, fn: (value: T) => Answer<U>): Answer<U> {
  return what instanceof Later ? new Later(mapLater(what, fn)) : fn(what);
}

function* mapLater<T, U>(what: Later<T>, fn: (value: T) => Answer<U>): Coro<U> {
  return yield* wait(fn(yield* wait(what)));
}

/** An answer from a promise or a value, as an executor gives it. */
export function answer<T>(value: T | Promise<T>, suspends = false): Answer<T> {
  return value instanceof Promise ? new Later(value, suspends) : value;
}
