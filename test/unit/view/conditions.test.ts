import type { KernelState, SessionState } from "@graphcell/core";
import { conditionsOf, englishTexts } from "@graphcell/view";
import { graphState, sessionState } from "../../support/session-state";
import { finders, mounted } from "../../support/mount";

const quiet = sessionState();
const kernel = (more: Partial<KernelState>) => sessionState({ kernel: { ...quiet.kernel, ...more } });
const notebook = (more: object) => sessionState({ notebook: { ...quiet.notebook!, ...more } });
const run = (more: object) =>
  sessionState({
    current: graphState({
      run: { phase: "done", done: 4, total: 4, failure: null, outdated: false, startedAt: 0, ms: 1, ...more },
    }),
  });

const compared = {
  agrees: true,
  mlrun: "1.12.1",
  operations: 12,
  agreeing: 12,
  events: [{ id: "e1", agrees: true }],
  differences: [],
  opaque: [],
};
const difference = { event: "e1", step: "two", what: "out", place: "body", mlrun: "2", graphcell: "3" };
const parity = (more: object) =>
  sessionState({
    current: graphState({
      parity: { phase: "done", done: 2, total: 2, failure: null, parity: compared, outdated: false, ...more },
    }),
  });

/** State, id of what is said, words of the sentence, label of the action, intent that it sends. */
const cases: readonly [string, SessionState, string, RegExp, string | null, object | null][] = [
  [
    "nothing open",
    sessionState({ notebook: null, current: null }),
    "no-notebook",
    /Open a notebook/,
    "New notebook",
    { type: "new-notebook" },
  ],
  [
    "no graph",
    sessionState({ current: null }),
    "no-graph",
    /Three lines/,
    "Insert this example",
    { type: "insert-example" },
  ],
  [
    "a broken notebook",
    notebook({ broken: "no JSON" }),
    "broken",
    /no JSON/,
    "Copy the reason",
    { type: "copy", text: "no JSON" },
  ],
  [
    "being verified",
    parity({ phase: "running", done: 1, parity: null }),
    "parity-running",
    /Verifying against MLRun: 1 of 2/,
    "Cancel",
    { type: "cancel-verify" },
  ],
  [
    "in agreement with MLRun",
    parity({}),
    "parity-done",
    /Agrees with MLRun 1\.12\.1 in all 12 operations of 1 events/,
    null,
    null,
  ],
  [
    "other than MLRun",
    parity({ parity: { ...compared, agrees: false, agreeing: 11, differences: [difference] } }),
    "parity-done",
    /first at event e1, step two, body: MLRun has 2, Graphcell 3\. 11 of 12/,
    "Show the step",
    { type: "select-step", step: "two" },
  ],
  [
    "compared only in part",
    parity({ parity: { ...compared, opaque: [{ step: "far", why: "network" }] } }),
    "parity-done",
    /Not compared in full: far/,
    null,
    null,
  ],
  [
    "not verified",
    parity({ phase: "failed", parity: null, failure: { message: "No mlrun.", remedy: "Install it." } }),
    "parity-failed",
    /Not verified: No mlrun\. Install it\./,
    "Verify again",
    { type: "verify-events", events: "all" },
  ],
  [
    "half typed",
    sessionState({ current: graphState({ stale: "the call is not closed" }) }),
    "stale",
    /the call is not closed\. This is the last/,
    "Go to the cell",
    { type: "reveal", range: graphState().range },
  ],
  [
    "no kernel",
    kernel({ status: "none" }),
    "kernel-none",
    /No kernel/,
    "Start a kernel",
    { type: "start-kernel" },
  ],
  [
    "a starting kernel",
    kernel({ status: "starting" }),
    "kernel-starting",
    /starting/,
    "Choose another",
    { type: "choose-kernel" },
  ],
  [
    "a busy kernel",
    kernel({ status: "busy", waiting: "The run waits for cell 7." }),
    "kernel-busy",
    /^The run waits for cell 7\.$/,
    "Interrupt",
    { type: "interrupt-kernel" },
  ],
  [
    "a busy kernel without another way",
    kernel({ status: "busy", direct: false }),
    "kernel-busy",
    /busy/,
    "Interrupt",
    { type: "interrupt-kernel" },
  ],
  [
    "a dead kernel",
    kernel({ status: "dead" }),
    "kernel-dead",
    /died/,
    "Start it again",
    { type: "restart-kernel" },
  ],
  [
    "a lost connection",
    kernel({ status: "disconnected" }),
    "kernel-disconnected",
    /connection/,
    "Connect again",
    { type: "start-kernel" },
  ],
  [
    "a kernel of R",
    kernel({ status: "not-python", name: "R 4.4" }),
    "kernel-not-python",
    /R 4\.4 is not a Python/,
    "Choose a kernel",
    { type: "choose-kernel" },
  ],
  [
    "mlrun missing",
    kernel({ mlrun: { state: "missing", version: null } }),
    "mlrun-missing",
    /not installed/,
    "Copy the install command",
    { type: "copy", text: "%pip install mlrun" },
  ],
  [
    "an untrusted notebook",
    notebook({ trusted: false }),
    "untrusted",
    /not trusted/,
    "Trust it",
    { type: "trust-notebook" },
  ],
  [
    "Restricted Mode",
    notebook({ trusted: false, restricted: true }),
    "untrusted",
    /Restricted Mode/,
    "Trust this folder",
    { type: "trust-notebook" },
  ],
  [
    "a run of a part",
    run({ part: { from: "pre", to: "model" } }),
    "part-run",
    /from “pre” to “model”/,
    "Run all of it",
    { type: "run-events", events: "all" },
  ],
  ["a read-only notebook", notebook({ readOnly: true }), "read-only", /read-only/, null, null],
  [
    "a cancelled run",
    run({ phase: "cancelled", done: 1200, total: 12000 }),
    "run-cancelled",
    /1,200 of 12,000/,
    "Run again",
    { type: "run-events", events: "all" },
  ],
  [
    "an outdated result",
    run({ outdated: true }),
    "outdated",
    /has changed since/,
    "Run again",
    { type: "run-events", events: "all" },
  ],
  [
    "a result of a kernel that is gone",
    run({ outdated: true, kernelEnded: true }),
    "outdated",
    /kernel has ended since/,
    "Run again",
    { type: "run-events", events: "all" },
  ],
  [
    "a failed run",
    run({ phase: "failed", failure: { message: "No.", remedy: "Do.", step: "pre" } }),
    "run-failed",
    /^No\. Do\.$/,
    "Show the step",
    { type: "select-step", step: "pre" },
  ],
  [
    "a graph without steps",
    sessionState({ current: graphState({ picture: { nodes: [], edges: [], groups: [] } }) }),
    "empty-graph",
    /no steps yet/,
    "Go to the graph",
    { type: "reveal", range: graphState().range },
  ],
];

