import { engineLoop } from "@graphcell/core";

const { Loop, Later, Future, wait } = engineLoop;
const TICK: typeof engineLoop.TICK = engineLoop.TICK;

describe("the loop", () => {
  test("runs tasks first in, first out, and wakes waiters through the queue", () => {
    const loop = new Loop({ now: 0 });
    const said: string[] = [];
    const future = new Future<number>(loop);
    loop.spawn(
      (function* (): engineLoop.Coro {
        said.push("a");
        yield future;
        said.push(`a got ${future.result()}`);
      })(),
    );
    loop.spawn(
      (function* (): engineLoop.Coro {
        said.push("b");
        future.resolve(5);
        said.push("b on");
        yield TICK;
        said.push("b end");
      })(),
    );
    loop.spawn(
      (function* (): engineLoop.Coro {
        said.push("c");
        yield TICK;
        said.push("c end");
      })(),
    );
    expect(loop.run(() => false)).toBe("idle");
    expect(said).toEqual(["a", "b", "b on", "c", "a got 5", "b end", "c end"]);
  });

  test("jumps to the next timer, and no further than it may", () => {
    const loop = new Loop({ now: 1000 });
    const fired: number[] = [];
    loop.later(500, () => fired.push(loop.now));
    loop.later(200, () => fired.push(loop.now));
    loop.later(200, () => fired.push(-1))();
    loop.run(() => false, 1300);
    expect(fired).toEqual([1200]);
    loop.run(() => false);
    expect(fired).toEqual([1200, 1500]);
  });

  test("is held up by a foreign call, not by a foreign coroutine", async () => {
    const order = async (suspends: boolean): Promise<string[]> => {
      const loop = new Loop({ now: 0 });
      const said: string[] = [];
      loop.spawn(
        (function* (): engineLoop.Coro {
          said.push(yield* wait(new Later(Promise.resolve("slow"), suspends)));
        })(),
      );
      loop.spawn(
        (function* (): engineLoop.Coro {
          said.push("other");
          yield TICK;
        })(),
      );
      await loop.run(() => false);
      return said;
    };
    expect(await order(false)).toEqual(["slow", "other"]);
    expect(await order(true)).toEqual(["other", "slow"]);
  });

  test("gives no promise when nothing has to be waited for", () => {
    const loop = new Loop({ now: 0 });
    loop.spawn(loop.sleep(60_000));
    expect(loop.run(() => false)).toBe("idle");
    expect(loop.now).toBe(60_000);
  });

  test("an error that nobody waits for stays in its task", () => {
    const loop = new Loop({ now: 0 });
    const task = loop.spawn(
      (function* (): Generator<never, void, unknown> {
        throw new Error("gone");
      })(),
    );
    loop.run(() => false);
    expect(() => task.done.result()).toThrow("gone");
  });
});
