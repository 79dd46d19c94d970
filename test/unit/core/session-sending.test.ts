import { type MockEvent, Sending } from "@graphcell/core";

function sent(items: readonly MockEvent[]): readonly MockEvent[] {
  const sending = new Sending(items);
  return Array.from({ length: sending.length }, (_, i) => sending.at(i));
}

describe("the events that a run sends", () => {
  test("have their own ids, else the next free number", () => {
    const items = [{ body: 1 }, { id: "e2", body: 2 }, { body: 3, repeat: 2 }, { id: "own", body: 4 }];
    expect(sent(items)).toEqual([
      { id: "e1", body: 1 },
      { id: "e2", body: 2 },
      { id: "e3", body: 3 },
      { id: "e4", body: 3 },
      { id: "own", body: 4 },
    ]);
  });

  test("that are repeated have numbers, and nobody else's", () => {
    const items = [
      { id: "e3", body: 1, repeat: 2 },
      { id: "e4", body: 2 },
      { body: 3, repeat: 2 },
    ];
    expect(sent(items).map(({ id }) => id)).toEqual(["e1", "e2", "e4", "e5", "e6"]);
    expect(new Sending(items).ids(2)).toEqual(["e5", "e6"]);
  });

  test("are made when their turn comes: a million take no room, and only the ends are named", () => {
    const sending = new Sending([{ body: 1, repeat: 1_000_000 }]);
    expect(sending.length).toBe(1_000_000);
    expect(sending.at(999_999)).toEqual({ id: "e1000000", body: 1 });
    const ids = sending.ids(0);
    expect(ids).toHaveLength(20_000);
    expect([ids[9_999], ids[10_000], ids[19_999]]).toEqual(["e10000", "e990001", "e1000000"]);
  });
});
