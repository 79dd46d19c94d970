import type { SourceLine } from "./source";
import { cleanLog, readLogLine } from "./clean-log";
import type { FunctionPlan } from "./function-plan";
import type { DeployedFunction } from "./function-state";

/** What went wrong, for a person: one sentence, what to do, and where it is in the notebook. */
export interface Explanation {
  readonly sentence: string;
  readonly remedy: string;
  /** Full name of the step that it is about; null when it is about none. */
  readonly step: string | null;
  readonly place: SourceLine | null;
  /** The cluster's own words, cleaned. */
  readonly raw: string;
}

/** What is known of a function when its failure is explained. */
export type Explained = Pick<FunctionPlan, "name" | "lines" | "steps" | "calls" | "queue"> &
  Partial<Pick<FunctionPlan, "source">>;

interface Row {
  readonly says: RegExp;
  readonly explain: (match: RegExpExecArray, about: About) => Omit<Explanation, "raw">;
}

interface About {
  readonly fn: Explained;
  readonly text: string;
  readonly trace: Traceback | null;
}

/** Explains a function that has failed or is unhealthy. */
export function explainFunction(deployed: DeployedFunction, fn: Explained): Explanation {
  const raw = cleanLog(deployed.message);
  const text = raw === "" ? lastWarning(deployed) : raw;
  return { ...explainText(text, deployed.message, fn), raw: text };
}

/** Explains a message of the builder, the processor or MLRun; `whole` is the same before it was cleaned. */
export function explainText(text: string, whole: string, fn: Explained): Omit<Explanation, "raw"> {
  const trace = lastTraceback(whole);
  const about: About = { fn, text, trace };
  for (const row of ROWS) {
    const match = row.says.exec(text) ?? (trace === null ? null : row.says.exec(trace.last));
    if (match) return row.explain(match, about);
  }
  if (trace !== null) return fromTrace(trace, fn);
  const first = text.split("\n").find((line) => line.trim() !== "") ?? "";
  return {
    sentence: `Function "${fn.name}" did not start: ${first === "" ? "the cluster does not say why" : first.trim()}.`,
    remedy: "See its log.",
    step: null,
    place: null,
  };
}

function lastWarning(deployed: DeployedFunction): string {
  const warnings = (deployed.logs ?? []).filter((line) => line.level === "warn" || line.level === "error");
  const last = warnings[warnings.length - 1];
  const err = last?.fields["err"];
  return last === undefined
    ? ""
    : cleanLog(typeof err === "string" ? `${last.message}: ${err}` : last.message);
}

const plain = (sentence: string, remedy: string): Omit<Explanation, "raw"> => ({
  sentence,
  remedy,
  step: null,
  place: null,
});

