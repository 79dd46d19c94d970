import { paceOf } from "@graphcell/core";

describe("the pace of a run", () => {
  test.each([
    ["nothing is done", 0, 10, 5_000],
    ["it has just begun", 100, 1000, 499],
  ])("is not told while %s", (_, done, total, ms) => {
    expect(paceOf(done, total, ms)).toBeNull();
  });

  test("is events a second, and the time that the rest takes at that rate", () => {
    expect(paceOf(250, 1000, 500)).toEqual({ perSecond: 500, leftMs: 1500 });
    expect(paceOf(1000, 1000, 2000)).toEqual({ perSecond: 500, leftMs: 0 });
  });
});
