import { definitionAt, prepareRename, referencesAt, rename } from "@graphcell/core";
import { edited, marked, shown } from "../../support/language";

const STEPS =
  "class Enrich:\n    def do(self, event):\n        return event\n\n    def other(self, event):\n        return event\n\n\ndef score(event):\n    return event";
const FN = 'import mlrun\nfn = mlrun.new_function("f", kind="serving")\ngraph = fn.set_topology("flow")\n';

/** Where the cursor stands, and what it leads to. */
const DEFINITIONS: readonly (readonly [title: string, graph: string, leads: string | null])[] = [
  ["a class in a string", 'graph.to("En¦rich", "a")', "0:1:7 Enrich"],
  ["a class passed as it is", 'graph.to(Enr¦ich, "a")', "0:1:7 Enrich"],
  ["a handler", 'graph.to(name="a", handler="scor¦e")', "0:9:5 score"],
  ["a method", 'graph.to("Enrich", "a", handler="oth¦er")', "0:5:9 other"],
  ["a function that is a class argument", 'graph.to("storey.Map", "a", _fn="¦score")', "0:9:5 score"],
  ["after=", 'graph.to("Enrich", "a")\ngraph.add_step("Enrich", "b", after="a¦")', "1:4:21 a"],
  ["one of after=[]", 'graph.to("Enrich", "a")\ngraph.add_step("Enrich", "b", after=["a¦"])', "1:4:21 a"],
  ["an index of the graph", 'graph.to("Enrich", "a")\ngraph["¦a"].respond()', "1:4:21 a"],
  [
    "an index of a router",
    'graph.to("*", "r").add_route("m", class_name="Enrich")\ngraph["r"]["¦m"]',
    "1:4:31 m",
  ],
  ["a step's own name leads to what it runs", 'graph.to("Enrich", "¦a")', "0:1:7 Enrich"],
  [
    "an attribute that is set",
    'graph.to("Enrich", "a")\nb = graph.add_step("Enrich", "b")\nb.after = ["a¦"]',
    "1:4:21 a",
  ],
  [
    "a step without a name of its own",
    'graph.to("Enrich")\ngraph.add_step("Enrich", "b", after="Enrich¦")',
    '1:4:1 graph.to("Enrich")',
  ],
  ["a class of a library", 'graph.to("storey.M¦ap", _fn="score")', null],
  ["a step that is not there", 'graph.add_step("Enrich", "b", after="no¦ne")', null],
  ["plain text", 'x = "Enr¦ich"', null],
];

test.each(DEFINITIONS)("%s is followed to its definition", (_, graph, leads) => {
  const note = marked(STEPS, FN + graph);
  expect(shown(note, definitionAt(note.context, note.position))).toBe(leads);
});

test("a handler in a dictionary is followed, and a step of one", () => {
  const dict =
    'fn.spec.graph = {"steps": {"a": {"class_name": "Enr¦ich"}, "b": {"handler": "score", "after": ["a"]}}}';
  const note = marked(STEPS, `import mlrun\nfn = mlrun.new_function("f", kind="serving")\n${dict}`);
  expect(shown(note, definitionAt(note.context, note.position))).toBe("0:1:7 Enrich");
  const after = marked(
    STEPS,
    `import mlrun\nfn = mlrun.new_function("f", kind="serving")\n${dict.replace("¦", "").replace('["a"]', '["¦a"]')}`,
  );
  expect(shown(after, definitionAt(after.context, after.position))).toBe("1:3:29 a");
});

