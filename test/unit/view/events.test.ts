import type { GraphState, SessionState } from "@graphcell/core";
import { eventRun, graphState, savedEvent, sessionState } from "../../support/session-state";
import { mounted, press } from "../../support/mount";

const three = [
  savedEvent("a", { name: "two flowers", result: eventRun() }),
  savedEvent("b", { name: "one flower", result: eventRun({ changed: true }) }),
  savedEvent("c", {
    name: "bad payload",
    result: eventRun({
      status: "error",
      code: 400,
      response: null,
      error: { class: "ValueError", message: "no list" },
    }),
  }),
];

function withEvents(events: GraphState["events"], more: Partial<GraphState> = {}): SessionState {
  return sessionState({ current: graphState({ events, ...more }) });
}

test("a row shows name, body, mark, status and time", () => {
  const { rows } = mounted(withEvents(three));
  expect(rows().map((row) => row.textContent)).toEqual([
    'two flowers{"x": 5}2008.1 ms',
    'one flower{"x": 5}2008.1 ms',
    'bad payload{"x": 5}4008.1 ms',
  ]);
  const marks = rows().map((row) => row.querySelector(".gc-delta")?.getAttribute("aria-label") ?? null);
  expect(marks).toEqual([null, "changed since the last run", null]);
});

test("the summary counts each event once", () => {
  const { texts } = mounted(withEvents(three));
  expect(texts(".gc-part-events .gc-count")).toEqual(["1 ok", "1 changed", "1 failed"]);
});

/** Key on the second row, modifiers, and what is asked for. */
const keys: readonly [string, KeyboardEventInit, object[]][] = [
  [
    "Enter",
    {},
    [
      { type: "select-event", event: "b" },
      { type: "run-events", events: ["b"] },
    ],
  ],
  ["Delete", {}, [{ type: "delete-event", event: "b" }]],
  ["ArrowDown", {}, [{ type: "select-event", event: "c" }]],
  ["ArrowUp", {}, [{ type: "select-event", event: "a" }]],
  ["End", {}, [{ type: "select-event", event: "c" }]],
  ["ArrowUp", { altKey: true }, [{ type: "move-event", event: "b", to: 0 }]],
  ["ArrowDown", { altKey: true }, [{ type: "move-event", event: "b", to: 2 }]],
  ["Escape", {}, [{ type: "select-event", event: null }]],
];

test.each(keys)("%s %j on a row asks for it", (key, modifiers, intents) => {
  const { link, rows } = mounted(withEvents(three));
  rows()[1].focus();
  press(rows()[1], key, modifiers);
  expect(link.sent).toEqual(intents);
});

test("moving beyond the ends asks for nothing", () => {
  const { link, rows } = mounted(withEvents(three));
  press(rows()[0], "ArrowUp", { altKey: true });
  press(rows()[2], "ArrowDown", { altKey: true });
  expect(link.sent).toEqual([]);
});

test("the focus stays on a row that moves, and one row only is reached by Tab", () => {
  const { link, rows } = mounted(withEvents(three));
  rows()[1].focus();
  const row = rows()[1];
  link.setGraph({ events: [three[1], three[0], three[2]] });
  expect(document.activeElement).toBe(row);
  expect(rows().map((r) => r.getAttribute("tabindex"))).toEqual(["0", "-1", "-1"]);
});

test("a deleted event comes back to its place", () => {
  const { link, rows, button, texts } = mounted(withEvents(three));
  rows()[1].focus();
  press(rows()[1], "Delete");
  link.setGraph({ events: [three[0], three[2]] });
  expect(document.activeElement).toBe(rows()[1]);
  expect(texts(".gc-undo span")).toContain("Deleted \u201cone flower\u201d.");
  button("Undo").click();
  expect(link.of("add-event")).toEqual([
    { type: "add-event", after: "a", name: "one flower", event: three[1].event },
  ]);
});

test("the first event, deleted, comes back first", () => {
  const { link, rows, button } = mounted(withEvents(three));
  press(rows()[0], "Delete");
  link.setGraph({ events: three.slice(1) });
  button("Undo").click();
  expect(link.of("add-event")[0].after).toBe("");
});

