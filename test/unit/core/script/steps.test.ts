import {
  dumpJson,
  parseJson,
  readFunction,
  simulate,
  PyObject,
  type PyValue,
  str,
  type RunResult,
} from "@graphcell/core";
import { ScriptExecutor, ScriptRuntime, bodiesOf, readScripts } from "@graphcell/core/script";

/** Files beside a notebook, by path. */
async function executorOf(
  files: Readonly<Record<string, string>>,
  outside: (name: string) => unknown = (name) => {
    throw new Error(`no module ${name}`);
  },
): Promise<ScriptExecutor> {
  const entry = Object.keys(files)[0] ?? "";
  const scripts = await readScripts(entry, (path) => Promise.resolve(files[path] ?? null));
  return new ScriptExecutor(new ScriptRuntime(entry, bodiesOf(scripts.modules), outside));
}

interface Row {
  readonly steps: Readonly<Record<string, unknown>>;
  readonly engine?: "sync" | "async";
  readonly code: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly body: string;
}

async function run({ steps, engine = "async", code, files = {}, body }: Row): Promise<RunResult> {
  const executor = await executorOf({ "steps.ts": code, ...files });
  const { graph } = readFunction(parseJson(JSON.stringify({ engine, steps })));
  return simulate(graph, [{ body: parseJson(body) }], { executor });
}

const answer = (result: RunResult): string => {
  const [event] = result.events;
  if (result.initError) return `${result.initError.class}: ${result.initError.message}`;
  if (event?.error) return `${event.error.class}: ${event.error.message}`;
  let value: PyValue = event?.response ?? null;
  // How a server tells of an error.
  if (value instanceof PyObject) value = value.fields.get("body") ?? null;
  return value === null || typeof value === "object" ? dumpJson(value) : str(value);
};

const one = (step: object): Row["steps"] => ({ only: { kind: "task", responder: true, ...step } });

describe.each(["sync", "async"] as const)("steps in TypeScript, %s", (engine) => {
  test.each<[string, Omit<Row, "engine">, string]>([
    [
      "a function",
      {
        steps: one({ handler: "double" }),
        code: "export function double(event: { a: number }): { b: number } { return { b: event.a * 2 }; }",
        body: '{"a": 3}',
      },
      '{"b": 6}',
    ],
    [
      "a function that changes its event",
      {
        steps: one({ handler: "mark" }),
        code: "export const mark = (event: any) => { event.seen = true; return event; };",
        body: '{"a": [1, null, "x"]}',
      },
      '{"a": [1, null, "x"], "seen": true}',
    ],
    [
      "a class with arguments",
      {
        steps: one({ class_name: "Scale", class_args: { factor: 2.5 } }),
        code: `interface Args { factor: number }
export class Scale {
  constructor(private readonly args: Args, readonly step: { name: string }) {}
  do(event: number) { return [event * this.args.factor, this.step.name]; }
}`,
        body: "3",
      },
      '[7.5, "only"]',
    ],
    [
      "an async function that imports from beside it",
      {
        steps: one({ handler: "enrich" }),
        code: `import { VAT } from "./lib/tax";
import names from "./names.json";
export async function enrich(event: any) {
  await Promise.resolve();
  return { ...event, vat: event.price * VAT, names };
}`,
        files: { "lib/tax.ts": "export const VAT = 0.25;", "names.json": '["a"]' },
        body: '{"price": 4}',
      },
      '{"price": 4, "vat": 1, "names": ["a"]}',
    ],
    [
      "the event itself",
      {
        steps: one({ handler: "whole", full_event: true }),
        code: `export function whole(event: any) { event.body = { was: event.body, by: event.method }; return event; }`,
        body: '"x"',
      },
      '{"was": "x", "by": "POST"}',
    ],
    [
      "paths",
      {
        steps: one({ handler: "add", input_path: "in", result_path: "out.sum" }),
        code: "export const add = ({ x, y }: any) => x + y;",
        body: '{"in": {"x": 1, "y": 0.5}}',
      },
      '{"in": {"x": 1, "y": 0.5}, "out": {"sum": 1.5}}',
    ],
    [
      "an error",
      {
        steps: one({ handler: "fails" }),
        code: `export function fails(): never {\n  throw new RangeError("too far");\n}`,
        body: "1",
      },
      "RangeError: too far",
    ],
    [
      "nothing",
      { steps: one({ handler: "none" }), code: "export function none(): void {}", body: "1" },
      "null",
    ],
    [
      "a name that the file does not export",
      { steps: one({ handler: "gone" }), code: "export const here = 1;", body: "1" },
      "ImportError: steps.ts exports no function gone",
    ],
    [
      "a result that contains itself",
      {
        steps: one({ handler: "loop" }),
        code: "export function loop() { const a: any = {}; a.a = a; return a; }",
        body: "1",
      },
      "TypeError: the result contains itself",
    ],
  ])("%s", async (_, row, expected) => {
    expect(answer(await run({ ...row, engine }))).toBe(expected);
  });
});

