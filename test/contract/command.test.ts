import { type PyMap, type PyValue, isMap, parseWire } from "@graphcell/core";
import { folderOf, notebookText, run } from "../support/command";
import { python as interpreter } from "../support/python";

jest.setTimeout(120_000);

const CELLS = [
  "import mlrun",
  "class Add:\n    def __init__(self, n=1):\n        self.n = n\n    def do(self, x):\n        print('adding', self.n)\n        return x + self.n",
  'fn = mlrun.new_function("adder", kind="serving")\ngraph = fn.set_topology("flow")\n' +
    'for i in range(3):\n    last = (last if i else graph).to("Add", f"add{i}", n=i)\nlast.respond()',
  "%%simulate adder\n5",
];

const file = folderOf({
  "adder.ipynb": notebookText(CELLS, "adder", ["1", "2.0"]),
  "score.graph.yaml":
    "steps:\n  enrich: {class_name: Enrich, class_args: {n: 2}}\n  late: {handler: double, after: [enrich], responder: true}\n",
  "score.py":
    "class Enrich:\n    def __init__(self, n):\n        self.n = n\n    def do(self, x):\n        return x + self.n\n\n\ndef double(x):\n    return 2 * x\n",
  "score.graphcell.json": JSON.stringify({
    version: 1,
    graphs: { score: { events: [{ id: "event-1", name: "one", bodyText: "1" }] } },
  }),
  // Both engines run in one kernel: what the first leaves behind, the second finds.
  "counts.ipynb": notebookText(
    [
      "import mlrun\nseen = []\ndef count(x):\n    seen.append(x)\n    return len(seen)",
      'fn = mlrun.new_function("counts", kind="serving")\nfn.set_topology("flow").to(name="count", handler="count").respond()',
    ],
    "counts",
    ["1"],
  ),
  "raises.ipynb": notebookText(["1 / 0"]),
  "events.json": '[1, {"body": "x", "id": "mine"}]',
});

function eventsOf(text: string): readonly PyMap[] {
  const value: PyValue = parseWire(text);
  const events = isMap(value) ? value.get("events") : null;
  return Array.isArray(events) ? events.filter(isMap) : [];
}

const python = ["--python", interpreter];

test("simulate runs the saved events and ends with 0", async () => {
  const { code, out, err } = await run(["simulate", file("adder.ipynb"), "--json", ...python]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(eventsOf(out).map((e) => [e.get("status"), e.get("response")])).toEqual([
    ["ok", 4],
    ["ok", parseWire("5.0")],
  ]);
  const steps = eventsOf(out)[0].get("steps") as PyMap[];
  expect(steps.map((s) => [s.get("step"), s.get("in"), s.get("out")])).toEqual([
    ["add0", 1, [1]],
    ["add1", 1, [2]],
    ["add2", 2, [4]],
  ]);
});

test("a graph file runs with the handlers and the events beside it", async () => {
  const { code, out, err } = await run(["simulate", file("score.graph.yaml"), "--json", ...python]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(eventsOf(out).map((e) => [e.get("status"), e.get("response")])).toEqual([["ok", 6]]);
});

test("a failing event ends with 1; --trace adds the trace", async () => {
  const argv = [
    "simulate",
    file("adder.ipynb"),
    "--json",
    "--trace",
    "--events",
    file("events.json"),
    ...python,
  ];
  const { code, out } = await run(argv);
  expect(code).toBe(1);
  expect(eventsOf(out).map((e) => e.get("id"))).toEqual(["e1", "mine"]);
  const value = parseWire(out) as PyMap;
  const trace = value.get("trace") as PyMap[];
  expect(trace[0].get("op")).toBe("in");
  expect(trace.some((op) => op.get("op") === "raise" && op.get("step") === "add0")).toBe(true);
});

test("show --run takes the graph from the kernel", async () => {
  const { code, out } = await run(["show", file("adder.ipynb"), "--run", ...python]);
  expect(code).toBe(0);
  expect(out).toContain("add2  task  Add  responds");
});

test("a cell that raises is named, with the exception", async () => {
  const { code, err } = await run(["show", file("raises.ipynb"), "--run", ...python]);
  expect(code).toBe(1);
  expect(err).toContain("Cell 1 of");
  expect(err).toContain("ZeroDivisionError: division by zero");
});

test("no Python ends with 3", async () => {
  const { code, err } = await run(["simulate", file("adder.ipynb"), "--python", "/nowhere/python"]);
  expect(code).toBe(3);
  expect(err).not.toMatch(/\n\s+at /);
});

test("verify says that both engines agree, and ends with 0", async () => {
  const { code, out, err } = await run(["verify", file("adder.ipynb"), "--json", ...python]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  const parity = parseWire(out) as PyMap;
  expect(parity.get("agrees")).toBe(true);
  expect(parity.get("differences")).toEqual([]);
  expect(parity.get("operations")).toBe(parity.get("agreeing"));
  expect(Number(parity.get("operations"))).toBeGreaterThan(10);
});

test("verify names the step and the value where the engines first differ, and ends with 1", async () => {
  const { code, out } = await run(["verify", file("counts.ipynb"), "--json", ...python]);
  expect(code).toBe(1);
  const [first] = (parseWire(out) as PyMap).get("differences") as PyMap[];
  expect([first.get("event"), first.get("step"), first.get("place")]).toEqual(["e1", "count", "result"]);
  expect([first.get("mlrun"), first.get("graphcell")]).toEqual(["2", "1"]);
});

test("verify runs a graph file in MLRun from its dictionary", async () => {
  const { code, out, err } = await run(["verify", file("score.graph.yaml"), ...python]);
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toContain("score: Agrees with MLRun");
});
