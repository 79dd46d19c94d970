import { PyObject, type PyValue } from "../value/value";

/** `context.Response(...)` */
export function response(body: PyValue, status: number, contentType = "text/plain"): PyObject {
  return new PyObject(
    "Response",
    new Map<string, PyValue>([
      ["status_code", status],
      ["content_type", contentType],
      ["headers", new Map<PyValue, PyValue>()],
      ["body", body],
    ]),
  );
}
