import { graphState, savedEvent, sessionState } from "../../support/session-state";
import { mounted, press, type } from "../../support/mount";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function editing(event = savedEvent("a", { name: "two flowers" })) {
  const view = mounted(sessionState({ current: graphState({ events: [event] }) }));
  press(view.rows()[0], "F2");
  return { ...view, body: view.field("Body (JSON)"), event };
}

/** What is typed, what is said below the field, and the offset that goes into the notebook. */
const wrong: readonly [string, string, number][] = [
  ['{"x": }', "Expecting value: line 1, column 7", 6],
  ['{"x": 5', "Expecting ',' delimiter: line 1, column 8", 7],
  ["{\n  x: 1}", "Expecting property name enclosed in double quotes: line 2, column 3", 4],
  ["[1,\n2,,3]", "Expecting value: line 2, column 3", 6],
  ['"abc', "Unterminated string starting at: line 1, column 1", 0],
];

test.each(wrong)("%j is underlined and explained as it is typed", (text, said, offset) => {
  const { body, texts, link, root } = editing();
  type(body, text);
  expect(texts(".gc-field-error")[0]).toBe(`${said} Go to the place`);
  expect(body.getAttribute("aria-invalid")).toBe("true");
  const squiggle = root.querySelector(".gc-squiggle");
  expect(squiggle?.previousSibling?.textContent ?? "").toHaveLength(
    text[offset] === "\n" ? offset - 1 : offset,
  );
  jest.runAllTimers();
  expect(link.of("edit-event")[0].to).toMatchObject({ bodyText: text, bodyError: { offset } });
});

test.each(["", "  ", "5", "NaN", '{"x": 123456789012345678901234567890}'])("%j is a body", (text) => {
  const { body, texts, link } = editing();
  type(body, text);
  expect(texts(".gc-field-error")).toEqual([]);
  jest.runAllTimers();
  expect(link.of("edit-event")[0].to).toEqual({ bodyText: text, bodyError: null });
});

test("what is typed is sent once after a rest", () => {
  const { body, link } = editing();
  for (const text of ["1", "12", "123"]) type(body, text);
  expect(link.sent).toEqual([]);
  jest.advanceTimersByTime(1000);
  expect(link.of("edit-event").map((i) => i.to.bodyText)).toEqual(["123"]);
});

test("a newer state does not touch what is being typed, and the field keeps the focus", () => {
  const { body, link, event } = editing();
  type(body, '{"x": 6');
  body.setSelectionRange(3, 3);
  link.setGraph({ events: [{ ...event, name: "renamed elsewhere" }] });
  expect(document.activeElement).toBe(body);
  expect([body.value, body.selectionStart]).toEqual(['{"x": 6', 3]);
});

test("a state older than what was sent does not bring the old text back", () => {
  const { field, body, link, event } = editing();
  type(field("Name"), "renamed");
  body.focus();
  jest.runAllTimers();
  link.setGraph({ events: [event] });
  expect(field("Name").value).toBe("renamed");
  link.setGraph({ events: [{ ...event, name: "renamed" }] });
  link.setGraph({ events: [{ ...event, name: "by somebody else" }] });
  expect(field("Name").value).toBe("by somebody else");
});

test("fields that nobody touched follow the state", () => {
  const { field, link, event } = editing();
  link.setGraph({ events: [{ ...event, event: { ...event.event, path: "/v2" } }] });
  expect(field("Path").value).toBe("/v2");
});

test("all fields go into the event", () => {
  const { field, link } = editing();
  type(field("Path"), "/v2/models/m1/infer");
  type(field("Headers"), "X-A: 1\nX-B: two: three");
  type(field("Key"), "k1");
  type(field("Time"), "2026-01-01T00:00:00Z");
  type(field("Repeat"), "3");
  field("Method").value = "PUT";
  field("Method").dispatchEvent(new Event("input", { bubbles: true }));
  jest.runAllTimers();
  expect(link.of("edit-event").at(-1)?.to).toEqual({
    bodyText: '{"x": 5}',
    bodyError: null,
    path: "/v2/models/m1/infer",
    method: "PUT",
    headers: { "X-A": "1", "X-B": "two: three" },
    key: "k1",
    time: "2026-01-01T00:00:00Z",
    repeat: 3,
  });
});

test.each([
  ["Headers", "no colon here", "Line 1 has no colon: write Name: value."],
  ["Repeat", "0", "Write a whole number from 1 to 1000000."],
  ["Repeat", "many", "Write a whole number from 1 to 1000000."],
])("%s %j is refused with a reason, and what was stored stays", (label, text, said) => {
  const stored = { bodyText: "1", bodyError: null, headers: { A: "b" }, repeat: 2 };
  const { field, texts, link } = editing(savedEvent("a", { event: stored }));
  type(field(label), text);
  expect(texts(".gc-field-error")).toEqual([said]);
  jest.runAllTimers();
  expect(link.of("edit-event").every((i) => i.to.headers?.A === "b" && i.to.repeat === 2)).toBe(true);
});

test("Escape keeps what was typed and gives the focus back to the row", () => {
  const { body, link, rows, all } = editing();
  type(body, "7");
  press(body, "Escape");
  expect(link.of("edit-event").map((i) => i.to.bodyText)).toEqual(["7"]);
  expect(document.activeElement).toBe(rows()[0]);
  expect(all(".gc-editor")).toEqual([]);
});

test("Control and Enter runs the event as typed", () => {
  const { body, link } = editing();
  type(body, "7");
  press(body, "Enter", { ctrlKey: true });
  expect(link.sent.map((i) => i.type)).toEqual(["edit-event", "run-events"]);
});

test("edits can be taken back", () => {
  const { body, link, button } = editing();
  type(body, "7");
  jest.runAllTimers();
  button("Undo these edits").click();
  expect(link.of("edit-event").at(-1)?.to.bodyText).toBe('{"x": 5}');
});

test("Format writes the body over several lines, and leaves ints and floats as they are", () => {
  const { body, button, link } = editing();
  type(body, '{"a":[1,1.0,12345678901234567890]}');
  button("Format").click();
  expect(body.value).toBe('{\n  "a": [\n    1,\n    1.0,\n    12345678901234567890\n  ]\n}');
  jest.runAllTimers();
  expect(link.of("edit-event").at(-1)?.to.bodyText).toBe(body.value);
});
