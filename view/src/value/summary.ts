import { PyBytes, PyObject, PySet, PyTuple, type PyValue, repr, shortRepr, typeName } from "@graphcell/core";
import { formatCount } from "../format";

/** The type of a value, with its size: `list[2×4]`, `dict[3]`, `bytes[12]`, `str`. */
export function typeText(value: PyValue): string {
  const name = typeName(value);
  const sizes = sizesOf(value);
  return sizes ? `${name}[${sizes}]` : name;
}

function sizesOf(value: PyValue): string {
  if (value instanceof Map) return formatCount(value.size);
  if (value instanceof PySet || value instanceof PyTuple) return formatCount(value.items.length);
  if (value instanceof PyBytes) return formatCount(value.data.length);
  if (value instanceof PyObject) {
    const shape = value.fields.get("shape");
    return Array.isArray(shape) ? shape.map((n) => repr(n)).join("×") : "";
  }
  if (!Array.isArray(value)) return "";
  const widths = value.map((row) => (Array.isArray(row) ? row.length : -1));
  const even = widths.length > 0 && widths[0] > 0 && widths.every((w) => w === widths[0]);
  return even ? `${formatCount(value.length)}×${formatCount(widths[0])}` : formatCount(value.length);
}

/** One line of a value as JSON-like text; lists that are long or nested are named by their type. */
export function summaryText(value: PyValue, limit: number): string {
  if (value instanceof Map) {
    const parts: string[] = [];
    let left = limit;
    for (const [key, part] of value) {
      const text = `${typeof key === "string" ? JSON.stringify(key) : repr(key)}: ${innerText(part, left)}`;
      left -= text.length + 2;
      if (left < 0 && parts.length > 0) {
        parts.push("\u2026");
        break;
      }
      parts.push(text);
    }
    return `{${parts.join(", ")}}`;
  }
  return scalarText(value, limit);
}

function innerText(value: PyValue, limit: number): string {
  const nested = value instanceof Map ? value.size > 0 : Array.isArray(value) && value.some(isContainer);
  return nested || (Array.isArray(value) && value.length > 6) ? typeText(value) : scalarText(value, limit);
}

function isContainer(value: PyValue): boolean {
  return Array.isArray(value) || value instanceof Map;
}

/** A value without parts to open, as JSON writes it where JSON can, else as Python's repr. */
export function scalarText(value: PyValue, limit: number): string {
  if (typeof value === "string") {
    const cut = value.length > limit ? `${value.slice(0, Math.max(8, limit))}\u2026` : value;
    return JSON.stringify(cut);
  }
  if (value === null) return "null";
  if (typeof value === "boolean") return String(value);
  return shortRepr(value, Math.max(8, limit));
}

/** Class of a token, for its colour. */
export function tokenClass(value: PyValue): string {
  if (typeof value === "string") return "gc-string";
  if (value === null || typeof value === "boolean") return "gc-word";
  return typeof value === "object" && !("value" in value) ? "gc-plain" : "gc-number";
}