/** From the surest sign to the least: a failed start, say, always has a container that exited. */
const ROWS: readonly Row[] = [
  {
    says: /No matching distribution found for (\S+)/,
    explain: (m) =>
      plain(
        `The image could not be built: there is no package "${m[1] ?? ""}" of that name and version.`,
        "Correct requirements in graphcell.deploy.yaml.",
      ),
  },
  {
    says: /The command '\/bin\/sh -c ([\s\S]*?)' returned a non-zero code: (\d+)/,
    explain: (m, about) =>
      plain(
        `The image could not be built: the command ${m[1] ?? ""} ended with code ${m[2] ?? ""}${saidBefore(about.text)}.`,
        "Correct commands or requirements in graphcell.deploy.yaml.",
      ),
  },
  {
    says: /pull access denied for ([^\s,]+)|manifest (?:for (\S+) not found|unknown)|repository (\S+) not found/,
    explain: (m, about) => {
      const image = /FROM (\S+)/.exec(about.text)?.[1] ?? m[1] ?? m[2] ?? m[3] ?? "";
      return plain(
        `The base image "${image}" can't be had: the cluster does not find it or may not pull it.`,
        "Check baseImage in graphcell.deploy.yaml, and imagePullSecrets where its registry asks for a login.",
      );
    },
  },
  {
    says: /Unterminated quoted string/,
    explain: () =>
      plain(
        "A value of the environment has a single quote in it, which breaks Nuclio's local platform.",
        "Leave the quote out of env in graphcell.deploy.yaml, or take the value from a file.",
      ),
  },
  {
    says: /argument list too long/,
    explain: () =>
      plain(
        "Source and environment together are too large for Nuclio's local platform, which takes about 90 KiB.",
        "Make the source smaller, or deploy to a Kubernetes cluster, which takes more.",
      ),
  },
  {
    says: /client has run out of available brokers(?:[^\n]*?dial tcp ([\w.[\]:-]+?): )?|NoBrokersAvailable/,
    explain: (m, about) =>
      queueFailure(
        about,
        `no Kafka broker answers${m[1] ? ` at ${m[1]}` : ""}`,
        "Check the brokers in its path: the function must reach them from inside of the cluster.",
      ),
  },
  {
    says: /Failed to start trigger \{"kind": "([^"]+)"/,
    explain: (m) =>
      plain(
        `A trigger of kind ${m[1] ?? ""} could not be started.`,
        "Check its settings; its log says more.",
      ),
  },
  {
    says: /Missing access_key/,
    explain: (_, about) =>
      queueFailure(
        about,
        "its path is taken for an Iguazio stream, and there is no access key",
        "Give it a kafka:// path, or V3IO_ACCESS_KEY as a secret in env.",
      ),
  },
  {
    says: /ModuleNotFoundError: No module named '([\w.]+)'|No module named '([\w.]+)'/,
    explain: (m, about) => {
      const module = m[1] ?? m[2] ?? "";
      const found = about.trace === null ? null : placeIn(about.trace, about.fn);
      return {
        sentence: `Function "${about.fn.name}" did not start: its image has no module "${module}".`,
        remedy: `Add the package that has it to requirements in graphcell.deploy.yaml.`,
        step: null,
        place: found,
      };
    },
  },
  {
    says: /Failed to import ([\w.]+)|(?:function|handler|class) '?([\w.]+)'? (?:is )?not found/,
    explain: (m, about) => missingName(m[1] ?? m[2] ?? "", about),
  },
  {
    says: /Function is not healthy/,
    explain: (_, about) =>
      plain(
        `Function "${about.fn.name}" was running and is not any more.`,
        "Look at its log for what ended it; it may come back by itself, else deploy it again.",
      ),
  },
  {
    says: /wasn't healthy in time/,
    explain: (_, about) =>
      about.trace === null
        ? plain(
            `Function "${about.fn.name}" did not get ready in time: loading its imports and models took longer than was to be waited.`,
            "Set readinessTimeoutSeconds in graphcell.deploy.yaml to more, or load less at the start.",
          )
        : fromTrace(about.trace, about.fn),
  },
];

/** The last lines that a failing command printed. */
function saidBefore(text: string): string {
  const out = /stdout:\n([\s\S]*?)\n+stderr:/.exec(text)?.[1] ?? "";
  const lines = out.split("\n").filter((line) => line.trim() !== "" && !/^Step \d+\/\d+ :/.test(line));
  const last = lines[lines.length - 1]?.trim() ?? "";
  return last === "" ? "" : ` (it said "${last.slice(0, 160)}")`;
}

function queueFailure(about: About, why: string, remedy: string): Omit<Explanation, "raw"> {
  const { name, queue } = about.fn;
  const at = queue === null ? "" : ` for queue "${queue}"`;
  return { sentence: `Function "${name}" did not start: ${why}${at}.`, remedy, step: queue, place: null };
}

/** MLRun found no class or function of that name; `calls` tells which step asked for it. */
function missingName(name: string, { fn }: About): Omit<Explanation, "raw"> {
  const step = [...fn.calls].find(([, called]) => called === name)?.[0] ?? null;
  const who = step === null ? `Function "${fn.name}" did not start: it` : `Step "${step}"`;
  return {
    sentence: `${who} needs "${name}", which the deployed source does not have.`,
    remedy: "Define it at the top level of a cell, or import it there; graphcell export shows the source.",
    step,
    place: null,
  };
}

/** A Python traceback: its frames in the function's module, from outside in, and its last line. */
export interface Traceback {
  /** Line of the deployed source, from 1, and the function or method it is in. */
  readonly frames: readonly { readonly line: number; readonly in: string }[];
  /** `ValueError: text`. */
  readonly last: string;
}

