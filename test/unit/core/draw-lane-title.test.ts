import { type PlacedEdge, laneTitle } from "@graphcell/core";

const lane = { x: 100, y: 50, width: 240, height: 100 };
const entering = (x: number): PlacedEdge => ({
  id: "a>b",
  from: "a",
  to: "b",
  kind: "flow",
  points: [
    { x, y: 0 },
    { x, y: 20 },
    { x, y: 30 },
    { x, y: 50 },
  ].map((p) => ({ ...p })),
});

test.each([
  ["no edge enters", [], "start", 12],
  ["an edge enters beside it", [220], "start", 12],
  ["an edge enters at the left", [140], "end", 228],
  ["edges enter on both sides", [140, 300], "start", 12],
])("a lane's title, when %s", (_, places, anchor, x) => {
  expect(laneTitle("alerts", lane, places.map(entering))).toEqual({ text: "function: alerts", x, anchor });
});

test("a title that is too long for its lane is cut", () => {
  const { text } = laneTitle("a_function_with_quite_a_long_name", { ...lane, width: 120 }, []);
  expect(text).toMatch(/^functi.*\u2026.*name$/);
});
