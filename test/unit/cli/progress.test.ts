import { Progress } from "@graphcell/cli";

function watched(): { readonly progress: Progress; readonly lines: string[]; at(ms: number): void } {
  let now = 0;
  const lines: string[] = [];
  const terminal = {
    out: () => undefined,
    err: (text: string) => void lines.push(text.replace("\r\u001b[K", "")),
    showsProgress: true,
    readStdin: () => Promise.resolve(""),
  };
  return { progress: new Progress(terminal, () => now), lines, at: (ms) => void (now = ms) };
}

describe("progress on a terminal", () => {
  test("tells rate and time left once they can be told", () => {
    const { progress, lines, at } = watched();
    progress.events(1, 100_000);
    at(2000);
    progress.events(25_000, 100_000);
    expect(lines).toEqual(["Event 1 of 100,000", "Event 25,000 of 100,000, 12,500 a second, 6 s left"]);
  });

  test("writes no more than ten lines a second, but the last one always", () => {
    const { progress, lines, at } = watched();
    for (let i = 1; i <= 50; i++) {
      at(i);
      progress.events(i, 50);
    }
    expect(lines).toEqual(["Event 1 of 50", "Event 50 of 50"]);
  });
});
