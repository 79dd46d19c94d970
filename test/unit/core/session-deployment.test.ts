import { createSession } from "@graphcell/core";
import { deployEvents, deployGraph } from "@graphcell/core/deployment";
import { FakePorts, heldBy } from "../../support/session-ports";

const HEAD = 'import mlrun\ndef f(x):\n    return x\nfn = mlrun.new_function("words", kind="serving")';
const CHAIN = 'graph = fn.set_topology("flow", engine="async")\ngraph.to(name="a", handler="f")';
const LOOP = `${CHAIN}\nfor name in open("names.txt"):\n    graph.add_step(name=name, handler="f", after="a")`;

function setUp(sources: readonly string[]) {
  const ports = new FakePorts(sources);
  const session = createSession(ports);
  return { ports, graph: () => deployGraph(session, ports.notebook), session };
}

test("the graph goes as it is written, with what check says of it", () => {
  const { graph } = setUp([HEAD, CHAIN.replace('"f"', '"g"')]);
  expect(graph()).toMatchObject({ name: "words", notebook: "test.ipynb", graphNames: ["fn", "graph"] });
  expect(graph()?.problems.map(({ code, step }) => [code, step])).toEqual([
    ["no-responder", null],
    ["unknown-handler", "a"],
  ]);
});

test("what the text leaves open is an error without a kernel, and the kernel's graph with one", () => {
  const { ports, graph } = setUp([HEAD, LOOP]);
  expect(graph()?.problems.map(({ code }) => code)).toContain("deploy-unknown");
  ports.run(heldBy([HEAD, `${CHAIN}\ngraph.add_step(name="late", handler="f", after="a")`]));
  expect([...(graph()?.graph.steps.keys() ?? [])]).toEqual(["a", "late"]);
  expect(graph()?.problems.map(({ code }) => code)).not.toContain("deploy-unknown");
});

test("a text that has changed since it ran is told where the kernel's graph goes", () => {
  const { ports, graph } = setUp([HEAD, LOOP]);
  ports.run(heldBy([HEAD, CHAIN]));
  ports.type([HEAD, LOOP.replaceAll('"a"', '"b"')]);
  expect(graph()?.problems.map(({ code }) => code)).toContain("deploy-not-run");
});

test("without a graph there is nothing to deploy", () => {
  const { graph, session } = setUp(["x = 1"]);
  expect(graph()).toBeNull();
  expect(deployEvents(session)).toEqual([]);
});
