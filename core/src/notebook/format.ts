import { floatRepr } from "../value/number";
import { repr, str } from "../value/repr";
import { type PyValue, asNumber, isFloat, isInt, isNumber } from "../value/value";
import { Mapping, Sequence, type Val, toData } from "./values";

/** `format(value, spec)` for the usual specs; null for those that are not known here. */
export function formatValue(value: PyValue, spec: string): string | null {
  if (spec === "") return str(value);
  const match = /^(?:(.)?([<>=^]))?([+\- ])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-zA-Z%])?$/u.exec(spec);
  if (!match) return null;
  const [, fill, align, sign, , zero, width, group, precision, type] = match;
  const body = formatBody(value, type ?? "", precision === undefined ? null : Number(precision), group ?? "");
  if (body === null) return null;
  const numeric = isNumber(value) || typeof value === "boolean";
  const signed = numeric && sign && sign !== "-" && !body.startsWith("-") ? sign + body : body;
  return pad(
    signed,
    Number(width ?? 0),
    fill ?? (zero ? "0" : " "),
    align ?? (zero ? "=" : numeric ? ">" : "<"),
  );
}

function formatBody(value: PyValue, type: string, precision: number | null, group: string): string | null {
  if (typeof value === "string") {
    return type === "" || type === "s" ? [...value].slice(0, precision ?? undefined).join("") : null;
  }
  if (!isNumber(value) && typeof value !== "boolean") return null;
  const n = asNumber(value);
  if ("fF%eE".includes(type) && type !== "") {
    const scaled = type === "%" ? n * 100 : n;
    if (!Number.isFinite(scaled) || (precision ?? 6) > 100) return null;
    const digits = "eE".includes(type)
      ? exponent(scaled, precision ?? 6, type)
      : scaled.toFixed(precision ?? 6);
    return grouped(digits, group) + (type === "%" ? "%" : "");
  }
  if (isFloat(value)) {
    if (type === "" && precision === null) return grouped(floatRepr(n), group);
    return null;
  }
  const whole = typeof value === "bigint" ? value : BigInt(n);
  const base = { "": 10, d: 10, n: 10, b: 2, o: 8, x: 16, X: 16 }[type];
  if (base === undefined || precision !== null) return null;
  const text = whole.toString(base);
  return grouped(type === "X" ? text.toUpperCase() : text, group);
}

function exponent(n: number, digits: number, type: string): string {
  const text = n.toExponential(digits).replace(/e([+-])(\d)$/, "e$10$2");
  return type === "E" ? text.toUpperCase() : text;
}

function grouped(text: string, mark: string): string {
  if (mark === "") return text;
  const [whole = "", ...rest] = text.split(".");
  return [whole.replace(/\B(?=(\d{3})+(?!\d))/g, mark), ...rest].join(".");
}

function pad(text: string, width: number, fill: string, align: string): string {
  const missing = Math.min(width, 10_000) - [...text].length;
  if (missing <= 0) return text;
  if (align === "<") return text + fill.repeat(missing);
  if (align === ">") return fill.repeat(missing) + text;
  if (align === "^") {
    const left = missing >> 1;
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }
  const sign = /^[+\- ]/.exec(text)?.[0] ?? "";
  return sign + fill.repeat(missing) + text.slice(sign.length);
}

/** `text % value`; null when a value is unknown or the format is odd. */
export function formatPercent(text: string, value: Val): string | null {
  const args = value instanceof Sequence && value.kind === "tuple" ? value.items : [value];
  let next = 0;
  let failed = false;
  const made = text.replace(/%(?:\((\w+)\))?([-+ 0#]*)(\d+)?(?:\.(\d+))?([sdifrgxXeE%])/g, (...m) => {
    const [whole, name, flags, width, precision, type] = m as string[];
    if (type === "%") return "%";
    const arg = name ? (value instanceof Mapping ? value.text(name) : undefined) : args[next++];
    const data = arg === undefined ? undefined : toData(arg);
    const piece = data === undefined ? null : percentPiece(data, type ?? "s", precision);
    if (piece === null) {
      failed = true;
      return whole ?? "";
    }
    const zero = flags?.includes("0") && type !== "s";
    const align = flags?.includes("-") ? "<" : zero ? "=" : ">";
    return pad(piece, Number(width ?? 0), zero ? "0" : " ", align);
  });
  return failed ? null : made;
}

function percentPiece(data: PyValue, type: string, precision: string | undefined): string | null {
  if (type === "s") return str(data);
  if (type === "r") return repr(data);
  if (type === "d" || type === "i") return isInt(data) ? String(data) : null;
  return formatValue(data, (precision === undefined ? "" : `.${precision}`) + type);
}

/** `text.format(*args, **named)`; null when a value is unknown or the format is odd. */
export function formatMethod(
  text: string,
  args: readonly Val[],
  named: (name: string) => Val | undefined,
): string | null {
  let next = 0;
  let failed = false;
  const made = text.replace(/\{\{|\}\}|\{([^{}!:]*)(?:!([rs]))?(?::([^{}]*))?\}/g, (...m) => {
    const [whole, field, conversion, spec] = m as string[];
    if (whole === "{{" || whole === "}}") return (whole ?? "").slice(1);
    const key = field ?? "";
    const value = key === "" ? args[next++] : /^\d+$/.test(key) ? args[Number(key)] : named(key);
    const data = value === undefined ? undefined : toData(value);
    const shown = data === undefined ? null : formatValue(conversion === "r" ? repr(data) : data, spec ?? "");
    if (shown === null) failed = true;
    return shown ?? "";
  });
  return failed ? null : made;
}
