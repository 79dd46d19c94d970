import { type ResultCard, parseJson } from "@graphcell/core";
import { type CardHandlers, buildCard } from "@graphcell/view";
import { eventRun, preview, scoringOverlay, scoringPicture, traceRecord } from "../../support/session-state";
import { finders } from "../../support/mount";

const value = (text: string) => preview(parseJson(text));
const records = [
  traceRecord("final", { event: "e1", seq: 2, in: value('{"x": 5, "y": 1}'), out: [value("6")], ms: 0.2 }),
  traceRecord("enrich", {
    event: "e1",
    seq: 0,
    in: value('{"x": 5}'),
    out: [value('{"x": 5, "y": 1}')],
    ms: 3.1,
  }),
  traceRecord("enrich", {
    event: "e2",
    seq: 3,
    in: value('"text"'),
    out: [],
    emitted: 0,
    error: {
      class: "ValueError",
      message: "no dict",
      frames: [{ cellId: "c2", file: "", line: 4, name: "do" }],
    },
  }),
];
const card: ResultCard = {
  version: 1,
  graphName: "scoring",
  graph: null,
  events: [
    { id: "e1", name: "two flowers", run: eventRun() },
    {
      id: "e2",
      name: "bad payload",
      run: eventRun({ status: "error", code: 400, error: { class: "ValueError", message: "no dict" } }),
    },
  ],
  records,
  failure: null,
  ms: 12.3,
};

function shown(more: Partial<ResultCard> = {}, handlers: CardHandlers = {}) {
  document.body.replaceChildren();
  const drawn: (string | null)[] = [];
  let select: (step: string) => void = () => {};
  const graph = {
    picture: scoringPicture,
    height: 1000,
    overlay: (event: string | null) => {
      drawn.push(event);
      return scoringOverlay;
    },
    draw: (_el: HTMLElement, _picture: unknown, onSelect: (step: string) => void) => {
      select = onSelect;
      return { update() {}, dispose() {} };
    },
  };
  const view = buildCard(document.body, { ...card, ...more }, graph, handlers);
  return { view, drawn, choose: (step: string) => select(step), ...finders(document.body) };
}

const lines = (view: ReturnType<typeof shown>) =>
  view.all("tr[data-step]").map((row) => [...row.children].map((cell) => cell.textContent));

test("the event that failed is shown first; its rows tell step, input, error and time", () => {
  const view = shown();
  expect(view.one(".gc-card-status").textContent).toBe("400 failed");
  expect(lines(view)).toEqual([["enrich", "'text'", "ValueError: no dict", "3.1 ms"]]);
});

test("another event is chosen from the list, and the picture follows", () => {
  const view = shown();
  const select = view.one("select") as HTMLSelectElement;
  expect([...select.options].map((o) => o.text)).toEqual([
    "two flowers \u00b7 200",
    "bad payload \u00b7 400",
  ]);
  select.value = "0";
  select.dispatchEvent(new Event("change"));
  expect(view.drawn).toEqual(["e2", "e1"]);
  expect(lines(view)).toEqual([
    ["enrich", "{'x': 5}", "{'x': 5, 'y': 1}", "3.1 ms"],
    ["final", "{'x': 5, 'y': 1}", "6", "0.2 ms"],
  ]);
});

test("one event needs no list", () => {
  const view = shown({ events: [card.events[0]] });
  expect(view.all("select")).toEqual([]);
  expect(view.one(".gc-card-head").textContent).toContain("two flowers");
});

test("a row opens to the whole values, also from the picture", () => {
  const view = shown({ events: [card.events[0]] });
  expect(view.all(".gc-tree").length).toBe(1);
  view.choose("final");
  expect(view.texts(".gc-card-open h3")).toEqual(["In", "Out"]);
  expect(view.one("[data-chosen]").dataset.step).toBe("final");
});

test("a run that failed says why and what to do", () => {
  const view = shown({
    events: [],
    records: [],
    failure: { message: "No kernel.", remedy: "Start one.", step: "pre" },
  });
  expect(view.one(".gc-strip").textContent).toBe("The simulation failed. pre: No kernel. Start one.");
  expect(view.all("table")).toEqual([]);
});

test("frames lead to cells only where the host can show them", () => {
  const reveal = jest.fn();
  const linked = shown({}, { reveal, cellIds: () => ["c1", "c2"] });
  linked.choose("enrich");
  linked.button("cell 2, line 4 in do").click();
  expect(reveal).toHaveBeenCalledWith(expect.objectContaining({ cellId: "c2", cell: 1, line: 4 }));
  const plain = shown();
  plain.choose("enrich");
  expect(plain.all(".gc-frames button")).toEqual([]);
});

test("the picture takes at most 240 pixels", () => {
  expect(shown().one(".gc-card-picture").style.height).toBe("240px");
});
