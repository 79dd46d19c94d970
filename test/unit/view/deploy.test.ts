import { type DeployIntent, type DeployState, NO_DEPLOYMENT } from "@graphcell/core/nuclio";
import { mountDeploy } from "@graphcell/view/deploy";

const EMPTY: DeployState = {
  ...NO_DEPLOYMENT,
  connections: [{ name: "dev", url: "http://dev:8070" }],
  connection: "dev",
  project: "demo",
  graph: "words",
};

const FAILED: DeployState["functions"][number] = {
  key: "",
  name: "words",
  steps: ["clean"],
  phase: "failed",
  state: "error",
  elapsedMs: 0,
  log: ["Building"],
  versions: [],
  live: null,
  explanation: {
    sentence: 'Step "clean" could not be made.',
    remedy: "Correct that line.",
    step: "clean",
    place: { cellId: "c1", cell: 1, line: 4 },
    raw: "<b>Traceback</b>",
  },
};

function mounted(state: DeployState) {
  const el = document.createElement("div");
  document.body.replaceChildren(el);
  const sent: DeployIntent[] = [];
  const revealed: unknown[] = [];
  let tell: (state: DeployState) => void = () => undefined;
  const link = {
    state,
    onChange(listener: (state: DeployState) => void) {
      tell = listener;
      return { dispose() {} };
    },
    send: (intent: DeployIntent) => void sent.push(intent),
    events: () => [{ id: "e1", name: "first" }],
    reveal: (place: unknown) => void revealed.push(place),
  };
  const view = mountDeploy(el, link);
  const button = (name: string) => {
    const found = [...el.querySelectorAll("button")].find((one) => one.textContent === name && !one.hidden);
    if (!found) throw new Error(`no button ${name}`);
    return found;
  };
  return { el, sent, revealed, view, button, update: (next: DeployState) => tell(next) };
}

test("asks for the connections when it is opened, and sends what is pressed", () => {
  const { sent, button } = mounted(EMPTY);
  button("Check").click();
  button("Deploy").click();
  expect(sent.map((intent) => intent.type)).toEqual(["refresh", "check", "push"]);
});

test("says what to do where there is no connection", () => {
  const { el, button } = mounted({ ...EMPTY, connections: [], connection: null });
  expect(el.textContent).toContain("There is no connection yet");
  expect(button("Deploy").disabled).toBe(true);
});

test("while it pushes, only cancelling is possible", () => {
  const { sent, button, update } = mounted(EMPTY);
  update({ ...EMPTY, phase: "pushing" });
  expect(button("Deploy").disabled).toBe(true);
  button("Cancel").click();
  expect(sent.at(-1)).toEqual({ type: "cancel" });
});

test("explains a failure, leads to its line, and shows what the cluster said as text only", () => {
  const { el, button, revealed } = mounted({ ...EMPTY, functions: [FAILED] });
  expect(el.textContent).toContain('Step "clean" could not be made.');
  button("cell 2, line 4").click();
  expect(revealed).toEqual([{ cellId: "c1", cell: 1, line: 4 }]);
  expect(el.querySelector("pre b")).toBeNull();
  expect(el.textContent).toContain("<b>Traceback</b>");
});

test("deletes a function only when its name is typed", () => {
  const { el, sent, button } = mounted({
    ...EMPTY,
    functions: [{ ...FAILED, phase: "ready", explanation: null }],
  });
  expect(button("Delete").disabled).toBe(true);
  const input = el.querySelector<HTMLInputElement>('[aria-label="Type words to delete it"]');
  if (!input) throw new Error("no input");
  input.value = "words";
  input.dispatchEvent(new Event("input"));
  button("Delete").click();
  expect(sent.at(-1)).toEqual({ type: "delete", name: "words", confirm: "words" });
});

test("offers to make a project that is missing", () => {
  const problem = {
    code: "deploy-no-project",
    severity: "error" as const,
    step: null,
    message: "none",
    remedy: "",
    range: null,
  };
  const { sent, button } = mounted({ ...EMPTY, problems: [problem], canCreateProject: true });
  button("Make project demo").click();
  expect(sent.at(-1)).toEqual({ type: "create-project" });
});

test("is gone when it is disposed", () => {
  const { el, view } = mounted(EMPTY);
  view.dispose();
  expect(el.childElementCount).toBe(0);
});

