import { failure } from "../engine/failure";

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

/** What each directive of Python's `strptime` matches here. */
const DIRECTIVES: Readonly<Record<string, string>> = {
  Y: "(\\d{4})",
  m: "(1[0-2]|0?[1-9])",
  d: "(3[01]|[12]\\d|0?[1-9])",
  H: "(2[0-3]|[01]?\\d)",
  M: "([0-5]?\\d)",
  S: "(6[01]|[0-5]?\\d)",
  f: "(\\d{1,6})",
  y: "(\\d{2})",
  b: `(${MONTHS.join("|")})`,
  z: "(Z|[+-]\\d{2}:?[0-5]\\d)",
};

/** Epoch milliseconds of a text in a format of Python's `datetime.strptime`; a time without a zone is UTC. */
export function parseTime(text: string, format: string): number {
  const order: string[] = [];
  const pattern = format.replace(/%(.)|\s+|[\\^$.*+?()[\]{}|]/g, (part: string, directive?: string) => {
    if (directive === undefined) return /\s/.test(part) ? "\\s+" : `\\${part}`;
    if (directive === "%") return "%";
    const known = DIRECTIVES[directive];
    if (known === undefined) {
      throw failure("RuntimeError", `time_format can't be simulated with the directive %${directive}`);
    }
    order.push(directive);
    return known;
  });
  const match = new RegExp(`^${pattern}$`, "i").exec(text);
  if (!match) {
    throw failure("ValueError", `time data '${text}' does not match format '${format}'`);
  }
  return millisOf(new Map(order.map((directive, i) => [directive, match[i + 1]])));
}

function millisOf(parts: ReadonlyMap<string, string>): number {
  const number = (directive: string, otherwise: number): number => {
    const text = parts.get(directive);
    return text === undefined ? otherwise : Number(text);
  };
  const short = number("y", 0);
  const year = parts.has("y") ? (short < 69 ? 2000 : 1900) + short : number("Y", 1900);
  const named = parts.get("b");
  const month = named === undefined ? number("m", 1) : MONTHS.indexOf(named.toLowerCase()) + 1;
  const micros = Number((parts.get("f") ?? "0").padEnd(6, "0"));
  const at = Date.UTC(year, month - 1, number("d", 1), number("H", 0), number("M", 0), number("S", 0));
  return at + micros / 1000 - offsetOf(parts.get("z") ?? "Z");
}

function offsetOf(zone: string): number {
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? [];
  const size = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
  return sign === "-" ? -size : size;
}
