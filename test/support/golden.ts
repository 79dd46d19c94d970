import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type PyMap, type PyValue, isMap, parseWire } from "@graphcell/core";

/** One recorded case of real MLRun; see test/golden. */
export interface GoldenCase {
  readonly id: string;
  readonly kind: string;
  readonly data: PyMap;
}

const folder = join(__dirname, "..", "golden", "cases");

/** All recorded cases, in the order of their names. */
export function goldenCases(): readonly GoldenCase[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "index.json")
    .sort()
    .map((file) => {
      const data = parseWire(readFileSync(join(folder, file), "utf8"));
      if (!isMap(data)) throw new Error(`${file} holds no case`);
      return { id: String(data.get("id")), kind: String(data.get("kind")), data };
    });
}

/** One case by its id. */
export function goldenCase(id: string): GoldenCase {
  const found = goldenCases().find((c) => c.id === id);
  if (!found) throw new Error(`there is no case ${id}`);
  return found;
}

/** The dict under a name, or null. */
export function mapIn(data: PyMap, name: string): PyMap | null {
  const value = data.get(name);
  return isMap(value) ? value : null;
}

/** A graph's dictionary in a form to compare: lists that come from Python sets are sorted, order of entries is not kept. */
export function comparable(value: PyValue): PyValue {
  if (!isMap(value)) return value;
  const to: PyMap = new Map(value);
  for (const name of ["model_endpoints_names", "model_endpoints_routes_names"]) {
    const list = to.get(name);
    if (Array.isArray(list))
      to.set(
        name,
        [...list].sort((a, b) => String(a).localeCompare(String(b))),
      );
  }
  return to;
}
