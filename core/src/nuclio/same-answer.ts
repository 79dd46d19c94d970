/** Is a cluster's answer what the simulation gives? Ids are made anew on each run: they may differ. */
export function sameAnswer(cluster: string, simulated: string): boolean {
  return normal(cluster) === normal(simulated);
}

function normal(text: string): string {
  try {
    return JSON.stringify(withoutIds(JSON.parse(text)));
  } catch {
    return text;
  }
}

function withoutIds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutIds);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, key === "id" ? "" : withoutIds(inner)]),
  );
}
