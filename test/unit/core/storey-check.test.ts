import { check, decodeGraph, fromWire } from "@graphcell/core";

const problems = (steps: Record<string, object>) => {
  const { graph } = decodeGraph(fromWire({ engine: "async", steps }));
  return check(graph).map((problem) => problem.code);
};

const SOURCE = { class_name: "storey.SyncEmitSource" };

test("a flow of Storey's own needs no responder, and may have steps of one name", () => {
  const steps = {
    SyncEmitSource: SOURCE,
    Flatten: { class_name: "storey.Flatten", after: ["SyncEmitSource"] },
    "Flatten#2": { class_name: "storey.Flatten", name: "Flatten", after: ["Flatten"] },
    Complete: { class_name: "storey.Complete", after: ["Flatten#2"] },
  };
  expect(problems(steps)).toEqual([]);
});

test("a step of MLRun's under another name is still told", () => {
  expect(problems({ "A#2": { class_name: "A", name: "B", responder: true } })).toContain("name-differs");
});
