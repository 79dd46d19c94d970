import { RECORDED_NAMES, recorded } from "../recorded";

/** Functions and projects as the stand-in keeps them. */
export interface JsonRecord {
  [name: string]: unknown;
}

export interface FunctionRecord {
  readonly metadata: JsonRecord & { name: string; labels: Record<string, string> };
  spec: JsonRecord;
  status: JsonRecord;
  /** States still to come, one for each read. */
  readonly coming: JsonRecord[];
  version: number;
}

export const own = (value: unknown): JsonRecord =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonRecord) : {};

/** The last status of a recorded poll: how a deployment of that kind ends. */
export function recordedEnd(name: string): JsonRecord {
  const { answers } = recorded(name);
  return own(own(answers[answers.length - 1]?.body)["status"]);
}

let request = 0;

/**
 * What a deployment's status goes through, as recorded: building with logs that grow, then its end. `message` and
 * state of the end are those of the recording that is named.
 */
export function statesOf(name: string, endsAs: string, port: number): JsonRecord[] {
  const id = `stand-in-${String(++request)}`;
  const begun = Date.now();
  const line = (message: string, i: number, more: JsonRecord = {}): JsonRecord => ({
    level: "info",
    message,
    name: "deployer",
    requestID: id,
    time: begun + i + 0.25,
    ...more,
  });
  const logs = [
    line("Deploying function", 0, { name }),
    line("Building", 1, { name, builderKind: "docker" }),
    line("Staging files and preparing base images", 2),
    line("Building processor image", 3, { taggedImageName: `nuclio/processor-${name}:latest` }),
  ];
  const built = [
    ...logs,
    line("Build complete", 4),
    line("Cleaning up before deployment", 5, { functionName: name }),
  ];
  const end = endsAs === "ready" ? readyStatus(name, port) : recordedEnd(endsAs);
  const last = Array.isArray(end["logs"]) ? end["logs"][(end["logs"] as unknown[]).length - 1] : undefined;
  return [
    { state: "building", logs: logs.slice(0, 2) },
    { state: "building" },
    { state: "building", logs },
    { state: "building", logs: built },
    { ...end, logs: [...built, ...(last === undefined ? [] : [{ ...own(last), time: begun + 6 }])] },
  ];
}

function readyStatus(name: string, port: number): JsonRecord {
  return {
    state: "ready",
    httpPort: port,
    internalInvocationUrls: [`127.0.0.1:${String(port)}`],
    externalInvocationUrls: [`127.0.0.1:${String(port)}`],
    containerImage: `nuclio/processor-${name}:latest`,
    logs: [{ level: "info", message: "Function deploy complete", name: "deployer", functionName: name }],
  };
}

/** The recorded error of that name: its status and body. */
export function recordedError(name: string): { readonly status: number; readonly body: unknown } {
  const full = RECORDED_NAMES.find((one) => one === name || one.startsWith(`${name}-`));
  if (full === undefined) throw new Error(`no recording ${name}`);
  const [answer] = recorded(full).answers;
  if (!answer) throw new Error(`recording ${name} has no answer`);
  return { status: answer.status, body: answer.body ?? answer.bodyText ?? null };
}
