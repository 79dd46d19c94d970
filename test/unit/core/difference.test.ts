import { decodeGraph, parseJson, pictureOf, isMap } from "@graphcell/core";
import { differencePicture } from "../../../core/src/draw/difference";

function pictureFrom(steps: Readonly<Record<string, unknown>>) {
  const read = parseJson(JSON.stringify({ kind: "root", engine: "async", steps }));
  if (!isMap(read)) throw new Error("no map");
  return pictureOf(decodeGraph(read).graph);
}

test("both graphs stand in one picture, each step and edge with what became of it", () => {
  const task = (after: readonly string[]) => ({ kind: "task", handler: "f", after });
  const before = pictureFrom({ a: task([]), b: task(["a"]), c: task(["b"]) });
  const after = pictureFrom({ a: task([]), c: task(["a"]), d: task(["c"]) });
  const both = differencePicture(before, after, new Set(["a"]));
  expect(both.nodes.map(({ id, truth }) => `${id} ${truth}`)).toEqual([
    ":start agreed",
    "a edited",
    "c agreed",
    "d written",
    "b kernel-only",
  ]);
  expect(both.edges.map(({ from, to, truth }) => `${from} ${to} ${truth}`)).toEqual([
    ":start a agreed",
    "a c written",
    "c d written",
    "a b kernel-only",
    "b c kernel-only",
  ]);
});

test("a router's frame and its routes are told apart from each other", () => {
  const router = (routes: Readonly<Record<string, unknown>>) => ({
    r: { kind: "router", after: [], routes },
  });
  const model = { kind: "task", class_name: "M" };
  const both = differencePicture(
    pictureFrom(router({ m1: model })),
    pictureFrom(router({ m1: model, m2: model })),
    new Set(),
  );
  expect(both.groups.map(({ id, step }) => [id, step?.truth])).toEqual([["r", "agreed"]]);
  expect(both.nodes.filter(({ group }) => group === "r").map(({ id, truth }) => [id, truth])).toEqual([
    ["r/m1", "agreed"],
    ["r/m2", "written"],
  ]);
});