test("an error says where in the files it was thrown", async () => {
  const { records } = await run({
    steps: one({ handler: "fails" }),
    code: `import { deep } from "./deep";\n\nexport function fails() {\n  return deep();\n}`,
    files: { "deep.ts": `export function deep(): never {\n  throw new TypeError("no");\n}` },
    body: "1",
  });
  expect(records.at(-1)?.error?.traceback).toBe("  steps.ts:4 in fails\n  deep.ts:2 in deep\nTypeError: no");
});

test("built-in steps name functions of the file", async () => {
  const result = await run({
    steps: {
      large: { kind: "task", class_name: "storey.Filter", class_args: { _fn: "isLarge" } },
      parts: { kind: "task", class_name: "storey.FlatMap", class_args: { _fn: "parts" }, after: ["large"] },
      sum: { kind: "task", handler: "twice", after: ["parts"], responder: true },
    },
    code: `export const isLarge = (n: number[]) => n.length > 1;
export const parts = (n: number[]) => n;
export const twice = (n: number) => n * 2;`,
    body: "[4]",
  });
  expect(result.events[0]?.status).not.toBe("error");
});

test("a generator streams", async () => {
  const result = await run({
    steps: {
      words: { kind: "task", handler: "words" },
      joined: { kind: "task", class_name: "storey.Collector", after: ["words"], responder: true },
    },
    code: `export function* words(text: string) { for (const word of text.split(" ")) yield word; }`,
    body: '"a b c"',
  });
  expect(answer(result)).toBe('["a", "b", "c"]');
});

test.each([
  ["steps.ts", "export const a = ;", /^steps\.ts:1:18 can't be parsed: Unexpected token\.$/],
  ["steps.ts", "\nexport const a = 1, b = 2;", /^steps\.ts:2 exports "a" and more names in one statement\.$/],
  ["steps.ts", null, /^steps\.ts can't be read\.$/],
])("%s with %j is refused", async (path, text, message) => {
  await expect(readScripts(path, () => Promise.resolve(text))).rejects.toThrow(message);
});

test("exports, packages and missing files are known without running anything", async () => {
  const files: Record<string, string> = {
    "steps.ts": `import { readFileSync } from "node:fs";
import moment from "moment";
import { other } from "@scope/pack/sub";
import "./gone";
export * from "./more";
export { renamed as alias } from "./more";
export default class Main {}
export const first = readFileSync;
export const second = moment(other);
export type Hidden = string;
throw new Error("this must not run");`,
    "more.js": "exports.one = 1; exports.two = function () {};",
  };
  const scripts = await readScripts("steps.ts", (path) => Promise.resolve(files[path] ?? null));
  expect([...scripts.exports].sort()).toEqual(["alias", "default", "first", "one", "second", "two"]);
  expect(scripts.packages).toEqual(["@scope/pack", "moment"]);
  expect(scripts.missing).toEqual([{ from: "steps.ts", path: "./gone" }]);
  expect(scripts.open).toBe(false);
});
