import { type LanguageContext, cellText, codeOf, stepOf } from "./context";
import type { Diagnostic } from "./diagnostic";
import { offsetAt, rangeAt, textIn } from "./position";
import { flowTopology } from "../model/topology";
import type { Problem, TextFix } from "../model/problem";
import type { ParsedGraph } from "../notebook/parsed";
import type { SourceRange } from "../source";

type Repair = (context: LanguageContext, problem: Problem, graph: ParsedGraph) => readonly (TextFix | null)[];

/** Mechanical remedies by the problem's code; what a rule of the checker offers itself comes before them. */
const REPAIRS: Readonly<Record<string, Repair | undefined>> = {
  "unknown-class": (c, p, g) => [defined(c, p, g, "class")],
  "unknown-handler": (c, p, g) => [defined(c, p, g, "handler")],
  "unknown-function": (c, p, g) => [defined(c, p, g, "function")],
  "class-without-do": (c, p, g) => [withMethod(c, stepOf(g, p.step ?? "")?.className ?? "", "do")],
  "unknown-method": (c, p, g) => {
    const step = stepOf(g, p.step ?? "");
    return [withMethod(c, step?.className ?? "", step?.handler ?? "")];
  },
  loop: (c, _, g) => [isSync(g) ? null : withArgument(c, g.range, "allow_cyclic=True")],
  "no-responder": (c, _, g) => [responding(c, g)],
  "two-responders": (c, p, g) => [notResponding(c, p, g)],
  "responder-sync": (c, p, g) => [notResponding(c, p, g), asynchronous(c, g)],
  "branch-sync": (c, _, g) => [asynchronous(c, g)],
  "two-starts-sync": (c, _, g) => [asynchronous(c, g)],
  "runner-sync": (c, _, g) => [asynchronous(c, g)],
  "error-handler-sync": (c, _, g) => [asynchronous(c, g)],
  "cyclic-sync": (c, _, g) => [asynchronous(c, g)],
  "unknown-engine": (c, _, g) => [asynchronous(c, g)],
  "name-used-twice": (_, p, g) => [renamed(p, g)],
  "step-after-itself": (_, p, g) => [renamed(p, g)],
};

/** The edits that solve a problem, the likeliest first. */
export function fixesOf(context: LanguageContext, { graph, problem }: Diagnostic): readonly TextFix[] {
  const own = problem.fix ? [problem.fix] : [];
  if (problem.code === "module-not-imported") return [...own, ...imported(context, problem)];
  const repair = Object.hasOwn(REPAIRS, problem.code) ? REPAIRS[problem.code] : undefined;
  const made = graph && repair ? repair(context, problem, graph) : [];
  return [...own, ...made.filter((fix) => fix !== null)];
}

function isSync({ graph }: ParsedGraph): boolean {
  return graph.engine === "sync";
}

/** A cell with its index, for ranges in it. */
function cellOf({ cells }: LanguageContext, id: string): { id: string; index: number; text: string } {
  const index = cells.findIndex((cell) => cell.id === id);
  return { id, index, text: cells[index]?.source ?? "" };
}

function insertion(
  context: LanguageContext,
  cellId: string,
  at: number,
  title: string,
  text: string,
): TextFix {
  return { title, range: rangeAt(cellOf(context, cellId), at, at), text };
}

const MODULES: Readonly<Record<string, string | undefined>> = {
  mlrun: "import mlrun",
  storey: "import storey",
  fstore: "import mlrun.feature_store as fstore",
};

function imported(context: LanguageContext, { range }: Problem): readonly TextFix[] {
  const first = context.cells.find(
    (cell) => cell.kind === "code" && !cell.source.trimStart().startsWith("%%"),
  );
  const name = range ? textIn(cellText(context, range.cellId), range) : "";
  const statement = MODULES[/^\w+/.exec(name)?.[0] ?? ""];
  if (!first || statement === undefined) return [];
  return [insertion(context, first.id, 0, `Add "${statement}"`, `${statement}\n`)];
}

/** Defines the class or function that a step names, before the cell in which the graph is set up. */
function defined(
  context: LanguageContext,
  { step }: Problem,
  graph: ParsedGraph,
  role: "class" | "handler" | "function",
): TextFix | null {
  const name = graph.mentions.find((m) => m.role === role && m.step === step && isNew(context, m.name))?.name;
  const cellId = graph.range?.cellId;
  if (name === undefined || cellId === undefined) return null;
  const text =
    role === "class"
      ? `class ${name}:\n    def do(self, event):\n        return event\n\n\n`
      : `def ${name}(event):\n    return event\n\n\n`;
  const at = afterImports(cellText(context, cellId));
  return insertion(
    context,
    cellId,
    at,
    `Define the ${role === "class" ? "class" : "function"} "${name}"`,
    text,
  );
}

