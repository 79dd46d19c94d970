import { type ResultCard, cardText, parseJson, readCard } from "@graphcell/core";
import { eventRun, preview, traceRecord } from "../../support/session-state";

const value = (text: string) => preview(parseJson(text));
const card: ResultCard = {
  version: 1,
  graphName: "scoring",
  graph: { kind: "flow" },
  events: [
    { id: "e1", name: "two flowers", run: eventRun({ response: value("[6]") }) },
    {
      id: "e2",
      name: "bad",
      run: eventRun({
        status: "error",
        code: 400,
        ms: 1400,
        response: null,
        error: { class: "ValueError", message: "no\ndict" },
      }),
    },
  ],
  records: [
    traceRecord("final", { event: "e1", seq: 1, in: value('{"x": 5}'), out: [value("6")], ms: 0.21 }),
    traceRecord("丰富", { event: "e1", seq: 0, in: value("5"), out: [value('{"x": 5}')], ms: 12.5 }),
    traceRecord("final", {
      event: "e2",
      seq: 2,
      in: value('"t"'),
      out: [],
      emitted: 0,
      error: { class: "ValueError", message: "no\ndict" },
      handledBy: "catcher",
    }),
  ],
  failure: null,
  ms: 1408.2,
};

test("a card reads as an aligned table, wide letters counted twice", () => {
  expect(cardText(card).split("\n")).toEqual([
    "scoring: 2 events, 1 failed, 1.4 s",
    "",
    "two flowers: ok 200, 8.1 ms",
    "  step   in        out          time",
    "  丰富   5         {'x': 5}  12.5 ms",
    "  final  {'x': 5}  6          0.2 ms",
    "  response: [6]",
    "",
    "bad: failed 400, 1.4 s",
    "  step   in   out    time  error",
    "  final  't'       3.1 ms  ValueError: no dict (handled by catcher)",
    "  ValueError: no dict",
  ]);
});

test("a run that failed tells why; long lists are cut and counted", () => {
  const events = Array.from({ length: 25 }, (_, i) => ({ id: `e${i}`, name: `event ${i}`, run: eventRun() }));
  const text = cardText({
    ...card,
    events,
    records: [],
    failure: { message: "No kernel.", remedy: "Start one.", step: null },
  });
  expect(text.split("\n").slice(0, 2)).toEqual([
    "scoring: 25 events, the run failed, 1.4 s",
    "No kernel. Start one.",
  ]);
  expect(text).toMatch(/and 5 more events$/);
});

test("a card that went through JSON is read whole", () => {
  expect(readCard(JSON.parse(JSON.stringify(card)))).toEqual({
    ...card,
    events: card.events.map((e) => ({
      ...e,
      run: { ...e.run, error: e.run.error && { ...e.run.error, frames: [] } },
    })),
    records: card.records.map((r) => ({ ...r, error: r.error && { ...r.error, frames: [] } })),
  });
});

test.each([null, 5, "card", [], {}, { version: 2, graphName: "x" }, { version: 1, graphName: 5 }])(
  "%j is no card",
  (data) => {
    expect(readCard(data)).toBeNull();
  },
);

test("what is wrong inside a card is left out, not believed", () => {
  const odd = {
    version: 1,
    graphName: "x",
    events: [{ id: "e1", run: { status: "hacked" } }, { id: 5 }, null],
    records: [
      { step: "s" },
      { step: "s", in: { type: "int", text: "1", handle: "h1", cut: "yes" }, out: "no", ms: "soon" },
    ],
    failure: { message: {} },
    ms: "NaN",
  };
  const read = readCard(odd);
  expect(read).toMatchObject({ events: [], failure: null, ms: 0, graph: null });
  expect(read?.records).toHaveLength(1);
  expect(read?.records[0]).toMatchObject({ ms: 0, out: [], in: { handle: null, cut: false } });
});