test("goes back to a version that it has, starts again, follows the log, and compares", () => {
  const up = {
    ...FAILED,
    phase: "ready" as const,
    explanation: null,
    versions: ["2026-11-26T22-14-03.512Z"],
  };
  const { el, sent, button, update } = mounted({ ...EMPTY, functions: [up] });
  for (const name of ["Roll back", "Redeploy", "Follow log", "Compare"]) button(name).click();
  expect(sent.slice(1)).toEqual([
    { type: "roll-back", name: "words", at: "2026-11-26T22-14-03.512Z" },
    { type: "redeploy", name: "words" },
    { type: "follow-log", name: "words" },
    { type: "compare", revision: null },
  ]);
  expect(el.querySelector("option[value^='2026']")?.textContent).toContain("2026");
  update({ ...EMPTY, functions: [up], phase: "following" });
  expect(button("Stop following").disabled).toBe(false);
  expect(button("Redeploy").disabled).toBe(true);
  const steps = [
    { step: "clean", change: "changed" as const, fields: ["factor: 2 -> 3"] },
    { step: "late", change: "added" as const, fields: [] },
  ];
  const picture = { nodes: [], edges: [], groups: [] };
  update({ ...EMPTY, difference: { revision: null, steps, picture } });
  expect([...el.querySelectorAll(".gc-deploy-change")].map((one) => one.textContent)).toEqual([
    "~changed: cleanfactor: 2 -> 3",
    "+added: late",
  ]);
  update({ ...EMPTY, difference: { revision: null, steps: [], picture } });
  expect(el.textContent).toContain("The cluster has this very graph.");
  update({ ...EMPTY, difference: { revision: "main", steps: [], picture } });
  expect(el.textContent).toContain("Git has this very graph at main.");
});

test("compares with the revision of git that is typed", () => {
  const { el, sent, button } = mounted(EMPTY);
  const field = el.querySelector<HTMLInputElement>("input[aria-label^='Compare with']");
  if (field) field.value = " HEAD~1 ";
  button("Compare").click();
  expect(sent.at(-1)).toEqual({ type: "compare", revision: "HEAD~1" });
});

test("shows a function's source, sends what is changed in it, and saves it", () => {
  const source = {
    key: "",
    name: "words",
    text: "class Clean: pass\n",
    added: "def init_context(context): ...",
    edited: false,
    file: "words.py",
    config: "metadata:\n  name: words\n",
  };
  const { el, sent, button, update } = mounted({ ...EMPTY, functions: [FAILED] });
  button("Show source").click();
  expect(sent.at(-1)).toEqual({ type: "show-source", key: "" });
  update({ ...EMPTY, functions: [FAILED], source });
  const field = el.querySelector("textarea")!;
  expect(field.value).toBe(source.text);
  expect(() => button("Make it from the notebook again")).toThrow();
  field.value = "x = 1\n";
  field.dispatchEvent(new Event("change"));
  expect(sent.at(-1)).toEqual({ type: "edit-source", key: "", text: "x = 1\n" });
  update({ ...EMPTY, functions: [FAILED], source: { ...source, text: "x = 1\n", edited: true } });
  button("Save as words.py").click();
  expect(sent.at(-1)).toEqual({ type: "save-source", key: "" });
  button("Make it from the notebook again").click();
  expect(sent.at(-1)).toEqual({ type: "edit-source", key: "", text: null });
  expect(el.textContent).toContain("def init_context(context): ...");
});

const FORM: NonNullable<DeployState["form"]> = {
  scopes: [
    { id: "functions.words", label: "Function words" },
    { id: "defaults", label: "All functions" },
  ],
  scope: "functions.words",
  fields: [
    {
      id: "replicas",
      label: "Replicas",
      group: "Scaling",
      kind: "number",
      choices: [],
      value: "2",
      otherwise: "1",
    },
    {
      id: "logLevel",
      label: "Log level",
      group: "More",
      kind: "choice",
      choices: ["debug", "info"],
      value: "",
      otherwise: "",
    },
  ],
  refused: null,
};

