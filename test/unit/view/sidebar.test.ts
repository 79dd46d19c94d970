import { englishTexts, formatBytes, formatCount, formatMs, memoryStorage, translator } from "@graphcell/view";
import { graphState, savedEvent, sessionState } from "../../support/session-state";
import { mounted, noDrawing, press } from "../../support/mount";

test("parts fold, and are folded again next time", () => {
  const storage = memoryStorage();
  const first = mounted(sessionState(), { storage });
  first.button("Events").click();
  expect(first.button("Events").getAttribute("aria-expanded")).toBe("false");
  first.view.dispose();
  const second = mounted(sessionState(), { storage });
  expect(second.button("Events").getAttribute("aria-expanded")).toBe("false");
  expect(second.button("Step").getAttribute("aria-expanded")).toBe("true");
});

test("borders move by the arrow keys, and the sizes are remembered", () => {
  const storage = memoryStorage();
  const height = jest
    .spyOn(HTMLElement.prototype, "getBoundingClientRect")
    .mockReturnValue(new DOMRect(0, 0, 300, 200));
  const { all } = mounted(sessionState(), { storage });
  const border = all("[role=separator]")[0];
  expect(border.getAttribute("aria-label")).toBe("Border between Graphcell and Events");
  press(border, "ArrowDown");
  expect([storage.get("narrow.graph.weight"), storage.get("narrow.events.weight")]).toEqual(["216", "184"]);
  press(border, "End");
  expect(Number(storage.get("narrow.events.weight"))).toBe(64);
  height.mockRestore();
});

test("the wide layout puts the step beside the picture", () => {
  const { all } = mounted(sessionState(), { layout: "wide" });
  const columns = all(".gc-column").map((column) =>
    [...column.querySelectorAll("h2")].filter((h) => !h.closest("[hidden]")).map((h) => h.textContent),
  );
  expect(columns).toEqual([["Graphcell", "Events"], ["Step"]]);
});

test("the chooser lists the graphs, and says which only the kernel knows", () => {
  const graphs = [
    { id: "scoring", name: "scoring", kind: "serving" as const, where: "both" as const, steps: 9 },
    { id: "old", name: "old", kind: "serving" as const, where: "kernel" as const, steps: 2 },
  ];
  const { link, root } = mounted(sessionState({ graphs }));
  const select = root.querySelector("select")!;
  expect([...select.options].map((o) => o.text)).toEqual(["scoring", "old (in the kernel only)"]);
  select.value = "old";
  select.dispatchEvent(new Event("change"));
  expect(link.sent).toEqual([{ type: "choose-graph", graph: "old" }]);
});

test("the direction goes round from the panel's shape to the two fixed ones", () => {
  const { link, button } = mounted(sessionState());
  button("Direction: Direction by the shape of the panel. Change it").click();
  link.setGraph({ direction: "LR" });
  button("Direction: Left to right. Change it").click();
  expect(link.sent).toEqual([
    { type: "set-direction", direction: "LR" },
    { type: "set-direction", direction: "TB" },
  ]);
});

test("the menu exports, opens a tab and switches settings", () => {
  const { link, button, all } = mounted(sessionState());
  const choose = (label: string) => {
    button("More actions").click();
    all("[role^=menuitem]")
      .find((el) => el.textContent === label)
      ?.click();
  };
  choose("Save as Mermaid");
  choose("Open in a tab");
  choose("Run events when a step changes");
  expect(link.sent).toEqual([
    { type: "export", format: "mermaid" },
    { type: "open-tab" },
    { type: "set-setting", name: "autoRun", value: true },
  ]);
  button("More actions").click();
  press(document.activeElement!, "Escape");
  expect(document.activeElement).toBe(button("More actions"));
});

test("fit and search are the picture's own", () => {
  const drawing = { ...noDrawing(), fit: jest.fn(), find: jest.fn() };
  const { button } = mounted(sessionState(), { draw: () => drawing });
  button("Show the whole graph").click();
  button("Find a step").click();
  expect([drawing.fit.mock.calls.length, drawing.find.mock.calls.length]).toEqual([1, 1]);
});

test("a change of one thing leaves every other element where it is", () => {
  const { link, rows, one } = mounted(
    sessionState({ current: graphState({ events: [savedEvent("a"), savedEvent("b")] }) }),
  );
  const kept = [rows()[0], rows()[1], one(".gc-chooser"), one(".gc-picture")];
  link.setGraph({ events: [savedEvent("a"), savedEvent("b", { name: "renamed" }), savedEvent("c")] });
  expect([rows()[0], rows()[1], one(".gc-chooser"), one(".gc-picture")]).toEqual(kept);
  expect(rows()).toHaveLength(3);
});

test("disposing takes everything away and stops listening", () => {
  const dispose = jest.fn();
  const { link, view, root } = mounted(sessionState(), { draw: () => ({ ...noDrawing(), dispose }) });
  view.dispose();
  link.set({ current: null });
  expect(root.childElementCount).toBe(0);
  expect(dispose).toHaveBeenCalledTimes(1);
});

test("texts come from the host's catalogue, with their values filled in", () => {
  const german = translator((english) => (english === "{n} events" ? "{n} Ereignisse" : english));
  expect(german("summary.count", { n: "1,200" })).toBe("1,200 Ereignisse");
  expect([1, 2, "1"].map((n) => englishTexts("summary.count", { n }))).toEqual([
    "1 event",
    "2 events",
    "1 event",
  ]);
});

test.each([
  [formatMs(0.2), "0.2 ms"],
  [formatMs(8.14), "8.1 ms"],
  [formatMs(412.4), "412 ms"],
  [formatMs(999.6), "1.0 s"],
  [formatMs(1400), "1.4 s"],
  [formatMs(125_000), "2 min 5 s"],
  [formatCount(12000), "12,000"],
  [formatBytes(512), "512 B"],
  [formatBytes(8192), "8 KB"],
  [formatBytes(1_250_000), "1.2 MB"],
])("a number reads %s", (text, expected) => expect(text).toBe(expected));
