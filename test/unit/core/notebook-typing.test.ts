import { type ParsedNotebook, parseNotebook } from "@graphcell/core";
import { goldenCases } from "../../support/golden";
import { codeCells, onlyGraph, parseCells, sketch, textOf } from "../../support/notebook";

const FN = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")';

describe("while a cell is half typed", () => {
  const before = parseCells(FN, 'graph.to("A").to("B")', 'graph["B"].to("C")');

  it("its last good picture stays, marked stale", () => {
    const now = parseNotebook(codeCells(FN, 'graph.to("A").to("B").to(', 'graph["B"].to("C")'), before);
    expect(sketch(onlyGraph(now).graph)).toBe("A B<A C<B");
    expect(now.stale).toBe(true);
    expect(now.problems.map((p) => [p.code, p.range?.cell])).toEqual([["cell-does-not-parse", 1]]);
  });

  it("it stays over many keystrokes, until the cell parses again", () => {
    let now: ParsedNotebook = before;
    for (const text of [
      'graph.to("A").to("B").',
      'graph.to("A").to("B").to("',
      'graph.to("A").to("B").to("X"',
    ]) {
      now = parseNotebook(codeCells(FN, text, ""), now);
      expect([sketch(onlyGraph(now).graph), now.stale]).toEqual(["A B<A", true]);
    }
    now = parseNotebook(codeCells(FN, 'graph.to("A").to("B").to("X")', ""), now);
    expect([sketch(onlyGraph(now).graph), now.stale]).toEqual(["A B<A X<B", false]);
  });

  it("its steps are found where they stand now", () => {
    const sources = [FN, 'x = (\ngraph.to("A").to("B")', ""];
    const now = parseNotebook(codeCells(...sources), before);
    expect(textOf(sources, onlyGraph(now).origins.get("B")?.created)).toBe('to("B")');
    expect(onlyGraph(now).origins.get("B")?.created?.line).toBe(2);
  });

  it("a cell that builds nothing does not make the graph stale", () => {
    const first = parseCells(FN, 'graph.to("A")', "x = 1");
    const now = parseNotebook(codeCells(FN, 'graph.to("A")', "x = ("), first);
    expect([now.stale, now.problems.length]).toEqual([false, 1]);
  });

  it("a first step is drawn by what is typed of it so far", () => {
    const line = 'graph.to("A", name="b", x=1)';
    const names = (to: number) => sketch(onlyGraph(parseCells(FN, line.slice(0, to))).graph);
    const drawn = Array.from(line, (_, i) => names(i + 1));
    expect([...new Set(drawn)]).toEqual(["", "A", "b"]);
    expect(sketch(onlyGraph(parseCells(FN, 'graph.to("A").')).graph)).toBe("A");
  });

  it("a cell that never parsed is read as far as it goes", () => {
    expect(sketch(onlyGraph(parseCells(FN, 'graph.to("A")\ngraph.to("B"')).graph)).toBe("A B");
  });
});

describe("reading again", () => {
  it("gives the same result for the same cells", () => {
    const cells = codeCells(FN, 'graph.to("A")');
    const first = parseNotebook(cells);
    expect(
      parseNotebook(
        cells.map((c) => ({ ...c, executionCount: 3 })),
        first,
      ),
    ).toBe(first);
  });

  it("gives what reading afresh gives", () => {
    let now = parseCells(FN);
    for (const source of ['graph.to("A")', 'graph.to("A").to("B")', "", 'graph.to("C")']) {
      const cells = codeCells(FN, source);
      now = parseNotebook(cells, now);
      expect(now).toEqual(parseNotebook(cells));
    }
  });
});

test("a source cut anywhere is read without an error", () => {
  let cuts = 0;
  for (const { data } of goldenCases()) {
    const source = String(data.get("source"));
    let now = parseCells(source);
    for (let at = cuts % 61; at < source.length; at += 61) {
      const text = at % 2 === 0 ? source.slice(0, at) : source.slice(0, at) + source.slice(at + 5);
      parseCells(text);
      now = parseNotebook(codeCells(text), now);
      cuts++;
    }
  }
  expect(cuts).toBeGreaterThan(1500);
});

/** Code that would run for ever, or build something huge. */
const ENDLESS: readonly string[] = [
  "for i in range(10**9):\n    graph.to('A', f'a{i}')",
  "while True:\n    pass",
  "def f(x):\n    return f(x)\nf(1)",
  "x = [1]\nfor i in x:\n    x.append(i)",
  "x = 'a'\nfor i in range(200):\n    x = x + x",
  "x = [0] * 10**9",
  "[i for i in range(10000) for j in range(10000)]",
  "x = 2 ** 10 ** 10",
  "x = []\nx.append(x)\ngraph.to('A', k=x)\nprint(str(x))",
  "d = {}\nd['d'] = d\ngraph.to('A', **d)\ngraph.add_step('B', after=d)",
];

describe("what would never end is given up", () => {
  it.each(ENDLESS)("%s", (source) => {
    const notebook = parseCells(FN, source, "last = graph.to('Z', 'z')");
    expect(notebook.graphs[0]?.graph.step("z")).toBeDefined();
  });
});

test("what is kept from one reading to the next changes nothing of what is read", () => {
  const cells = [
    FN + "\nstep = graph",
    ...Array.from({ length: 10 }, (_, i) =>
      Array.from({ length: 10 }, (_, j) => `step = step.to("Echo", name="s${i}${j}", k=${j})`).join("\n"),
    ),
  ];
  let now = parseCells(...cells);
  for (let i = 0; i < 60; i++) {
    const at = 1 + (i % 10);
    const edited = cells.map((source, k) => (k === at ? source.replace(`"s${at - 1}3"`, `"t${i}"`) : source));
    now = parseNotebook(codeCells(...edited), now);
    expect(now).toEqual(parseCells(...edited));
    expect(now.graphs[0]?.graph.step(`t${i}`)).toBeDefined();
  }
});
