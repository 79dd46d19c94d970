import {
  type MockEvent,
  dumpJson,
  parseJson,
  simulate,
  never,
  PyRaise,
  JsonError,
  type PyValue,
} from "@graphcell/core";
import {
  type CalledAnswer,
  callFunction,
  deployedGraph,
  explainAnswer,
  sameAnswer,
  textOfBytes,
} from "@graphcell/core/nuclio";
import { type Document, readDocument, savedEvents } from "../document";
import { readEvents } from "../events";
import { Exit, type ExitCode } from "../exit";
import { runFile } from "../kernel";
import { chooseTarget } from "../simulate";
import { Progress, type Terminal } from "../terminal";
import { existing, targetFunction } from "./functions";
import { type ClusterOptions, usage } from "./options";
import { printJson } from "./output";

/** One event at the cluster, and where it is asked for what the simulation says. */
interface Called {
  readonly event: string;
  readonly answer: CalledAnswer;
  readonly body: string;
  readonly ms: number;
  readonly simulated: string | null;
  readonly same: boolean | null;
}

/** `graphcell invoke`: events at the deployed function; with `--compare` beside what the simulation answers. */
export async function invokeFunction(options: ClusterOptions, terminal: Terminal): Promise<ExitCode> {
  const target = options.target ?? "";
  const isFile = /\.(ipynb|py|ya?ml|json)$/i.test(target);
  const document = isFile ? await readDocument(target) : null;
  if (options.compare && document === null)
    throw usage("--compare needs FILE.", "Give the notebook, not the function's name.");
  const { cluster, name } = await targetFunction(options, terminal);
  const deployed = await existing(cluster, name);
  const events = await eventsOf(options, document, terminal);
  const simulated =
    options.compare && document ? await simulation(document, options, events, terminal) : null;
  const called: Called[] = [];
  for (const [i, event] of events.entries()) {
    const began = Date.now();
    const answer = await callFunction(cluster.dashboard, cluster.http, deployed, requestOf(event, options));
    const body = textOfBytes(answer.body);
    const expected = simulated?.[i] ?? null;
    called.push({
      event: event.name ?? event.id ?? `event ${i + 1}`,
      answer,
      body,
      ms: Date.now() - began,
      simulated: expected,
      same: simulated === null ? null : expected !== null && sameAnswer(body, expected),
    });
  }
  tell(called, deployedGraph(deployed.spec) === null ? [] : [name], options, terminal);
  return called.every((one) => one.answer.status < 400 && one.same !== false) ? Exit.done : Exit.wrong;
}

async function eventsOf(
  options: ClusterOptions,
  document: Document | null,
  terminal: Terminal,
): Promise<readonly MockEvent[]> {
  if (options.body !== null) return [{ body: bodyOf(options.body) }];
  if (options.events !== null) return (await readEvents(options.events, terminal)).map(once);
  const name = options.graph ?? document?.graphs[0]?.name ?? "";
  const saved = document === null ? [] : savedEvents(document, name);
  return saved.length > 0 ? saved.map(once) : [{}];
}

/** A cluster is not flooded: repetitions are for the simulation. */
function once(event: MockEvent): MockEvent {
  return { ...event, repeat: 1 };
}

function bodyOf(text: string): PyValue {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof JsonError || error instanceof PyRaise) return text;
    throw error;
  }
}

function requestOf(event: MockEvent, options: ClusterOptions): Parameters<typeof callFunction>[3] {
  const body = event.body ?? null;
  const text = body === null ? null : typeof body === "string" ? body : dumpJson(body);
  const headers = Object.fromEntries(
    [...(event.headers ?? [])].map(([key, value]): [string, string] => [String(key), String(value)]),
  );
  const type = event.contentType ?? (typeof body === "string" ? "text/plain" : "application/json");
  return {
    method: options.method ?? event.method ?? (text === null ? "GET" : "POST"),
    path: options.path ?? event.path ?? "/",
    headers: { ...(text === null ? {} : { "content-type": type }), ...headers },
    body: text === null ? null : Buffer.from(text),
    ...(options.timeoutMs === null ? {} : { timeoutMs: options.timeoutMs }),
  };
}

/** The simulation's answers to the same events, as the texts that a function would answer. */
async function simulation(
  document: Document,
  options: ClusterOptions,
  events: readonly MockEvent[],
  terminal: Terminal,
): Promise<readonly (string | null)[]> {
  const progress = new Progress(terminal);
  const running = await runFile(document, options, progress);
  try {
    const target = chooseTarget(document, options, running);
    const executor = await running.agent.executor({ variable: target.variable, name: target.name }, never);
    const run = await simulate(target.graph, events, {
      executor,
      spec: target.spec,
      functionName: target.name,
      trace: "none",
    });
    return run.events.map((event) => {
      if (event.error) return `${event.error.class}: ${event.error.message}`;
      const value = event.response ?? null;
      return typeof value === "string" ? value : dumpJson(value);
    });
  } finally {
    progress.clear();
    await running.dispose();
  }
}

function tell(
  called: readonly Called[],
  [name = ""]: readonly string[],
  options: ClusterOptions,
  terminal: Terminal,
): void {
  if (options.json) {
    printJson(
      terminal,
      called.map(({ event, answer, body, ms, simulated, same }) => ({
        event,
        status: answer.status,
        via: answer.via,
        ms,
        body,
        ...(simulated === null ? {} : { simulated, same }),
      })),
    );
    return;
  }
  for (const { event, answer, body, ms, simulated, same } of called) {
    terminal.out(`${event}  ${answer.status}  ${ms} ms  ${body.trimEnd()}\n`);
    if (same === false)
      terminal.out(`${" ".repeat(event.length)}  the simulation answers  ${simulated ?? "nothing"}\n`);
    if (answer.status < 400) continue;
    const fn = { name, lines: [], steps: [], calls: new Map<string, string>(), queue: null };
    const { sentence, remedy } = explainAnswer(answer.status, body, fn);
    terminal.err(`graphcell: ${sentence} ${remedy}\n`);
  }
}