/** The last traceback in a text; also one that is written as JSON text, with its line breaks escaped. */
export function lastTraceback(text: string): Traceback | null {
  const lines = text.split("\n").flatMap((line) => {
    const { fields } = readLogLine(line);
    const traced = fields["traceback"];
    return typeof traced === "string" ? traced.split("\n") : [line];
  });
  let found: Traceback | null = null;
  let frames: { line: number; in: string }[] = [];
  let inside = false;
  for (const line of lines) {
    if (/Traceback \(most recent call last\):\s*$/.test(line)) {
      inside = true;
      frames = [];
    } else if (inside) {
      const frame = /^\s+File "([^"]*)", line (\d+)(?:, in (\S+))?/.exec(line);
      if (frame && /(?:^|\/)main\.py$/.test(frame[1] ?? ""))
        frames.push({ line: Number(frame[2]), in: frame[3] ?? "" });
      const error =
        /^([A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt|Warning|[A-Z]\w*))(?::\s?(.*))?$/.exec(line);
      if (error && !/^\s/.test(line)) {
        found = { frames, last: line.trim() };
        inside = false;
      }
    }
  }
  return found;
}

function placeIn(trace: Traceback, fn: Explained): SourceLine | null {
  for (const frame of [...trace.frames].reverse()) {
    const place = fn.lines[frame.line - 1];
    if (place) return place;
  }
  return null;
}

function fromTrace(trace: Traceback, fn: Explained): Omit<Explanation, "raw"> {
  const place = placeIn(trace, fn);
  const step = stepIn(trace, fn);
  const who = step === null ? `Function "${fn.name}" did not start` : `Step "${step}" could not be made`;
  const where = place === null ? "" : ` (cell ${place.cell + 1}, line ${place.line})`;
  return {
    sentence: `${who}: ${trace.last}${where}.`,
    remedy: place === null ? "See its log." : "Correct that line and push again.",
    step,
    place,
  };
}

/** The step that an error speaks of: MLRun names it, or a class in the trace is that of one step only. */
function stepIn(trace: Traceback, fn: Explained): string | null {
  for (const match of trace.last.matchAll(/step:?\s+'?"?([\w/.-]+)/gi)) {
    const name = (match[1] ?? "").replace(/[.,]$/, "");
    if (fn.steps.includes(name)) return name;
  }
  for (const frame of [...trace.frames].reverse()) {
    const around = definitionAround(fn.source ?? "", frame.line);
    const callers = [...fn.calls].filter(([, called]) => called === around).map(([step]) => step);
    if (callers.length === 1) return callers[0] ?? null;
  }
  return null;
}

/** The class or function at the top level that a line of the source is in; null for none. */
function definitionAround(source: string, line: number): string | null {
  const lines = source.split("\n");
  for (let i = line - 1; i >= 0; i--) {
    const text = lines[i] ?? "";
    const found = /^(?:class|def|async def) (\w+)/.exec(text);
    if (found) return found[1] ?? null;
    if (/^[^\s#@)\]}]/.test(text)) return null;
  }
  return null;
}

/** Explains a function's own answer of 400 or more to an event. */
export function explainAnswer(status: number, text: string, fn: Explained): Explanation {
  const raw = cleanLog(text);
  const trace = lastTraceback(text);
  const place = trace === null ? null : placeIn(trace, fn);
  const where = place === null ? "" : ` (cell ${place.cell + 1}, line ${place.line})`;
  const made = (sentence: string, remedy: string): Explanation => ({
    sentence,
    remedy,
    step: null,
    place,
    raw,
  });
  if (status === 503 && raw === "") {
    return made(
      `No worker of function "${fn.name}" was free in time.`,
      "Set http: workers, or maxReplicas, in graphcell.deploy.yaml to more.",
    );
  }
  if (/'NoneType' object has no attribute 'status'/.test(raw)) {
    return made(
      `The router of function "${fn.name}" asked MLRun's API server for its model endpoints, and there is none.`,
      "Deploy the graph with Graphcell, which lets routers do without, or set mlrunApi in graphcell.deploy.yaml.",
    );
  }
  if (/^failed to json decode event/.test(raw)) {
    return made(
      `The event is not JSON: ${raw.replace(/^failed to json decode event, /, "")}.`,
      "Send JSON, or another content type.",
    );
  }
  if (/Can't encode item/.test(raw)) {
    return made(
      `Function "${fn.name}" ended: Nuclio's nodejs runtime takes no body of more than about 48 KiB.`,
      "Deploy it again; send smaller events, or set native: false so that it runs in Python.",
    );
  }
  const error =
    trace?.last ?? /^(?:Error in handler: )?([\w.]*(?:Error|Exception): [^\n]*)/.exec(raw)?.[1] ?? null;
  if (error !== null) {
    return made(
      `A step raised ${error}${where}.`,
      "Run the same event in the simulation to see which, and what it got.",
    );
  }
  return made(`Function "${fn.name}" answered ${status}: ${raw.split("\n")[0] ?? ""}`, "See its log.");
}
