import {
  type Parity,
  CancelSource,
  dict,
  differenceSentence,
  GraphcellError,
  opaqueSentence,
  paritySentence,
  type ParityDifference,
  type PyMap,
  verify,
  wireText,
} from "@graphcell/core";
import { type Document, savedEvents } from "./document";
import { readEvents } from "./events";
import { CommandError, Exit, type ExitCode } from "./exit";
import { runFile } from "./kernel";
import type { Options } from "./options";
import { scriptsBesideFile } from "./scripts";
import { chooseTarget } from "./simulate";
import { Progress, type Terminal } from "./terminal";

/** `graphcell verify`: the same events through Graphcell and through MLRun's own mock server. */
export async function verifyFile(
  document: Document,
  options: Options,
  terminal: Terminal,
): Promise<ExitCode> {
  const progress = new Progress(terminal);
  const given = options.events === null ? null : await readEvents(options.events, terminal);
  const running = await runFile(document, options, progress);
  try {
    const target = chooseTarget(document, options, running);
    const events = given ?? savedEvents(document, target.name);
    if (events.length === 0) {
      throw new CommandError(
        Exit.usage,
        `Graph "${target.name}" has no saved event.`,
        "Give events with --events FILE, a JSON list; - reads standard input.",
      );
    }
    if ((await scriptsBesideFile(document.path).names(target.name)).size > 0) {
      throw new CommandError(
        Exit.usage,
        `The steps of "${target.name}" are TypeScript or JavaScript, which MLRun can't run.`,
        "Use graphcell simulate: the function in the cluster runs the same engine.",
      );
    }
    const cancel = new CancelSource();
    const { variable, name, graph, spec } = target;
    const executor = await running.agent.executor({ variable, name, spec }, cancel.token);
    const parity = await verify({
      graph,
      spec,
      variable: document.kind === "graph" ? null : variable,
      name,
      events,
      ...(options.function === null ? {} : { currentFunction: options.function }),
      executor,
      runReal: running.agent.runReal,
      cancel: cancel.token,
      onProgress: (done, total) => progress.say(`Comparing: ${done} of ${total}`),
    });
    progress.clear();
    terminal.out(options.json ? `${wireText(parityValue(name, parity))}\n` : parityText(name, parity));
    return parity.agrees ? Exit.done : Exit.wrong;
  } catch (error) {
    if (error instanceof GraphcellError && error.code === "GC_VERIFY_STOREY") {
      throw new CommandError(Exit.usage, error.message, error.remedy);
    }
    throw error;
  } finally {
    progress.clear();
    await running.dispose();
  }
}

/** Differences that are printed. */
const SHOWN = 20;

function parityText(name: string, parity: Parity): string {
  const lines = [`${name}: ${paritySentence(parity)}`];
  for (const event of parity.events) lines.push(`${event.id}  ${event.agrees ? "agrees" : "differs"}`);
  if (parity.differences.length > 0) lines.push("They first differ at");
  for (const difference of parity.differences.slice(0, SHOWN)) {
    lines.push(`  ${differenceSentence(difference)}`);
    lines.push(`    MLRun      ${difference.mlrun}`, `    Graphcell  ${difference.graphcell}`);
  }
  if (parity.differences.length > SHOWN) lines.push(`  and ${parity.differences.length - SHOWN} more`);
  const opaque = opaqueSentence(parity.opaque);
  if (opaque !== "") lines.push(opaque);
  return lines.map((line) => `${line}\n`).join("");
}

/** The one object of `verify --json`. */
function parityValue(name: string, parity: Parity): PyMap {
  return dict({
    graph: name,
    mlrun: parity.mlrun,
    agrees: parity.agrees,
    operations: parity.operations,
    agreeing: parity.agreeing,
    events: parity.events.map(({ id, agrees }) => dict({ id, agrees })),
    differences: parity.differences.map(differenceValue),
    opaque: parity.opaque.map(({ step, why }) => dict({ step, why })),
  });
}

function differenceValue({ event, step, what, place, mlrun, graphcell }: ParityDifference): PyMap {
  return dict({ event, step, what, place, mlrun, graphcell });
}
