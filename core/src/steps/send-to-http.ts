import { failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import { type Coro, type Run, wait } from "../engine/loop";
import type { Callable, StepClass, StepInit } from "../engine/runtime";
import { typeName } from "../value/repr";
import { PyBytes, PyObject, type PyValue, isMap } from "../value/value";
import { functionArgument, required } from "./argument";
import { CONCURRENT_ARGS, ConcurrentStep } from "./concurrent";
import { type HttpAnswer, type HttpCall, bodyBytes, hasType, send } from "./http";

/** `storey.SendToHttp`: joins each event with what an HTTP server answers to a request that a function makes of it. */
class SendToHttpStep extends ConcurrentStep<HttpAnswer> {
  private readonly build: Callable;
  private readonly join: Callable;

  constructor(init: StepInit) {
    super(init, ["storey.flow.SendToHttp"]);
    this.build = functionArgument(init, "request_builder");
    this.join = functionArgument(init, "join_from_response");
  }

  protected *work(event: FlowEvent): Coro<HttpAnswer> {
    const request = yield* wait(this.build.call([event]));
    return yield* send(this.context, this.name, callOf(request));
  }

  protected completed(event: FlowEvent, answer: HttpAnswer): Run {
    const response = new PyObject(
      "object",
      new Map<string, PyValue>([
        ["class", "storey.flow.HttpResponse"],
        [
          "attributes",
          new Map<PyValue, PyValue>([
            ["status", answer.status],
            ["body", answer.text],
          ]),
        ],
      ]),
    );
    return this.callThen(this.join, [event.body, response], (joined) =>
      joined === null ? undefined : this.emit(this.mapped(event, joined)),
    );
  }
}

/** A `storey.HttpRequest`, as the kernel describes it. */
function callOf(request: PyValue): HttpCall {
  const attributes = request instanceof PyObject ? request.fields.get("attributes") : null;
  if (attributes === undefined || !isMap(attributes)) {
    throw failure("AttributeError", `'${typeName(request)}' object has no attribute 'method'`);
  }
  const text = (name: string): string => {
    const value = attributes.get(name);
    return typeof value === "string" ? value : "";
  };
  const given = attributes.get("headers");
  const headers = new Map(given !== undefined && isMap(given) ? given : []);
  const body = attributes.get("body") ?? null;
  if (body !== null && typeof body !== "string" && !(body instanceof PyBytes)) {
    throw failure("RuntimeError", "SendToHttp can send a text or bytes in a simulation");
  }
  if (body !== null && !hasType(headers.keys())) {
    const type = typeof body === "string" ? "text/plain; charset=utf-8" : "application/octet-stream";
    headers.set("Content-Type", type);
  }
  return {
    method: text("method"),
    url: text("url"),
    headers,
    body: body === null ? null : bodyBytes(body),
    timeoutMs: null,
  };
}

export const SEND_TO_HTTP_STEPS: readonly StepClass[] = [
  {
    names: ["storey.SendToHttp", "storey.flow.SendToHttp"],
    meaning: "Joins events with what an HTTP server answers.",
    args: [
      required("request_builder", "Function of the event that makes a storey.HttpRequest."),
      required(
        "join_from_response",
        "Function of body and response that makes the new body; None drops the event.",
      ),
      ...CONCURRENT_ARGS,
    ],
    open: true,
    make: (init) => new SendToHttpStep(init),
  },
];
