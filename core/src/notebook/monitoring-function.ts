import { FunctionBuilder } from "../model/function-builder";
import { StepBuilder } from "../model/builder";
import { PyRaise } from "../value/raise";
import type { PyValue } from "../value/value";
import type { Building } from "./building";
import type { FunctionHost } from "./function-host";
import { type PreparedCall, prepareCall } from "./step-call";
import { type Arg, type CallArgs, Datum, NONE, type Place, type Val } from "./values";

/** Parameters of `set_model_monitoring_function`; what else is given goes to the application's class. */
const PARAMETERS = [
  "name",
  "func",
  "application_class",
  "image",
  "handler",
  "with_repo",
  "tag",
  "requirements",
  "requirements_file",
  "local_path",
  "otlp_enabled",
] as const;

const STEPS = "mlrun.model_monitoring.applications._application_steps.";

/** Names of MLRun's own monitoring functions. */
const RESERVED = [
  "model-monitoring-stream",
  "model-monitoring-controller",
  "model-monitoring-writer",
  "mlrun-infra",
];
/** What MLRun puts behind the name of a function that runs as a job. */
const JOB_SUFFIX = "-batch";

export interface MonitoringCall {
  readonly args: CallArgs;
  readonly at: Place;
}

/** An argument of `set_model_monitoring_function`, by position or name. */
export function monitoringArgument(args: CallArgs, name: (typeof PARAMETERS)[number]): Arg | null {
  return args.positional[PARAMETERS.indexOf(name)] ?? args.keyword.get(name) ?? null;
}

/**
 * Puts the graph around a model-monitoring application that MLRun puts there: events are prepared, go to the
 * application, and its results to the writer.
 */
export function buildMonitoringGraph(
  fn: FunctionHost,
  { args, at }: MonitoringCall,
  project: Val,
  building: Building,
): void {
  building.attempt(
    at,
    () => {
      const name = monitoringArgument(args, "name") ?? { value: NONE, at };
      refuse(name.value);
      const monitored = new MonitoringGraph(fn.setUp(at), at, building);
      monitored.add({ className: "_PrepareMonitoringEvent", name: "PrepareMonitoringEvent" }, [
        ["application_name", name],
      ]);
      const app = monitored.application(args);
      const owner: NamedArg = ["project", { value: project, at }];
      monitored.add({ className: "_PushToMonitoringWriter", name: "PushToMonitoringWriter" }, [owner]);
      if (isTrue(monitoringArgument(args, "otlp_enabled")?.value)) monitored.telemetry(app);
      monitored.handler([owner, ["application_name", name]], app.name);
    },
    undefined,
  );
}

type NamedArg = readonly [name: string, arg: Arg];

/** Steps in a row, all made by one call of the notebook. */
class MonitoringGraph {
  private last: StepBuilder;

  constructor(
    private readonly root: StepBuilder,
    private readonly at: Place,
    private readonly building: Building,
  ) {
    this.last = root;
  }

  add(step: { readonly className: string; readonly name: string }, given: readonly NamedArg[]): StepBuilder {
    const call = this.prepare(given);
    const className = step.className.startsWith("_") ? STEPS + step.className : step.className;
    const made = this.last.to([], { class_name: className, name: step.name, ...entries(call) });
    return this.note(made, call);
  }

  /** The application's own step: what `.to()` makes of its class, as a step of another kind. */
  application(args: CallArgs): StepBuilder {
    const chosen = monitoringArgument(args, "application_class");
    const own = new Set<string>(PARAMETERS);
    const given: NamedArg[] = [...args.keyword].filter(([name]) => !own.has(name));
    const byName = chosen?.value instanceof Datum;
    const call = this.prepare([
      ...(chosen ? [["class_name", chosen] as const] : []),
      ...(byName ? given : []),
    ]);
    const plain = new FunctionBuilder().setTopology(["flow"]).to([], entries(call));
    const fields = Object.fromEntries(
      ["class_name", "class_args", "handler", "name"].map((field) => [field, plain.getAttribute(field)]),
    );
    const made = this.last.to([StepBuilder.construct("MonitoringApplicationStep", [], fields)]);
    return this.note(made, call, true);
  }

  /** OpenTelemetry beside the writer. */
  telemetry(app: StepBuilder): void {
    this.last = app;
    this.add({ className: "_PrepareOTelEvent", name: "PrepareOTelEvent" }, []);
    const file: Arg = { value: new Datum("file"), at: this.at };
    this.add({ className: "mlrun.serving.OTelMetricsExporter", name: "OTelMetricsExporter" }, [
      ["headers_source", file],
    ]);
  }

  handler(given: readonly NamedArg[], app: string | null): void {
    const call = this.prepare(given);
    this.root.errorHandler([], {
      class_name: `${STEPS}_ApplicationErrorHandler`,
      name: "ApplicationErrorHandler",
      full_event: true,
      ...entries(call),
      user_step_name: app,
    });
    const made = this.root.children.get("ApplicationErrorHandler");
    if (made) this.note(made, call);
  }

  private prepare(given: readonly NamedArg[]): PreparedCall {
    return prepareCall("to", { positional: [], keyword: new Map(given), open: null }, this.at);
  }

  private note(step: StepBuilder, call: PreparedCall, written = false): StepBuilder {
    // Only the application's class is a text of the notebook: the other steps have no words there.
    const reference = written ? call.origin.reference : null;
    this.building.created(step, { created: this.at, reference, name: null });
    call.note(this.building, step);
    return (this.last = step);
  }
}

function entries(call: PreparedCall) {
  return Object.fromEntries(call.keyword);
}

function refuse(name: Val): void {
  const text: PyValue = name instanceof Datum ? name.value : null;
  if (typeof text !== "string") return;
  if (RESERVED.includes(text)) {
    const names = RESERVED.map((reserved) => `'${reserved}'`).join(", ");
    throw new PyRaise("MLRunValueError", `An application cannot have the following names: [${names}]`);
  }
  if (text.endsWith(JOB_SUFFIX)) {
    const message = `Model monitoring application names cannot end with \`${JOB_SUFFIX}\``;
    throw new PyRaise("MLRunValueError", message);
  }
}

function isTrue(value: Val | undefined): boolean {
  return value instanceof Datum && value.value === true;
}