test("the form of the settings shows what is set and what holds anyway, and sends what is changed", () => {
  const { el, sent, button, update } = mounted(EMPTY);
  button("Settings").click();
  expect(sent.at(-1)).toEqual({ type: "show-settings", scope: "functions" });
  update({ ...EMPTY, form: FORM });
  const field = (name: string) => {
    const label = [...el.querySelectorAll("label")].find((one) => one.textContent === name);
    return el.querySelector<HTMLInputElement>(`#${label?.htmlFor ?? ""}`)!;
  };
  expect([field("Replicas").value, field("Replicas").placeholder]).toEqual(["2", "1"]);
  field("Replicas").value = "many";
  field("Replicas").dispatchEvent(new Event("change"));
  expect(sent.at(-1)).toEqual({ type: "set-setting", field: "replicas", text: "many" });
  const refused = { field: "replicas", text: "many", problem: "That is no number." };
  update({ ...EMPTY, form: { ...FORM, refused } });
  expect(field("Replicas").value).toBe("many");
  expect(field("Replicas").getAttribute("aria-invalid")).toBe("true");
  expect(el.querySelector(`#${field("Replicas").getAttribute("aria-describedby") ?? ""}`)?.textContent).toBe(
    "That is no number.",
  );
  field("Settings of").value = "defaults";
  field("Settings of").dispatchEvent(new Event("change"));
  expect(sent.at(-1)).toEqual({ type: "show-settings", scope: "defaults" });
});

test("keeps what is typed to delete a function while its state changes", () => {
  const up = { ...FAILED, phase: "ready" as const, explanation: null };
  const { el, button, update } = mounted({ ...EMPTY, functions: [up] });
  const field = () => el.querySelector<HTMLInputElement>("input[placeholder]")!;
  const typed = field();
  typed.focus();
  typed.value = "words";
  typed.dispatchEvent(new Event("input"));
  update({ ...EMPTY, phase: "pushing", functions: [{ ...up, elapsedMs: 5 }] });
  expect([field().value, button("Delete").disabled]).toEqual(["words", true]);
  // It is the same field, with the keyboard in it.
  expect([field() === typed, document.activeElement === typed]).toEqual([true, true]);
  update({ ...EMPTY, functions: [up] });
  expect([field().value, button("Delete").disabled]).toEqual(["words", false]);
});

const UP = { ...FAILED, phase: "ready" as const, explanation: null };

test("an answer stands beside the simulation's, with the lines marked that differ", () => {
  const { el, sent, button, update } = mounted({ ...EMPTY, functions: [UP] });
  button("Send and compare").click();
  expect(sent.at(-1)).toEqual({ type: "invoke", event: "e1", compare: true });
  const answer = { event: "first", status: 200, body: '{"a":1,"b":2}', ms: 5, explanation: "" };
  const simulated = { text: '{"a": 1, "b": 3}', same: false, reason: "" };
  update({ ...EMPTY, functions: [UP], answer: { ...answer, simulated } });
  expect([...el.querySelectorAll("mark")].map((one) => one.textContent)).toEqual(['  "b": 2', '  "b": 3']);
  update({ ...EMPTY, functions: [UP], answer: { ...answer, simulated: { ...simulated, same: true } } });
  expect(el.textContent).toContain("The simulation answers the same.");
  const unknown = { text: null, same: null, reason: "It did not run." };
  update({ ...EMPTY, functions: [UP], answer: { ...answer, simulated: unknown } });
  expect(el.textContent).toContain("It did not run.");
});

test("a log's line leads to the cell that it speaks of", () => {
  const place = { cellId: "c1", cell: 1, line: 4 };
  const log = { name: "words", text: "one\n  File main.py\nlast", places: [{ line: 1, place }] };
  const { el, button, revealed } = mounted({ ...EMPTY, functions: [UP], log });
  button("cell 2, line 4").click();
  expect(revealed).toEqual([place]);
  expect(el.querySelector(".gc-deploy-after pre")?.textContent).toContain(
    "one\n  File main.py cell 2, line 4\nlast",
  );
});

test("lists what is in the project", () => {
  const listed = [{ name: "other", state: "error", graph: null, urls: ["http://h:1"] }];
  const { el, sent, button } = mounted({ ...EMPTY, listed });
  expect(el.querySelector(".gc-deploy-listed")?.textContent).toBe("other errorhttp://h:1");
  button("List functions").click();
  button("Export").click();
  expect(sent.slice(1).map(({ type }) => type)).toEqual(["list", "export"]);
});

test("what only shows something ends with the view, a push goes on", () => {
  const { sent, view } = mounted({ ...EMPTY, phase: "watching" });
  view.dispose();
  expect(sent.at(-1)).toEqual({ type: "cancel" });
  const pushing = mounted({ ...EMPTY, phase: "pushing" });
  pushing.view.dispose();
  expect(pushing.sent.map(({ type }) => type)).not.toContain("cancel");
});
