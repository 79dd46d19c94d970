import { readFileSync } from "node:fs";
import { join } from "node:path";
import { STEP_CLASSES, decodeGraph, fromWire, simulate, stepClass } from "@graphcell/core";
import { FakeExecutor } from "../../support/fake-executor";

const exported = JSON.parse(readFileSync(join(__dirname, "fixtures", "step-exports.json"), "utf8")) as {
  readonly steps: readonly { readonly name: string; readonly class: string }[];
};

/** Names and classes as the installed packages export them. */
const NAMES = exported.steps.flatMap(({ name, class: defined }) =>
  name === "storey.Flow" ? [name] : [name, defined],
);

test.each([...new Set(NAMES)])("%s has a row", (name) => {
  const row = stepClass(name);
  expect(row?.make !== undefined || (row?.reason ?? "") !== "").toBe(true);
});

test.each(STEP_CLASSES.filter((row) => row.make === undefined).map((row) => row.names[0]))(
  "%s says at once why it can't be simulated, and what to do",
  async (name) => {
    const steps = { a: { kind: "task", class_name: name } };
    const { graph } = decodeGraph(fromWire({ engine: "async", steps }));
    const { initError } = await simulate(graph, [{ body: 1 }], {});
    expect(initError?.message).toMatch(/^step a: \w+ .*(; use|; take|; give) /);
  },
);

test.each([
  ["one.csv", null],
  ["file:///one.csv", null],
  ["v3io:///projects/one.csv", "step a: CSVTarget would write to v3io:///projects/one.csv"],
  ["s3://bucket/one.csv", "step a: CSVTarget would write to s3://bucket/one.csv"],
])("a CSVTarget at %s", async (path, message) => {
  const steps = {
    a: { kind: "task", class_name: "storey.CSVTarget", class_args: { path }, responder: true },
  };
  const { graph } = decodeGraph(fromWire({ engine: "async", steps }));
  const { initError } = await simulate(graph, [{ body: fromWire({ x: 1 }) }], {});
  expect(initError?.message.split(",")[0] ?? null).toBe(message);
});

test("a class that derives from one that needs a service says so too", async () => {
  const executor = new FakeExecutor({
    classes: { Mine: {} },
    mro: { Mine: ["__main__.Mine", "storey.targets.KafkaTarget", "storey.flow.Flow"] },
  });
  const steps = { a: { kind: "task", class_name: "Mine" } };
  const { graph } = decodeGraph(fromWire({ engine: "async", steps }));
  const { initError } = await simulate(graph, [{ body: 1 }], { executor });
  expect(initError?.message).toMatch(/^step a: KafkaTarget needs a Kafka broker, /);
});