describe("rename", () => {
  const rows: readonly (readonly [
    title: string,
    before: readonly string[],
    to: string,
    after: readonly string[],
  ])[] = [
    [
      "a step, from where it is named",
      [
        STEPS,
        FN +
          'graph.to("Enrich", "a¦").to("Enrich", "b")\ngraph.add_step("Enrich", "c", after=["a", "b"], before="a")',
      ],
      "first",
      [
        STEPS,
        FN +
          'graph.to("Enrich", "first").to("Enrich", "b")\ngraph.add_step("Enrich", "c", after=["first", "b"], before="first")',
      ],
    ],
    [
      "a step, from where it is referred to, across cells",
      [
        STEPS,
        FN + "graph.to('Enrich', name='a')",
        'graph["a¦"].error_handler("oops", handler="score")\ngraph.add_step("Enrich", after="a")',
      ],
      "x y",
      [
        STEPS,
        FN + "graph.to('Enrich', name='x y')",
        'graph["x y"].error_handler("oops", handler="score")\ngraph.add_step("Enrich", after="x y")',
      ],
    ],
    [
      "a class: its definition, its strings and Python's own uses, not the text of other strings",
      [
        "class Enr¦ich:\n    pass\n\nprint(Enrich, 'Enrich')\ndef f(Enrich):\n    return Enrich",
        FN + 'graph.to("Enrich", "a").to(class_name=Enrich, name="b").to("*Enrich", "r")',
      ],
      "Add",
      [
        "class Add:\n    pass\n\nprint(Add, 'Enrich')\ndef f(Enrich):\n    return Enrich",
        FN + 'graph.to("Add", "a").to(class_name=Add, name="b").to("*Add", "r")',
      ],
    ],
    [
      "a class that gives a step its name, and what refers to the step",
      [STEPS, FN + 'graph.to("Enr¦ich")\ngraph.add_step("Enrich", "b", after="Enrich")'],
      "Add",
      [STEPS.replace("Enrich", "Add"), FN + 'graph.to("Add")\ngraph.add_step("Add", "b", after="Add")'],
    ],
    [
      "a function that is a handler and a class argument",
      [STEPS, FN + 'graph.to(name="a", handler="sco¦re").to("storey.Map", _fn="score")\nscore(1)'],
      "rate",
      [
        STEPS.replace("score", "rate"),
        FN + 'graph.to(name="a", handler="rate").to("storey.Map", _fn="rate")\nrate(1)',
      ],
    ],
  ];

  it.each(rows)("changes %s", (_, before, to, after) => {
    const note = marked(...before);
    const edits = rename(note.context, note.position, to);
    expect("refused" in edits ? edits.refused : edited(note.context.cells, edits)).toEqual(after);
  });

  const refused: readonly (readonly [title: string, source: string, to: string, why: string])[] = [
    [
      "a name that is taken",
      'graph.to("Enrich", "a¦").to("Enrich", "b")',
      "b",
      'There is already a step "b".',
    ],
    ["no name", 'graph.to("Enrich", "a¦")', " ", "A step needs a name."],
    [
      "a name with a quote",
      'graph.to("Enrich", "a¦")',
      'x"',
      "The name of a step may hold no quotes, backslashes, braces or slashes.",
    ],
    ["a name that is made of parts", 'for i in range(2):\n    graph.to("Enrich", f"a¦{i}")', "x", ""],
    [
      "a text of two meanings",
      'n = "a"\ngraph.to("Enrich", n)\nfn2 = mlrun.new_function("g", kind="serving")\ng2 = fn2.set_topology("flow")\ng2.to("Enrich", n)\ngraph["a¦"]',
      "x",
      'The text "a" here also names something else, so that changing it would change that too.',
    ],
    [
      "a class by a name that Python forbids",
      'graph.to("Enr¦ich")',
      "1x",
      '"1x" is no name that Python allows.',
    ],
    ["a class by a keyword", 'graph.to("Enr¦ich")', "class", '"class" is no name that Python allows.'],
    [
      "a class by a name that is taken",
      'graph.to("Enr¦ich")',
      "score",
      'The notebook already defines "score".',
    ],
    [
      "a step that is named after its class",
      'graph.to("Enrich")\ngraph["Enr¦ich"]',
      "x",
      'The step "Enrich" is named after what it runs: give it a name= to call it otherwise.',
    ],
  ];

  it.each(refused)("refuses %s, and says why", (_, source, to, why) => {
    const note = marked(STEPS, FN + source);
    const answer = rename(note.context, note.position, to);
    expect("refused" in answer).toBe(true);
    if (why !== "" && "refused" in answer) expect(answer.refused).toBe(why);
  });

  it("leaves what no graph knows to others", () => {
    const note = marked("x¦ = 1", FN);
    expect(prepareRename(note.context, note.position)).toBeNull();
  });
});

test("a name of Python is the notebook's own only where no inner scope has another", () => {
  const uses =
    "Enrich()\n[Enrich for Enrich in []]\nlambda Enrich: Enrich\nlambda x=Enrich: x\ndef g(x: Enrich = Enrich) -> Enrich:\n    return Enrich\ndef h():\n    Enrich = 1\n    return Enrich\ndef k():\n    global Enrich\n    return Enrich\nf(Enrich=1)\nx.Enrich";
  const note = marked(STEPS, uses, FN + 'graph.to("Enr¦ich")');
  const places = referencesAt(note.context, note.position).map((r) => `${r.cell}:${r.line}`);
  expect(places).toEqual(["0:1", "1:1", "1:4", "1:5", "1:5", "1:5", "1:6", "1:11", "1:12", "2:4"]);
});
