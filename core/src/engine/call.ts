import type { PyMap, PyValue } from "../value/value";
import type { Answer } from "./loop";
import type { Callable } from "./runtime";
import { RequestContext } from "./snapshot";

/** Bodies that the API handler made are passed as the original body and keyword parameters. */
export function callWithBody(handler: Callable, body: PyValue, kwargs: PyMap | undefined): Answer<PyValue> {
  if (!(body instanceof RequestContext)) return handler.call([body], kwargs);
  return handler.call([body.originalBody], new Map([...body, ...(kwargs ?? [])]));
}
