import { failure } from "../engine/failure";
import { FlowEvent } from "../engine/flowevent";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { flagArgument, optional, required } from "../steps/argument";
import { MapClassStep } from "../steps/functions";
import { str } from "../value/repr";
import type { PyValue } from "../value/value";

/** The steps that MLRun adds behind each model runner, and those of model monitoring. */
function native(work: (event: PyValue) => PyValue): Callable {
  return { name: "do", params: ["event"], flavour: "plain", call: ([event]) => work(event ?? null) };
}

/** `ModelRunnerErrorRaiser`: raises what the models of a runner gave as errors. */
function errorRaiser(init: StepInit): MapClassStep {
  const raises = flagArgument(init, "raise_exception");
  const names = init.args.get("models_names");
  const models = Array.isArray(names) ? names : [];
  const work = native((event) => {
    if (raises && event instanceof FlowEvent) raiseErrors(event.body, models);
    return event;
  });
  return new MapClassStep(init, ["mlrun.serving.states.ModelRunnerErrorRaiser"], work);
}

function raiseErrors(body: PyValue, models: readonly PyValue[]): void {
  if (!(body instanceof Map)) return;
  const errors: (readonly [PyValue, PyValue])[] =
    models.length === 1
      ? [[models[0], body.get("error") ?? null]]
      : [...body].map(([model, one]) => [model, one instanceof Map ? (one.get("error") ?? null) : null]);
  if (errors.every(([, error]) => error === null)) return;
  const text = errors.map(([model, error]) => `${str(model)} ${str(error)}`).join(";\n");
  throw failure("ModelRunnerError", `ModelRunnerError: ${text}`);
}

/** Asks MLRun's service whether the model endpoints are ready; there is none, and the question itself fails. */
function backgroundTaskStatus(init: StepInit): MapClassStep {
  const work = native(() => {
    throw failure("AttributeError", "'NoneType' object has no attribute 'status'");
  });
  return new MapClassStep(init, [`${SYSTEM}BackgroundTaskStatus`], work);
}

const SYSTEM = "mlrun.serving.system_steps.";

/** A step of model monitoring: nothing reaches it where there is no service. */
function behindStatus(name: string, meaning: string, args: StepClass["args"] = []): StepClass {
  const names = [`${SYSTEM}${name}`];
  return {
    names,
    meaning,
    args,
    open: true,
    make: (init) =>
      new MapClassStep(
        init,
        names,
        native((event) => event),
      ),
  };
}

export const RUNNER_SYSTEM_STEPS: readonly StepClass[] = [
  {
    names: ["mlrun.serving.states.ModelRunnerErrorRaiser"],
    meaning: "Raises the errors of a model runner's models.",
    args: [
      required("raise_exception", "Raises the errors; else they stay in the body."),
      required("models_names", "Names of the models."),
    ],
    open: true,
    make: errorRaiser,
  },
  {
    names: [`${SYSTEM}BackgroundTaskStatus`],
    meaning: "Lets events through to model monitoring once the model endpoints are ready.",
    args: [],
    open: true,
    make: backgroundTaskStatus,
  },
  behindStatus("MonitoringPreProcessor", "Makes records for model monitoring."),
  behindStatus("SamplingStep", "Takes a share of the records.", [
    optional("sampling_percentage", "Share of the records in percent."),
  ]),
  behindStatus("MockStreamPusher", "Collects the records in the mock.", [
    optional("output_stream", "Stream to write to."),
  ]),
];
