import { isMap } from "../../value/value";
import { pairOf } from "../endpoints";
import type { Step } from "../graph";
import type { TextFix } from "../problem";
import { type Finding, type FlowView, type NamedThing, type Rule, meant, nearest, stepsOf } from "./rule";

/** Rules about the classes and functions that steps name. */
export const NAME_RULES: readonly Rule[] = [
  { code: "missing-handler", severity: "error", find: missingHandler },
  { code: "unknown-class", severity: "error", find: unknownClass },
  { code: "unknown-handler", severity: "error", find: unknownHandler },
  { code: "unknown-method", severity: "error", find: unknownMethod },
  { code: "class-without-do", severity: "error", find: classWithoutDo },
  { code: "unknown-function", severity: "error", find: unknownFunction },
  { code: "unclosed-expression", severity: "error", find: unclosedExpression },
];

const RUNS_CODE = new Set(["task", "error_step", "router", "monitoring_application", "model_runner"]);

function* codeSteps(at: FlowView): Generator<readonly [string, Step]> {
  if (at.flow.kind === "router") yield [at.flow.name, at.flow];
  for (const [name, step] of stepsOf(at)) if (RUNS_CODE.has(step.kind)) yield [name, step];
}

/** The text leaves open what the step runs: nothing to complain about. */
function isOpen(at: FlowView, name: string): boolean {
  return (at.context.parsed?.unknowns ?? []).some(
    (u) => u.step === name && /^(class_name|handler|call|condition|loop)/.test(u.what),
  );
}

/** True, false, or null when nothing is known of the notebook's names. */
function isDefined(at: FlowView, name: string): boolean | null {
  const { notebook, kernelNames, scriptNames } = at.context;
  if (notebook?.definitions.has(name) || kernelNames?.has(name) || scriptNames?.has(name)) return true;
  if (!notebook && !kernelNames) return null;
  return notebook?.openNamespace ? null : false;
}

function namesIn(at: FlowView, kinds: readonly string[]): readonly string[] {
  const { notebook, kernelNames, scriptNames } = at.context;
  if (scriptNames && scriptNames.size > 0) return [...scriptNames];
  const written = [...(notebook?.definitions ?? [])]
    .filter(([, d]) => kinds.includes(d.kind))
    .map(([n]) => n);
  return written.length > 0 ? written : [...(kernelNames ?? [])];
}

function* missingHandler(at: FlowView): Generator<Finding> {
  for (const [name, step] of codeSteps(at)) {
    if (step.kind === "router" || step.kind === "model_runner" || isOpen(at, name)) continue;
    const callable = step.field("handler") ?? step.field("class_name") ?? null;
    if (step.className !== null || step.handler !== null || (callable !== null && callable !== "")) continue;
    yield {
      step: name,
      message: `Step "${name}" names neither a class nor a handler.`,
      remedy: "Give it a class_name or a handler.",
    };
  }
}

const LIBRARY = /^(mlrun|storey)\./;

function* unknownClass(at: FlowView): Generator<Finding> {
  for (const [name, step] of codeSteps(at)) {
    if (isOpen(at, name)) continue;
    if (step.className !== null && step.kind !== "model_runner") {
      yield* checkClass(at, name, step.className, `Step "${name}"`);
    }
    if (step.kind === "model_runner") yield* modelClasses(at, name, step);
  }
}

function* modelClasses(at: FlowView, name: string, step: Step): Generator<Finding> {
  const models = step.classArgs.get("models");
  if (!isMap(models)) return;
  for (const [model, entry] of models) {
    const [className] = pairOf(entry);
    if (typeof className === "string") {
      yield* checkClass(at, name, className, `The model "${String(model)}" of "${name}"`);
    }
  }
}

function* checkClass(at: FlowView, name: string, className: string, subject: string): Generator<Finding> {
  if (className === "$remote" || className.startsWith("hub://")) return;
  const dotted = className.includes(".");
  const found = dotted ? libraryHas(at, className) : isDefined(at, className);
  if (found !== false) return;
  const kinds = ["class", "import", "variable"];
  yield {
    step: name,
    message: dotted
      ? `${subject} uses the class "${className}", which the library does not have.`
      : `${subject} uses the class "${className}", which is not defined.`,
    remedy: dotted
      ? "Check its name in the library's documentation."
      : meant(className, namesIn(at, kinds), "Define or import it in a cell before the graph is run."),
    ...fixOf(at, name, className, dotted ? null : nearest(className, namesIn(at, kinds))),
  };
}

