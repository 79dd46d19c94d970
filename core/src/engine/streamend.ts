import { copyForBranch } from "./branch";
import { asFailure } from "./failure";
import { StreamCompletion } from "./flowevent";
import type { FlowStep } from "./flowstep";
import type { Coro, Run } from "./loop";

/** Hands a stream's end to all outlets of a step, as it hands on events: the first one runs at once. */
export function emitStreamEnd(step: FlowStep, completion: StreamCompletion): Run {
  const { context, outlets } = step;
  context.trace?.streamEnd(step.traceName, completion.error);
  if (outlets.length === 0) return undefined;
  return outlets.length === 1 ? outlets[0].enterStreamEnd(completion) : fanOut(step, completion);
}

function* fanOut({ context, outlets }: FlowStep, completion: StreamCompletion): Coro {
  const tasks = outlets.slice(1).map((outlet) => {
    const { streamingStep, original, error } = completion;
    const copied = new StreamCompletion(streamingStep, copyForBranch(original), error);
    return context.loop.spawn(enterLater(outlet, copied));
  });
  const rest = outlets[0].enterStreamEnd(completion);
  if (rest) yield rest;
  for (const task of tasks) yield task.done;
}

function* enterLater(step: FlowStep, completion: StreamCompletion): Coro {
  const rest = step.enterStreamEnd(completion);
  if (rest) yield rest;
}

/** `_do_and_recover` with the end of a stream in the place of an event. */
export function enterStreamEnd(step: FlowStep, completion: StreamCompletion): Run {
  try {
    const rest = take(step, completion);
    return rest && guard(step, completion, rest);
  } catch (error) {
    return failed(step, completion, error);
  }
}

function* guard(step: FlowStep, completion: StreamCompletion, rest: Coro): Coro {
  try {
    yield rest;
  } catch (error) {
    const handling = failed(step, completion, error);
    if (handling) yield handling;
  }
}

function take(step: FlowStep, completion: StreamCompletion): Run {
  step.context.trace?.streamEndIn(step.traceName);
  try {
    const rest = step.onStreamEnd(completion);
    return rest && watch(step, rest);
  } catch (error) {
    throw step.noted(error);
  }
}

function* watch(step: FlowStep, rest: Coro): Coro {
  try {
    yield rest;
  } catch (error) {
    throw step.noted(error);
  }
}

function failed(step: FlowStep, completion: StreamCompletion, error: unknown): Run {
  const ex = asFailure(error);
  if (ex.raisedBy !== null) throw ex;
  ex.raisedBy = step.name;
  const handler = step.recoveryFor(ex);
  if (handler === null) return unrecovered(step, completion, ex);
  try {
    const rest = take(handler, completion);
    return rest && guardHandler(step, completion, handler, rest);
  } catch (raised) {
    return handlerFailed(step, completion, handler, raised);
  }
}

function* guardHandler(step: FlowStep, completion: StreamCompletion, handler: FlowStep, rest: Coro): Coro {
  try {
    yield rest;
  } catch (error) {
    handlerFailed(step, completion, handler, error);
  }
}

function handlerFailed(
  step: FlowStep,
  completion: StreamCompletion,
  handler: FlowStep,
  error: unknown,
): never {
  const ex = asFailure(error);
  ex.raisedBy ??= handler.name;
  return unrecovered(step, completion, ex);
}

/** Who would tell the caller looks for the caller at the stream's end, which has none. */
function unrecovered(step: FlowStep, completion: StreamCompletion, error: unknown): never {
  if (step.endsErrors) completion.lacks("_awaitable_result");
  throw error;
}