function isNew({ parsed }: LanguageContext, name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name) && !parsed.definitions.has(name);
}

/** Offset behind the lines of a cell that begin it: imports, comments, empty lines between them. */
function afterImports(text: string): number {
  let at = 0;
  for (const line of text.match(/[^\n]*\n/g) ?? []) {
    if (!/^(import |from \S+ import [^(]*$|#|\s*$)/.test(line)) break;
    at += line.length;
  }
  return at;
}

function withMethod(context: LanguageContext, className: string, method: string): TextFix | null {
  const definition = codeOf(context.parsed, className);
  if (definition?.kind !== "class" || method === "") return null;
  const { range } = definition;
  const text = cellText(context, range.cellId);
  const whole = textIn(text, range);
  const indent = /\n([ \t]+)\S/.exec(whole)?.[1];
  // A class of one line has no place for a method.
  if (indent === undefined) return null;
  const end = offsetAt(text, range.line, range.column) + whole.trimEnd().length;
  const body = `\n\n${indent}def ${method}(self, event):\n${indent}${indent}return event`;
  return insertion(context, range.cellId, end, `Add ${method}(self, event) to "${className}"`, body);
}

/** An argument more for the call at a range. */
function withArgument(context: LanguageContext, range: SourceRange | null, argument: string): TextFix | null {
  if (!range) return null;
  const text = cellText(context, range.cellId);
  const call = textIn(text, range);
  const inner = /\(\s*([\s\S]*?),?\s*\)$/.exec(call);
  if (!inner || !call.includes("set_topology")) return null;
  const at = offsetAt(text, range.endLine, range.endColumn) - 1;
  const comma = inner[1] === "" ? "" : /,\s*\)$/.test(call) ? " " : ", ";
  return insertion(context, range.cellId, at, `Pass ${argument}`, comma + argument);
}

/** `respond()` at the only last step. */
function responding(context: LanguageContext, graph: ParsedGraph): TextFix | null {
  const { next } = flowTopology(graph.graph.root);
  const last = [...graph.graph.steps.values()].filter(
    (step) => (next.get(step.key) ?? []).length === 0 && step.kind !== "error_step" && step.kind !== "queue",
  );
  const created = last.length === 1 ? graph.origins.get(last[0].key)?.created : null;
  if (!created) return null;
  const text = cellText(context, created.cellId);
  if (!/\)$/.test(textIn(text, created)) || !/\b(to|add_step)\s*\(/.test(textIn(text, created))) return null;
  const at = offsetAt(text, created.endLine, created.endColumn);
  return insertion(context, created.cellId, at, `Let "${last[0].key}" respond`, ".respond()");
}

function notResponding(context: LanguageContext, { step }: Problem, graph: ParsedGraph): TextFix | null {
  const created = graph.origins.get(step ?? "")?.created;
  if (!created) return null;
  const text = cellText(context, created.cellId);
  const from = offsetAt(text, created.endLine, created.endColumn);
  const call = /^\s*\.\s*respond\(\s*\)/.exec(text.slice(from))?.[0];
  if (call === undefined) return null;
  return {
    title: `Take respond() away from "${step ?? ""}"`,
    range: rangeAt(cellOf(context, created.cellId), from, from + call.length),
    text: "",
  };
}

function asynchronous(context: LanguageContext, { range }: ParsedGraph): TextFix | null {
  if (!range) return null;
  const text = cellText(context, range.cellId);
  const engine = /\bengine\s*["']?\s*[=:]\s*(["'])(\w*)\1/.exec(textIn(text, range));
  if (!engine) return null;
  const to = offsetAt(text, range.line, range.column) + engine.index + engine[0].length - 1;
  return {
    title: 'Use the engine "async"',
    range: rangeAt(cellOf(context, range.cellId), to - engine[2].length, to),
    text: "async",
  };
}

/** Another name for the second of two steps that have the same. */
function renamed({ step }: Problem, graph: ParsedGraph): TextFix | null {
  const named = graph.mentions.filter((m) => m.defines && m.exact && m.step === step);
  const last = named[named.length - 1];
  if (!last) return null;
  let n = 2;
  while (graph.graph.steps.has(`${last.name}_${n}`)) n++;
  return { title: `Name it "${last.name}_${n}"`, range: last.range, text: `${last.name}_${n}` };
}
