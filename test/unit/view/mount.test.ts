import { type ResultCard, parseJson, toWire } from "@graphcell/core";
import { mountCard, mountSidebar } from "@graphcell/view";
import {
  FakeLink,
  eventRun,
  graphState,
  preview,
  scoringOverlay,
  sessionState,
  traceRecord,
} from "../../support/session-state";
import { finders } from "../../support/mount";

const graph = `{"kind": "flow", "steps": {
  "enrich": {"kind": "task", "class_name": "storey.Extend", "after": []},
  "final": {"kind": "task", "handler": "final", "after": ["enrich"], "responder": true}}}`;
const one = preview(parseJson("1"));
const card: ResultCard = {
  version: 1,
  graphName: "scoring",
  graph: toWire(parseJson(graph)),
  events: [{ id: "e1", name: "one", run: eventRun() }],
  records: [
    traceRecord("enrich", { event: "e1", in: one, out: [one] }),
    traceRecord("final", { event: "e1", seq: 1, in: one, out: [one] }),
  ],
  failure: null,
  ms: 1,
};

function inDocument(): HTMLElement {
  document.body.replaceChildren();
  return document.body;
}

test("the sidebar draws the graph and what is around it, and takes all of it away again", () => {
  const el = inDocument();
  const link = new FakeLink(sessionState({ current: graphState({ overlay: scoringOverlay }) }));
  const view = mountSidebar(el, link, { layout: "narrow" });
  expect(el.querySelector(".gc-picture")?.textContent).toContain("enrich");
  expect(finders(el).texts("h2")).toEqual(["Graphcell", "Events", "Step"]);
  view.dispose();
  expect(el.childElementCount).toBe(0);
});

test("a card draws the graph that it was saved with", () => {
  const el = inDocument();
  mountCard(el, card);
  const { texts, all } = finders(el);
  expect(texts("tr[data-step] th")).toEqual(["enrich", "final"]);
  expect(all(".gc-card-picture")[0].textContent).toContain("enrich");
});

test.each([{ $type: "dict" }, { $type: "int", value: "x" }, { kind: "flow", steps: { a: 5 } }, "text", []])(
  "a card with the graph %j still shows its rows",
  (odd) => {
    const el = inDocument();
    mountCard(el, { ...card, graph: odd });
    expect(finders(el).texts("tr[data-step] th")).toEqual(["enrich", "final"]);
  },
);