test.each(cases)("%s is told in one sentence with one action", (_, state, id, words, label, intent) => {
  const said = conditionsOf(state, englishTexts);
  expect(said.map((c) => c.id)).toEqual([id]);
  expect(said[0].sentence).toMatch(words);
  expect(said[0].action?.label ?? null).toBe(label);
  expect(said[0].action?.intent ?? null).toEqual(intent);
});

test.each(cases.filter(([, , , , label]) => label !== null))(
  "%s: its button sends the intent",
  (_, state, _id, words, label, intent) => {
    const { link, root, button } = mounted(state);
    expect(root.textContent).toMatch(new RegExp(words.source.replace(/[$^]/g, "")));
    button(label ?? "").click();
    expect(link.sent).toEqual([intent]);
  },
);

test("nothing is said when all is well, and while a busy kernel has another way", () => {
  expect(conditionsOf(quiet, englishTexts)).toEqual([]);
  expect(conditionsOf(kernel({ status: "busy" }), englishTexts)).toEqual([]);
});

test("a notebook without a graph shows three lines, and the panels come when the graph does", () => {
  const { link, one, root } = mounted(sessionState({ current: null }));
  expect(one(".gc-example").textContent?.split("\n")).toHaveLength(3);
  link.set({ current: graphState() });
  expect(root.querySelector(".gc-empty:not(.gc-empty-small)")?.hasAttribute("hidden")).toBe(true);
  expect(finders(root).texts("h2")).toEqual(["Graphcell", "Events", "Step"]);
});

test("a notice stays until it is dismissed, and offers its action", () => {
  const action = { label: "Choose it", intent: { type: "choose-kernel" } as const };
  const notice = {
    id: "n1",
    severity: "error" as const,
    message: "Not saved.",
    remedy: "Try again.",
    action,
  };
  const { link, button, texts } = mounted(sessionState({ notices: [notice] }));
  expect(texts(".gc-notices .gc-strip-text")).toEqual(["Error: Not saved. Try again. Choose it"]);
  button("Choose it").click();
  button("Dismiss").click();
  expect(link.sent).toEqual([{ type: "choose-kernel" }, { type: "dismiss", notice: "n1" }]);
  link.set({ notices: [] });
  expect(texts(".gc-notices .gc-strip")).toEqual([]);
});
