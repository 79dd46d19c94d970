import { shortRepr, sizeOf } from "../value/bounded";
import { typeName } from "../value/repr";
import { PyObject, type PyValue } from "../value/value";
import { wireText } from "../value/wire";
import type { Preview } from "./trace";

/** Characters of the one-line text of a preview. */
const LINE = 400;

/** The bounded look at a value; `bytes` bounds its JSON. Never throws, also for values that contain themselves. */
export function previewOf(value: PyValue, bytes: number): Preview {
  const size = sizeOf(value, bytes);
  const fits = size <= bytes;
  return {
    type: typeName(value),
    text: shortRepr(value, LINE),
    json: fits ? wireText(value) : null,
    ...bundleOf(value),
    size: sizeTold(value) ?? (fits ? size : null),
    cut: !fits || isCut(value),
    handle: value instanceof PyObject ? value.handle : null,
  };
}

/** Pictures, tables and the like that the kernel made of its object: text by MIME type. */
function bundleOf(value: PyValue): { bundle?: Readonly<Record<string, string>> } {
  const given = value instanceof PyObject ? value.fields.get("bundle") : undefined;
  if (!(given instanceof Map)) return {};
  const bundle: Record<string, string> = {};
  for (const [mime, text] of given)
    if (typeof mime === "string" && typeof text === "string") bundle[mime] = text;
  return { bundle };
}

function sizeTold(value: PyValue): number | null {
  const told = value instanceof PyObject ? value.fields.get("size") : undefined;
  return typeof told === "number" ? told : null;
}

function isCut(value: PyValue): boolean {
  return value instanceof PyObject && value.fields.get("cut") === true;
}
