import { type FunctionRecord, type JsonRecord, own, recordedError, statesOf } from "./records";

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly text?: string;
}

/** Runtimes that the recorded dashboard has. */
const RUNTIMES = /^(python(:3\.(7|8|9|10|11))?|nodejs|golang|java|dotnetcore|ruby|shell)$/;
const NAME = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

/** Functions of the stand-in: checks and answers in the recorded dashboard's order, its texts and status codes. */
export class Functions {
  readonly records = new Map<string, FunctionRecord>();
  /** How the next deployments of a function end: `ready`, or the name of a recorded poll. */
  readonly endings = new Map<string, string>();
  /** Kubernetes keeps versions of its objects; the local platform has none. */
  versions = false;
  /** Deployments end at once: for tests that are not about the way there. */
  instant = false;
  /** Bodies of accepted deployments, in order. */
  readonly accepted: JsonRecord[] = [];

  constructor(
    private readonly projects: ReadonlySet<string>,
    private readonly port: () => number,
  ) {}

  list(project: string | undefined): Answer {
    const shown = [...this.records.values()].filter(
      (record) => project === undefined || record.metadata.labels["nuclio.io/project-name"] === project,
    );
    return {
      status: 200,
      body: Object.fromEntries(shown.map((record) => [record.metadata.name, this.shown(record)])),
    };
  }

  get(name: string): Answer {
    const record = this.records.get(name);
    if (!record) return error("026");
    const next = record.coming.shift();
    if (next) record.status = next;
    return { status: 200, body: this.shown(record) };
  }

  private shown(record: FunctionRecord): JsonRecord {
    const { metadata, spec, status } = record;
    const version = this.versions ? { resourceVersion: String(record.version) } : {};
    return { metadata: { ...metadata, ...version }, spec, status };
  }

  /** POST and PUT: the name in the path is not looked at. */
  deploy(method: string, text: string, project: string | undefined, blocking: boolean): Answer {
    const body = parsed(text);
    if (body === null) return error("060");
    const metadata = own(body["metadata"]);
    const name = metadata["name"];
    if (typeof name !== "string" || name === "") return error("061");
    if (!NAME.test(name)) return error("062");
    const before = this.records.get(name);
    if (method === "POST" && before) return error("050");
    if (before && isBusy(before)) return error("122");
    const version = metadata["resourceVersion"];
    if (before && version !== undefined && (!this.versions || version !== String(before.version)))
      return error("051");
    const labels = { ...(own(metadata["labels"]) as Record<string, string>) };
    labels["nuclio.io/project-name"] = project ?? labels["nuclio.io/project-name"] ?? "default";
    if (!this.projects.has(labels["nuclio.io/project-name"])) return error("063");
    const spec = own(body["spec"]);
    const wrong = wrongSpec(spec);
    if (wrong !== null) return error(wrong);
    this.accept(name, { ...metadata, name, labels }, spec, before);
    this.accepted.push(body);
    if (blocking) this.finish(name);
    return { status: 202 };
  }

  private accept(
    name: string,
    metadata: FunctionRecord["metadata"],
    spec: JsonRecord,
    before: FunctionRecord | undefined,
  ): void {
    const coming = statesOf(name, this.endings.get(name) ?? "ready", this.port());
    const { resourceVersion, ...kept } = metadata;
    void resourceVersion;
    const triggers = own(spec["triggers"]);
    const http = Object.values(triggers).some((trigger) => own(trigger)["kind"] === "http");
    const withDefault = http
      ? triggers
      : { ...triggers, "default-http": { kind: "http", name: "default-http", numWorkers: 1 } };
    this.records.set(name, {
      metadata: kept as FunctionRecord["metadata"],
      spec: { ...spec, triggers: withDefault, eventTimeout: "" },
      status: coming.shift() ?? {},
      coming,
      version: (before?.version ?? 0) + 1,
    });
    if (this.instant) this.finish(name);
  }

  /** Goes on to the end of a deployment at once. */
  finish(name: string): void {
    const record = this.records.get(name);
    for (let next = record?.coming.shift(); record && next; next = record.coming.shift())
      record.status = next;
  }

  patch(name: string, text: string): Answer {
    const record = this.records.get(name);
    if (!record) return error("057");
    const state = parsed(text)?.["desiredState"];
    if (state === "scaledToZero") return { status: 500, text: "" };
    if (state !== "ready") return error("056");
    if (record.status["containerImage"] === undefined) return error("082");
    record.coming.push(...statesOf(name, "ready", this.port()).slice(2));
    record.status = { ...record.status, state: "building" };
    return { status: 202 };
  }

  remove(text: string, force: boolean): Answer {
    const metadata = own(parsed(text)?.["metadata"]);
    const name = metadata["name"];
    if (typeof name !== "string" || name === "") return error("127");
    const record = this.records.get(name);
    if (record && isBusy(record) && !force) return error("121");
    this.records.delete(name);
    return { status: 204 };
  }
}

export function error(name: string): Answer {
  return recordedError(name);
}

function isBusy(record: FunctionRecord): boolean {
  return record.status["state"] === "building";
}

/** The recording that tells what is wrong with a spec. */
function wrongSpec(spec: JsonRecord): string | null {
  const triggers = Object.entries(own(spec["triggers"])).map(
    ([key, trigger]) => [key, own(trigger)] as const,
  );
  if (triggers.filter(([, t]) => t["kind"] === "http").length > 1) return "066";
  if (triggers.some(([key, t]) => t["name"] !== undefined && t["name"] !== key)) return "156";
  const pool = (t: JsonRecord): boolean =>
    ["explicitOnly", "enable"].includes(String(t["explicitAckMode"])) &&
    own(t["attributes"])["workerAllocationMode"] === "pool";
  if (triggers.some(([, t]) => pool(t))) return "157";
  if (Number(spec["minReplicas"] ?? 0) > Number(spec["maxReplicas"] ?? Infinity)) return "067";
  const build = own(spec["build"]);
  const something = build["functionSourceCode"] ?? build["path"] ?? build["image"] ?? spec["image"];
  if (something === undefined) return "155";
  return RUNTIMES.test(String(spec["runtime"])) ? null : "064";
}

function parsed(text: string): JsonRecord | null {
  try {
    return own(JSON.parse(text));
  } catch {
    return null;
  }
}
