/** Waiting for states, and saying what was waited for. */

export class ScenarioError extends Error {}

/** Asks again until the answer is true; `what` is a sentence about what should have come true. */
export async function until(
  what: string,
  ask: () => Promise<boolean> | boolean,
  timeoutMs = 20_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await answered(ask)) return;
    if (Date.now() > deadline) throw new ScenarioError(`waited ${timeoutMs / 1000} s, but not so: ${what}`);
    await new Promise((next) => setTimeout(next, 40));
  }
}

/** A frame that its host makes anew in the middle of the question has not answered it. */
async function answered(ask: () => Promise<boolean> | boolean): Promise<boolean> {
  try {
    return await ask();
  } catch (error) {
    if (/Execution context was destroyed|Frame was detached/.test(String(error))) return false;
    throw error;
  }
}

/** Waits for a value to be the expected one; the message shows both. */
export async function untilEqual<T>(
  what: string,
  expected: T,
  ask: () => Promise<T> | T,
  timeoutMs = 20_000,
): Promise<void> {
  let last: T | undefined;
  try {
    await until(
      what,
      async () => {
        last = await ask();
        return JSON.stringify(last) === JSON.stringify(expected);
      },
      timeoutMs,
    );
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(last)}`);
  }
}

export function check(condition: boolean, what: string): asserts condition {
  if (!condition) throw new ScenarioError(`not so: ${what}`);
}
