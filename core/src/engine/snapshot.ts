import { PyDict } from "../value/dict";
import { PyObject, PySet, PyTextEnum, PyTuple, type PyValue } from "../value/value";

/** A dict that the API handler made: called handlers get its parameters as keywords. */
export class RequestContext extends Map<PyValue, PyValue> {
  constructor(
    entries: Iterable<readonly [PyValue, PyValue]>,
    readonly originalBody: PyValue,
  ) {
    super(entries);
  }
}

/** Stands where a value contains itself. */
export const CYCLE = new PyObject("cycle");

/** Stands where a value is nested too deep to be told. */
const DEEP = new PyObject("deep");
/** Levels that are copied: fewer than values in wire form may have. */
const DEEPEST = 200;

/**
 * The value as it is now, free of live objects: containers are copied, events and the like become their described
 * form, and what contains itself becomes `{"$type": "cycle"}` where it does.
 */
export function snapshot(value: PyValue): PyValue {
  if (value === null || typeof value !== "object") return value;
  return take(value, new Set());
}

function take(v: PyValue, open: Set<PyValue>): PyValue {
  if (v === null || typeof v !== "object") return v;
  if (open.has(v)) return CYCLE;
  if (open.size >= DEEPEST) return DEEP;
  if (Array.isArray(v)) return within(v, open, () => v.map((x) => take(x, open)));
  if (v instanceof RequestContext) return within(v, open, () => requestContext(v, open));
  if (v instanceof Map) {
    return within(v, open, () => {
      const to = v instanceof PyDict ? new PyDict() : new Map<PyValue, PyValue>();
      for (const [k, x] of v) to.set(k, take(x, open));
      return to;
    });
  }
  if (v instanceof PyTuple) {
    return within(
      v,
      open,
      () =>
        new PyTuple(
          v.items.map((x) => take(x, open)),
          v.named,
        ),
    );
  }
  if (v instanceof PyTextEnum) return v.value;
  if (v instanceof PySet || !(v instanceof PyObject)) return v;
  if (v.fields.size === 0) return v;
  return within(v, open, () => {
    const fields = new Map<string, PyValue>();
    for (const [name, x] of v.fields) fields.set(name, take(x, open));
    return new PyObject(v.type, fields, v.handle);
  });
}

function within(v: PyValue, open: Set<PyValue>, make: () => PyValue): PyValue {
  open.add(v);
  try {
    return make();
  } finally {
    open.delete(v);
  }
}

function requestContext(v: RequestContext, open: Set<PyValue>): PyValue {
  const params = new Map<PyValue, PyValue>();
  for (const [k, x] of v) params.set(k, take(x, open));
  return new PyObject(
    "RequestContext",
    new Map<string, PyValue>([
      ["original_body", take(v.originalBody, open)],
      ["params", params],
    ]),
  );
}
