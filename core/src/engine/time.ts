import { type PyValue, PyObject, asNumber, isNumber } from "../value/value";

/** `datetime.isoformat()` of epoch milliseconds in UTC: microseconds only where there are any. */
export function isoTime(ms: number, separator = "T"): string {
  const micros = Math.round(ms * 1000);
  const seconds = Math.floor(micros / 1e6);
  const rest = micros - seconds * 1e6;
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", separator);
  return `${whole}${rest === 0 ? "" : `.${String(rest).padStart(6, "0")}`}+00:00`;
}

/** Epoch milliseconds of a time as people write it: ISO 8601, epoch seconds, a `datetime`; null when it is none. */
export function millisOf(value: PyValue | undefined): number | null {
  if (value === undefined || value === null) return null;
  if (isNumber(value)) return asNumber(value) * 1000;
  const text = value instanceof PyObject ? value.fields.get("value") : value;
  if (typeof text !== "string") return null;
  const match = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/.exec(
    text.trim(),
  );
  if (!match) return null;
  const [, date, time = "00:00", fraction = "", zone = "Z"] = match;
  const at = Date.parse(`${date}T${time.length === 5 ? `${time}:00` : time}${zoneText(zone)}`);
  return Number.isNaN(at) ? null : at + Number(`0${fraction}`) * 1000;
}

function zoneText(zone: string): string {
  return zone === "Z" || zone.includes(":") ? zone : `${zone.slice(0, 3)}:${zone.slice(3)}`;
}
