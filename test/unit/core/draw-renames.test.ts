import { renames } from "@graphcell/core";
import { drawnPicture } from "../../support/pictures";

const named = (before: Parameters<typeof renames>[0], after: Parameters<typeof renames>[1]) =>
  Object.fromEntries(renames(before, after));

test("a step with another name at the same place is the same step", () => {
  expect(named(drawnPicture("a > b > c"), drawnPicture("a > b2 > c"))).toEqual({ b2: "b" });
});

test("a router's new name takes its routes along", () => {
  const router = (name: string) =>
    drawnPicture(`a > ${name}`, {
      groups: [{ id: name, kind: "router", label: name, parent: null }],
      nodes: {
        [`${name}/m1`]: { group: name, kind: "model" },
        [`${name}/m2`]: { group: name, kind: "model" },
      },
    });
  expect(named(router("r"), router("vote"))).toEqual({ vote: "r", "vote/m1": "r/m1", "vote/m2": "r/m2" });
});

test.each([
  ["nothing changed", "a > b", "a > b"],
  ["a step was added", "a > b", "a > b > c"],
  ["a step was taken away", "a > b > c", "a > c"],
  ["one went and another came elsewhere", "a > b > c", "a > c > d"],
  ["two changed places", "a > b > c", "a > c > b"],
])("no step has another name when %s", (_, before, after) => {
  expect(named(drawnPicture(before), drawnPicture(after))).toEqual({});
});

test("a step of another kind is another step", () => {
  const other = drawnPicture("a > q", { nodes: { q: { kind: "queue" } } });
  expect(named(drawnPicture("a > b"), other)).toEqual({});
});
