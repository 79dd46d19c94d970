import { type LanguageContext, type StepRun, stepOf } from "./context";
import type { Position } from "./position";
import { type ClassText, classText } from "./step-class";
import { type Symbol, stepsThatRun, symbolAt } from "./symbol";
import { quotedList } from "../model/check/rule";
import type { Step } from "../model/graph";
import type { ParsedGraph } from "../notebook/parsed";
import type { Preview } from "../engine/trace";
import type { SourceRange } from "../source";
import { shortRepr } from "../value/bounded";

export interface Hover {
  readonly range: SourceRange;
  /** Markdown without HTML; what comes from the notebook or a run stands in code blocks. */
  readonly markdown: string;
}

/** Characters of one value. */
const SHOWN = 600;

/** What is known of the step, class or function at a place: its last input and output, too. */
export function hoverAt(context: LanguageContext, position: Position): Hover | null {
  const symbol = symbolAt(context, position);
  if (!symbol) return null;
  const parts =
    symbol.kind === "step" ? stepParts(context, symbol.graph, symbol.step) : codeParts(context, symbol);
  return parts.length === 0 ? null : { range: symbol.range, markdown: parts.join("\n\n") };
}

function stepParts(context: LanguageContext, graph: ParsedGraph, name: string): readonly string[] {
  const step = stepOf(graph, name);
  if (!step) return [`No step ${code(name)} in the graph ${code(graph.name)}.`];
  return [
    `**${kindOf(step)}** ${code(name)} of the graph ${code(graph.name)}${runsText(step)}`,
    ...linksText(step),
    ...argumentsText(step),
    ...runParts(context.runs?.step(graph.name, name) ?? null),
  ];
}

function kindOf(step: Step): string {
  return step.kind === "error_step"
    ? "error handler"
    : step.kind === "task"
      ? "step"
      : step.kind.replace("_", " ");
}

function runsText(step: Step): string {
  const runs = step.className ?? step.handler;
  const method = step.className !== null && step.handler !== null ? `, method ${code(step.handler)}` : "";
  return runs === null ? "" : `: ${code(runs)}${method}`;
}

function linksText(step: Step): readonly string[] {
  const after = step.after.length > 0 ? `after ${quotedList(step.after)}` : "";
  const answers = step.responder ? "answers the request" : "";
  const handler = step.onError === null ? "" : `errors go to "${step.onError}"`;
  const said = [after, handler, answers].filter((text) => text !== "").join("; ");
  return said === "" ? [] : [escaped(said)];
}

function argumentsText(step: Step): readonly string[] {
  const args = [...step.classArgs].map(([name, value]) => `${String(name)} = ${shortRepr(value, 80)}`);
  return args.length === 0 ? [] : [block(args.slice(0, 12).join("\n"))];
}

/** Last input and output of a step. */
function runParts(run: StepRun | null): readonly string[] {
  if (!run) return [];
  const { record, events, outdated } = run;
  const times = events === 1 ? "1 event" : `${events} events`;
  const parts = [
    `Last of ${times}${outdated ? " (the code has changed since)" : ""}, ${milliseconds(record.ms)}:`,
  ];
  parts.push(`in\n${value(record.in)}`);
  if (record.error)
    parts.push(
      `${record.handledBy === null ? "raised" : "raised, handled"}\n${block(`${record.error.class}: ${record.error.message}`)}`,
    );
  else if (record.out.length === 0) parts.push("gave nothing");
  else parts.push(`out${record.emitted > 1 ? `, first of ${record.emitted}` : ""}\n${value(record.out[0])}`);
  return parts;
}

function milliseconds(ms: number): string {
  return ms < 0.1 ? "under 0.1 ms" : `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function value(preview: Preview): string {
  return block(preview.text.length > SHOWN ? `${preview.text.slice(0, SHOWN - 1)}…` : preview.text);
}

function codeParts(
  context: LanguageContext,
  symbol: Exclude<Symbol, { readonly kind: "step" }>,
): readonly string[] {
  const { parsed } = context;
  const name = symbol.kind === "method" ? symbol.owner.name : symbol.name;
  const steps = stepsThatRun(parsed, name);
  const known = classText(parsed, name);
  const head =
    symbol.kind === "method"
      ? `Method ${code(symbol.name)} of ${code(name)}`
      : known
        ? `**class** ${code(known.name)}: ${known.meaning}`
        : `**${symbol.definition?.kind ?? "name"}** ${code(name)}`;
  const used = steps.map(({ graph, step }) => `${code(step)} of ${code(graph.name)}`);
  const [only] = steps;
  return [
    head,
    ...(known?.reason ? [escaped(known.reason)] : []),
    ...(used.length > 0 ? [`Runs in ${used.slice(0, 8).join(", ")}${used.length > 8 ? ", ..." : ""}`] : []),
    ...(known ? parametersText(known) : []),
    ...(steps.length === 1 ? runParts(context.runs?.step(only.graph.name, only.step) ?? null) : []),
  ];
}

function parametersText(text: ClassText): readonly string[] {
  const lines = text.arguments
    .filter((a) => a.name !== "context")
    .map((a) => {
      const after = a.meaning === "" ? "" : `  # ${a.meaning}`;
      return `${a.name}${a.required ? "" : ` = ${a.value ?? "None"}`}${after}`;
    });
  return lines.length === 0 ? [] : [block(lines.slice(0, 12).join("\n"), "python")];
}

/** A code block whose fence is longer than any run of backticks in the text. */
function block(text: string, language = "text"): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}${language}\n${text}\n${fence}`;
}

/** The same within a line. */
function code(text: string): string {
  const line = text.replace(/\s+/g, " ");
  const runs = line.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(1, ...runs.map((run) => run.length + 1)));
  const gap = line.startsWith("`") || line.endsWith("`") ? " " : "";
  return `${fence}${gap}${line}${gap}${fence}`;
}

function escaped(text: string): string {
  return text.replace(/[\\`*_{}[\]<>()#!|~&]/g, "\\$&").replace(/\s+/g, " ");
}
