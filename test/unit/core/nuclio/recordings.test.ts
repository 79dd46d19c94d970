import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { decodeFunction, newLogs } from "@graphcell/core/nuclio";
import { RECORDED_NAMES, recorded } from "../../../support/recorded";
import { meet } from "../../../support/replay";

const FILE = join(__dirname, "../../../nuclio/explained.json");
const update = process.env["UPDATE_GOLDEN"] !== undefined;
const explained = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, unknown>;

/** Failing exchanges that no request of the client leads to, or that are no failure for it. */
const NOT_TOLD: Readonly<Record<string, string>> = {
  "005-unknown-route": "the client knows its routes",
  "014-project-get-missing": "the answer to a question",
  "026-function-get-missing": "the answer to a question",
  "033-invoke-own-status": "the function's own answer",
  "120-project-delete-not-empty": "the client deletes no projects",
  "128-get-after-delete": "the answer to a question",
  "142-put-path-ignored-get": "the answer to a question",
  "112-event-get": "the client keeps events in the notebook",
};

const failing = (name: string): boolean => {
  const { answers } = recorded(name);
  const last = answers[answers.length - 1];
  const state = decodeFunction(last?.body)?.state ?? "";
  return (last?.status ?? 0) >= 400 || state === "error" || state === "unhealthy";
};

test.each(RECORDED_NAMES)("the client meets %s, and tells a failure in a sentence", async (name) => {
  const told = await meet(name);
  if (update && told) explained[name] = { sentence: told.sentence, remedy: told.remedy };
  if (!failing(name) || name in NOT_TOLD) return;
  expect(told).not.toBeNull();
  expect({ sentence: told?.sentence, remedy: told?.remedy }).toEqual(explained[name]);
  expect(told?.sentence).toMatch(/[.?]$/);
  expect(`${told?.sentence ?? ""}${told?.remedy ?? ""}`).not.toContain("\u001b");
});

afterAll(() => {
  if (update) writeFileSync(FILE, `${JSON.stringify(explained, null, 2)}\n`);
});

test("each poll of a deployment gives lines that were not there before, and all of them in the end", () => {
  const { answers } = recorded("021-function-poll-to-ready");
  const shown: unknown[] = [];
  let seen: NonNullable<ReturnType<typeof decodeFunction>>["logs"] = [];
  for (const answer of answers) {
    const now = decodeFunction(answer.body)?.logs ?? null;
    shown.push(...newLogs(seen ?? [], now));
    if (now) seen = now;
  }
  expect(shown).toEqual(decodeFunction(answers[answers.length - 1].body)?.logs);
});

test("a new deployment begins its log again, and an answer without logs loses none", () => {
  const first = decodeFunction(recorded("021-function-poll-to-ready").answers[0].body)?.logs ?? [];
  const second = decodeFunction(recorded("053-update-poll").answers[0].body)?.logs ?? [];
  expect(newLogs(first, second)).toEqual(second);
  expect(newLogs(first, null)).toEqual([]);
});
