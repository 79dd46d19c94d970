import { PyRaise } from "../value/raise";
import { PyObject, type PyValue } from "../value/value";
import type { Raised } from "./event";

/** HTTP status of MLRun's own errors, by class name. */
const STATUS: Readonly<Record<string, number>> = {
  MLRunHTTPStatusError: 500,
  MLRunUnauthorizedError: 401,
  MLRunAccessDeniedError: 403,
  MLRunNotFoundError: 404,
  MLRunPaginationEndOfResultsError: 404,
  MLRunBadRequestError: 400,
  MLRunInvalidArgumentError: 400,
  MLRunInvalidArgumentTypeError: 400,
  MLRunModelLimitExceededError: 400,
  MLRunValueError: 400,
  MLRunFatalFailureError: 500,
  MLRunMethodNotAllowedError: 405,
  MLRunConflictError: 409,
  MLRunPreconditionFailedError: 412,
  MLRunUnprocessableEntityError: 422,
  MLRunTooManyRequestsError: 429,
  MLRunInternalServerError: 500,
  MLRunRuntimeError: 500,
  MLRunMissingDependencyError: 500,
  MLRunMissingProjectError: 500,
  MLRunTimeoutError: 504,
  MLRunServiceUnavailableError: 503,
  MLRunNotImplementedServerError: 501,
};

/** Bases of the exceptions that the engine itself tells apart. */
const BASES: Readonly<Record<string, string>> = {
  MLRunValueError: "ValueError",
  MLRunInvalidArgumentError: "ValueError",
  MLRunInvalidArgumentTypeError: "TypeError",
};

/** A Python exception on its way through the steps. */
export class Failure extends PyRaise {
  /** Name of the step that raised it; steps above leave it alone (`_raised_by_storey_step`). */
  raisedBy: string | null = null;
  /** Its `raise` is in the trace already. */
  seen = false;
  private object: PyObject | null = null;

  constructor(readonly raised: Raised) {
    super(raised.class, raised.message, raised.cause);
  }

  /** The exception object, as handlers see it in `event.error`. */
  get value(): PyObject {
    this.object ??= exceptionValue(this.raised);
    return this.object;
  }

  /** HTTP status that MLRun answers with. */
  get status(): number {
    return this.raised.statusCode ?? STATUS[this.className] ?? 400;
  }

  /** `copy.copy(exception)`: another exception without its cause. */
  copied(): Failure {
    const { cause: _cause, ...rest } = this.raised;
    return new Failure(rest);
  }

  isA(className: string): boolean {
    return (
      this.className === className ||
      BASES[this.className] === className ||
      (this.raised.mro ?? []).some((name) => name === className || name.endsWith(`.${className}`))
    );
  }
}

/** An exception that the engine raises, with its class and text as Python has them. */
export function failure(
  className: string,
  message: string,
  cause?: { readonly class: string; readonly message: string },
): Failure {
  return new Failure({ class: className, message, ...(cause ? { cause } : {}) });
}

/** What was thrown, as a Python exception; an error of the engine itself goes on as it is. */
export function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof PyRaise) return failure(error.className, error.message, error.cause);
  throw error;
}

/** The longest message and cause that an exception's described form carries. */
const MESSAGE = 600;
const CAUSE = 300;

export function exceptionValue(raised: Raised): PyObject {
  const fields = new Map<string, PyValue>([
    ["class", raised.class],
    ["message", raised.message.slice(0, MESSAGE)],
  ]);
  if (raised.cause) {
    const { class: name, message } = raised.cause;
    fields.set(
      "cause",
      new Map([
        ["class", name],
        ["message", message.slice(0, CAUSE)],
      ]),
    );
  }
  return new PyObject("exception", fields);
}

/** MLRun's `err_to_str`: the message and those of the causes; the repr where there is no message. */
export function errorText(raised: Raised): string {
  const texts = [raised.message || (raised.repr ?? `${raised.class}()`)];
  if (raised.cause) texts.push(raised.cause.message || `${raised.cause.class}()`);
  const text = texts.join(", caused by: ");
  return text.length > 32000 ? `${text.slice(0, 16000)}...truncated...${text.slice(-16000)}` : text;
}
