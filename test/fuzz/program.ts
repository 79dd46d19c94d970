import { PIECES } from "./library";

/** One step of a random program, as it is written down: all values are texts of Python. */
export interface StepSpec {
  readonly name: string;
  /** Class of the step, null for a function alone. */
  readonly className: string | null;
  readonly handler: string | null;
  /** Fields of the step: `full_event`, `input_path`, `result_path`, `function`, ... */
  readonly fields: Readonly<Record<string, string>>;
  readonly classArgs: Readonly<Record<string, string>>;
  readonly after: readonly string[];
  readonly responder: boolean;
  readonly routes: readonly RouteSpec[];
  readonly models: readonly ModelSpec[];
  readonly cycleTo: string | null;
  readonly maxIterations: number | null;
  /** Name of the step that takes its errors. */
  readonly onError: HandlerSpec | null;
}

export interface RouteSpec {
  readonly key: string;
  readonly className: string | null;
  readonly handler: string | null;
  readonly classArgs: Readonly<Record<string, string>>;
}

export interface ModelSpec {
  readonly key: string;
  readonly className: string;
  readonly mechanism: string;
  readonly params: Readonly<Record<string, string>>;
}

export interface HandlerSpec {
  readonly name: string;
  readonly handler: string;
  readonly fullEvent: boolean;
  readonly before: readonly string[];
}

export interface EventSpec {
  readonly body: string | null;
  readonly fields: Readonly<Record<string, string>>;
}

/** A random program: a serving function's graph, and events for its mock server. */
export interface Program {
  readonly topology: "flow" | "router";
  readonly engine: "async" | "sync" | null;
  readonly cyclic: { readonly maxIterations: number | null } | null;
  readonly steps: readonly StepSpec[];
  readonly graphHandler: HandlerSpec | null;
  readonly events: readonly EventSpec[];
  readonly errorStream: boolean;
  readonly currentFunction: string | null;
  /** More lines about the function, before the events. */
  readonly extra: readonly string[];
}

/** The program's text, with the functions and classes that it names. */
export function sourceOf(program: Program): string {
  const body = [...graphLines(program), ...program.extra, eventsLine(program), ...mockLines(program)];
  const pieces = usedPieces(body.join("\n"));
  const imports = new Set(["import mlrun", "import mlrun.serving", "import storey"]);
  for (const piece of pieces) for (const line of piece.imports ?? []) imports.add(line);
  const parts = [[...imports].sort().join("\n"), ...pieces.map((piece) => piece.text), body.join("\n")];
  return `${parts.join("\n\n\n")}\n`;
}

function usedPieces(text: string): { readonly text: string; readonly imports?: readonly string[] }[] {
  const words = new Set(text.match(/\w+/g) ?? []);
  return Object.entries(PIECES)
    .filter(([name]) => words.has(name) && text.includes(`"${name}"`))
    .map(([, piece]) => piece);
}

function graphLines(program: Program): string[] {
  const lines = ['fn = mlrun.new_function("f", kind="serving")'];
  if (program.topology === "router") {
    const [router] = program.steps;
    const name = router.className?.slice(1) ?? "";
    const given = name === "" ? "" : `, ${quoted(name)}`;
    lines.push(`graph = fn.set_topology("router"${given}${args(router.classArgs)}${args(router.fields)})`);
    return [...lines, ...router.routes.map((route) => routeLine("graph", route))];
  }
  const options = [
    ...(program.engine === null ? [] : [`engine=${quoted(program.engine)}`]),
    ...(program.cyclic === null ? [] : ["allow_cyclic=True"]),
    ...(program.cyclic?.maxIterations ? [`max_iterations=${program.cyclic.maxIterations}`] : []),
  ];
  lines.push(`graph = fn.set_topology(${['"flow"', ...options].join(", ")})`);
  for (const step of program.steps) lines.push(...stepLines(step));
  for (const step of program.steps) {
    if (step.cycleTo !== null) lines.push(`${variable(step)}.cycle_to([${quoted(step.cycleTo)}])`);
    if (step.responder) lines.push(`${variable(step)}.respond()`);
    if (step.onError !== null) lines.push(handlerLine(variable(step), step.onError));
  }
  if (program.graphHandler !== null) lines.push(handlerLine("graph", program.graphHandler));
  return lines;
}

function stepLines(step: StepSpec): string[] {
  const own = variable(step);
  const after = step.after.length === 0 ? "" : `, after=[${step.after.map(quoted).join(", ")}]`;
  const limit = step.maxIterations === null ? "" : `, max_iterations=${step.maxIterations}`;
  if (step.models.length > 0 || step.className === "ModelRunnerStep") {
    const made = `${own}_runner = mlrun.serving.ModelRunnerStep(name=${quoted(step.name)}${args(step.classArgs)})`;
    const models = step.models.map(
      (model) =>
        `${own}_runner.add_model(${quoted(model.key)}, model_class=${quoted(model.className)}, execution_mechanism=${quoted(model.mechanism)}${args(model.params)})`,
    );
    return [made, ...models, `${own} = graph.add_step(${own}_runner${after})`];
  }
  const what = step.className === null ? "" : `${quoted(step.className)}, `;
  const handler = step.handler === null ? "" : `, handler=${quoted(step.handler)}`;
  const line = `${own} = graph.add_step(${what}name=${quoted(step.name)}${handler}${after}${limit}${args(step.fields)}${args(step.classArgs)})`;
  return [line, ...step.routes.map((route) => routeLine(own, route))];
}

function routeLine(router: string, route: RouteSpec): string {
  const what = route.className === null ? "" : `, class_name=${quoted(route.className)}`;
  const handler = route.handler === null ? "" : `, handler=${quoted(route.handler)}`;
  return `${router}.add_route(${quoted(route.key)}${what}${handler}${args(route.classArgs)})`;
}

function handlerLine(owner: string, handler: HandlerSpec): string {
  const before = handler.before.length === 0 ? "" : `, before=[${handler.before.map(quoted).join(", ")}]`;
  const full = handler.fullEvent ? ", full_event=True" : "";
  return `${owner}.error_handler(name=${quoted(handler.name)}, handler=${quoted(handler.handler)}${full}${before})`;
}

function eventsLine(program: Program): string {
  const events = program.events.map((event) => {
    const body = event.body === null ? [] : [`"body": ${event.body}`];
    const fields = Object.entries(event.fields).map(([name, value]) => `"${name}": ${value}`);
    return `    {${[...body, ...fields].join(", ")}},`;
  });
  return `EVENTS = [\n${events.join("\n")}\n]`;
}

function mockLines(program: Program): string[] {
  const options = [
    ...(program.errorStream ? ['"error_stream": "dummy://"'] : []),
    ...(program.currentFunction === null ? [] : [`"current_function": ${quoted(program.currentFunction)}`]),
  ];
  return options.length === 0 ? [] : [`MOCK_KW = {${options.join(", ")}}`];
}

function variable(step: StepSpec): string {
  return `s_${step.name.replaceAll(/\W/g, "_")}`;
}

function args(given: Readonly<Record<string, string>>): string {
  return Object.entries(given)
    .map(([name, value]) => `, ${name}=${value}`)
    .join("");
}

export function quoted(text: string): string {
  return JSON.stringify(text);
}