test("without events one is offered, with a body that the graph could take", () => {
  const { link, button, root } = mounted(withEvents([]));
  button("Add an event").click();
  expect(link.of("add-event")[0].event?.bodyText).toBe('{"inputs": [[5.1, 3.5, 1.4, 0.2]]}');
  link.setGraph({ events: [savedEvent("new")] });
  expect(document.activeElement).toBe(root.querySelector("textarea"));
});

test("a running run shows how far it is and can be cancelled", () => {
  const run = {
    phase: "running",
    done: 3,
    total: 12,
    failure: null,
    outdated: false,
    startedAt: 0,
    ms: 1,
  } as const;
  const { link, button, texts, one } = mounted(withEvents(three, { run }));
  expect(texts(".gc-progress-text")).toEqual(["3 of 12"]);
  expect((one("progress") as HTMLProgressElement).value).toBe(3);
  button("Cancel the run").click();
  expect(link.sent).toEqual([{ type: "cancel-run" }]);
});

test("a long run tells how fast it goes and how long it will take still", () => {
  const run = {
    phase: "running",
    done: 250_000,
    total: 1_000_000,
    failure: null,
    outdated: false,
    startedAt: 0,
    ms: 20_000,
    pace: { perSecond: 12_512, leftMs: 65_400 },
  } as const;
  const { texts } = mounted(withEvents(three, { run }));
  expect(texts(".gc-progress-text")).toEqual(["250,000 of 1,000,000, 12,500/s, 1 min 5 s left"]);
});

test("the end of a run is said to screen readers, once", () => {
  const run = {
    phase: "running",
    done: 0,
    total: 3,
    failure: null,
    outdated: false,
    startedAt: 0,
    ms: 1,
  } as const;
  const { link, root } = mounted(withEvents(three, { run }));
  const live = root.querySelector(".gc-root > .gc-sr");
  expect(live?.textContent).toBe("");
  link.setGraph({ run: { ...run, phase: "done", done: 3 } });
  expect(live?.textContent).toBe("Run finished: 1 ok, 1 changed, 1 failed.");
});

test("the selected event shows its answer or its error below it", () => {
  const selection = { step: null, event: "c", records: [], total: 0 };
  const { link, one, button } = mounted(withEvents(three, { selection }));
  expect(one(".gc-event-detail").textContent).toContain("ValueError: no list");
  button("Show all events on the graph").click();
  expect(link.sent).toEqual([{ type: "select-event", event: null }]);
  link.setGraph({ selection: { ...selection, event: "a" } });
  expect(one(".gc-event-detail").textContent).toContain("outputs");
});

test("in a read-only notebook events run, but can't be changed", () => {
  const state = withEvents(three);
  const { link, rows, button } = mounted({ ...state, notebook: { ...state.notebook!, readOnly: true } });
  press(rows()[0], "Delete");
  press(rows()[0], "F2");
  expect(button("Add an event").disabled).toBe(true);
  expect(link.sent).toEqual([]);
  button("Run all events").click();
  expect(link.sent).toEqual([{ type: "run-events", events: "all" }]);
});

test("ten thousand events draw only those in sight", () => {
  const many = Array.from({ length: 10_000 }, (_, i) => savedEvent(`e${i}`));
  const { rows, root, link } = mounted(
    withEvents(many, { selection: { step: null, event: "e5000", records: [], total: 0 } }),
  );
  expect(rows().length).toBeLessThan(120);
  expect(rows().some((row) => row.getAttribute("aria-rowindex") === "5001")).toBe(true);
  expect(root.querySelector("[role=grid]")?.getAttribute("aria-rowcount")).toBe("10000");
  link.setGraph({ events: many.slice(0, 10) });
  expect(rows()).toHaveLength(10);
});

test("the menu of a row offers what the keys do", () => {
  const { link, button, texts, all } = mounted(withEvents(three));
  button("Actions for \u201cone flower\u201d").click();
  expect(texts("[role=menuitem]")).toEqual(["Edit", "Duplicate", "Move up", "Move down", "Delete"]);
  expect(document.activeElement?.textContent).toBe("Edit");
  press(document.activeElement!, "ArrowDown");
  (document.activeElement as HTMLElement).click();
  expect(link.sent).toEqual([{ type: "duplicate-event", event: "b" }]);
  expect(all("[role=menu]")).toEqual([]);
});
