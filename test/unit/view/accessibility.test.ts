import type { SessionState } from "@graphcell/core";
import { mountSidebar } from "@graphcell/view";
import axe from "axe-core";
import {
  FakeLink,
  eventRun,
  graphState,
  preview,
  range,
  savedEvent,
  scoringOverlay,
  sessionState,
  traceRecord,
} from "../../support/session-state";
import { press } from "../../support/mount";

const events = [
  savedEvent("a", { result: eventRun({ changed: true }) }),
  savedEvent("b", { result: eventRun({ status: "error", code: 400, error: { class: "E", message: "m" } }) }),
];
const record = traceRecord("pre", {
  in: preview([new Map([["a", 1]])]),
  out: [preview(new Map([["b", 2]]))],
  stdout: "one\n",
  error: {
    class: "E",
    message: "m",
    traceback: "T",
    frames: [{ cellId: "c", file: "f", line: 1, name: "n" }],
  },
});
const problem = {
  code: "c",
  severity: "error" as const,
  step: "pre",
  message: "Wrong.",
  remedy: "Do.",
  range: range(1, 1),
};
const full = graphState({
  events,
  overlay: scoringOverlay,
  problems: [problem],
  stale: "half typed",
  selection: { step: "pre", event: "b", records: [record, record], total: 9 },
  run: { phase: "running", done: 1, total: 2, failure: null, outdated: true, startedAt: 0, ms: 1 },
});

/** Colours are judged in a browser; here roles, names and structure are. */
const states: readonly [string, SessionState][] = [
  ["nothing open", sessionState({ notebook: null, current: null })],
  ["no graph", sessionState({ current: null })],
  ["no events", sessionState()],
  ["everything at once", sessionState({ current: full })],
];

test.each(states)(
  "%s: axe finds nothing",
  async (_, state) => {
    document.body.replaceChildren();
    document.documentElement.lang = "en";
    mountSidebar(document.body, new FakeLink(state), { layout: "narrow" });
    const row = document.querySelector(".gc-event");
    if (row) press(row, "F2");
    document.querySelector<HTMLElement>(".gc-part-graph .gc-icon-button[aria-haspopup]")?.click();
    const { violations } = await axe.run(document.body, {
      rules: {
        "color-contrast": { enabled: false },
        "page-has-heading-one": { enabled: false },
        region: { enabled: false },
      },
    });
    expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 120)).join(" | ")}`)).toEqual(
      [],
    );
  },
  30_000,
);
