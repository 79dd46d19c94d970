import { dict } from "@graphcell/core";
import { failureOf, eventItem } from "@graphcell/kernel-bridge";
import { GraphcellError } from "@graphcell/core";

test.each([
  ["a body alone", { body: 4 }, { saved: null, name: "event 1", event: { body: 4 } }],
  [
    "everything",
    {
      body: null,
      id: "x",
      path: "/p",
      method: "GET",
      content_type: "text/plain",
      key: 1,
      time: "2026-01-01",
      repeat: 2,
    },
    {
      saved: null,
      name: "x",
      event: {
        body: null,
        id: "x",
        path: "/p",
        method: "GET",
        contentType: "text/plain",
        key: 1,
        time: "2026-01-01",
        repeat: 2,
      },
    },
  ],
  ["a name", { body: 1, name: "first" }, { saved: null, name: "first", event: { body: 1 } }],
  ["no body", {}, { saved: null, name: "event 1", event: {} }],
])("reads an event of a cell with %s", (_, fields, item) => {
  expect(eventItem(dict(fields), 0)).toEqual(item);
});

test("keeps the remedy of an error of ours", () => {
  expect(failureOf(new GraphcellError("GC_X", "no", "do"))).toEqual({ message: "no", remedy: "do" });
  expect(failureOf(new Error("boom"))).toEqual({ message: "boom", remedy: "" });
});