/** Only names of mlrun and storey are looked up; others may be importable in the kernel. */
function libraryHas(at: FlowView, className: string): boolean | null {
  const { isLibraryClass } = at.context;
  return isLibraryClass && LIBRARY.test(className) ? isLibraryClass(className) : null;
}

function* unknownHandler(at: FlowView): Generator<Finding> {
  for (const [name, step] of codeSteps(at)) {
    const { handler } = step;
    if (handler === null || step.className !== null || step.kind === "router" || isOpen(at, name)) continue;
    if (handler.startsWith("(") || handler.includes(".") || isDefined(at, handler) !== false) continue;
    const functions = namesIn(at, ["function", "lambda", "import", "variable"]);
    yield {
      step: name,
      message: `Step "${name}" runs the function "${handler}", which is not defined.`,
      remedy: meant(handler, functions, "Define or import it in a cell before the graph is run."),
      ...fixOf(at, name, handler, nearest(handler, functions)),
    };
  }
}

/** The class when the notebook has all of it: no bases that could bring other methods. */
function wholeClass(at: FlowView, className: string | null): NamedThing | null {
  const found = className === null ? undefined : at.context.notebook?.definitions.get(className);
  if (found?.kind !== "class" || found.members === undefined) return null;
  return (found.bases ?? []).every((base) => base === "object") ? found : null;
}

function* unknownMethod(at: FlowView): Generator<Finding> {
  for (const [name, step] of codeSteps(at)) {
    const { className, handler } = step;
    const members = wholeClass(at, className)?.members;
    if (handler === null || members === undefined || members.includes(handler)) continue;
    if (members.includes("__getattr__")) continue;
    yield {
      step: name,
      message: `Step "${name}" calls the method "${handler}", which the class "${className}" does not have.`,
      remedy: meant(handler, members, "Use a method of the class, or leave handler out for do()."),
    };
  }
}

function* classWithoutDo(at: FlowView): Generator<Finding> {
  for (const [name, step] of codeSteps(at)) {
    if (step.handler !== null || step.kind === "router" || step.kind === "model_runner") continue;
    const members = wholeClass(at, step.className)?.members;
    if (members === undefined || ["do", "do_event", "__getattr__"].some((m) => members.includes(m))) continue;
    yield {
      step: name,
      message: `The class "${step.className}" of step "${name}" has no method do or do_event.`,
      remedy: "Add do(self, event) to it, or pass handler= with the method to call.",
    };
  }
}

/** Arguments that start with an underscore name functions. */
function* functionArguments(at: FlowView): Generator<readonly [string, string, string]> {
  for (const [name, step] of codeSteps(at)) {
    if (isOpen(at, name)) continue;
    for (const [argument, value] of step.classArgs) {
      if (typeof argument === "string" && argument.startsWith("_") && typeof value === "string") {
        yield [name, argument, value];
      }
    }
  }
}

function* unknownFunction(at: FlowView): Generator<Finding> {
  for (const [name, argument, value] of functionArguments(at)) {
    if (value.startsWith("(") || value.includes(".") || isDefined(at, value) !== false) continue;
    yield {
      step: name,
      message: `Argument ${argument} of step "${name}" names the function "${value}", which is not defined.`,
      remedy: meant(
        value,
        namesIn(at, ["function", "lambda", "import", "variable"]),
        "Define or import it in a cell before the graph is run.",
      ),
    };
  }
}

function* unclosedExpression(at: FlowView): Generator<Finding> {
  const finding = (step: string, what: string, text: string): Finding => ({
    step,
    message: `${what} of step "${step}" is the expression ${text}, which has no closing parenthesis at its end.`,
    remedy: 'Write an expression in parentheses, for example "(event * 2)".',
  });
  const open = (text: string): boolean => text.startsWith("(") && !text.endsWith(")");
  for (const [name, step] of codeSteps(at)) {
    if (step.className === null && step.handler !== null && open(step.handler)) {
      yield finding(name, "The handler", step.handler);
    }
  }
  for (const [name, argument, value] of functionArguments(at)) {
    if (open(value)) yield finding(name, `Argument ${argument}`, value);
  }
}

/** Replaces the name where it is written, in the quotes that it has. */
function fixOf(at: FlowView, step: string, name: string, by: string | null): { fix?: TextFix } {
  const range = at.context.parsed?.origins.get(step)?.reference;
  if (by === null || !range || range.line !== range.endLine) return {};
  const width = range.endColumn - range.column;
  if (width !== name.length && width !== name.length + 2) return {};
  const text = width === name.length ? by : `"${by}"`;
  return { fix: { title: `Change it to "${by}"`, range, text } };
}
