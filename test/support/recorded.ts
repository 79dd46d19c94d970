import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Answers of a real Nuclio dashboard, by name; `test/nuclio/README.md` says how they were taken. */
const FOLDER = join(
  // The scenarios are bundled, and run in the project's folder.
  typeof __dirname === "undefined" ? join(process.cwd(), "test/support") : __dirname,
  "../nuclio/recorded",
);

export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly bodyText?: string;
  readonly rawChunkedBodyText?: string;
  readonly atMs?: number;
}

export interface RecordedExchange {
  readonly name: string;
  readonly note: string;
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: unknown;
    readonly bodyText?: string;
  };
  readonly answers: readonly RecordedAnswer[];
}

export function recorded(name: string): RecordedExchange {
  const read = JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")) as {
    response?: RecordedAnswer;
    responses?: RecordedAnswer[];
  } & Omit<RecordedExchange, "answers">;
  return { ...read, answers: read.responses ?? (read.response ? [read.response] : []) };
}

export const RECORDED_NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".json"))
  .map((file) => file.slice(0, -5))
  .sort();
