/**
 * What changed between two values of plain JSON: so that a keystroke in a graph of a hundred steps sends one step. A
 * field whose value is `undefined` counts as absent, as in JSON.
 */
export type Patch =
  /** Another value altogether. */
  | { readonly "=": unknown }
  /** A list: so many items gone from a place, and others in theirs; then changes of items by their new index. */
  | { readonly at: readonly [from: number, gone: number, come: readonly unknown[]]; readonly in?: Items }
  /** A list of the same length. */
  | { readonly in: Items }
  /** An object: changed and new fields, and those that are gone. */
  | { readonly of: Readonly<Record<string, Patch>>; readonly gone?: readonly string[] };

type Items = readonly (readonly [index: number, patch: Patch])[];
type Fields = Readonly<Record<string, unknown>>;

/** The patch that makes `after` of `before`; null when they are the same. */
export function patchOf(before: unknown, after: unknown): Patch | null {
  if (before === after) return null;
  if (Array.isArray(before) && Array.isArray(after)) return listPatch(before, after);
  if (isObject(before) && isObject(after)) return objectPatch(before, after);
  return { "=": after };
}

/** A value with a patch applied; what did not change stays the same object. */
export function patched(before: unknown, patch: Patch): unknown {
  if ("=" in patch) return patch["="];
  if ("of" in patch) {
    const fields: Record<string, unknown> = { ...(before as Fields) };
    for (const name of patch.gone ?? []) delete fields[name];
    for (const [name, change] of Object.entries(patch.of)) fields[name] = patched(fields[name], change);
    return fields;
  }
  const list = [...(before as readonly unknown[])];
  if ("at" in patch) {
    const [from, gone, come] = patch.at;
    list.splice(from, gone, ...come);
  }
  for (const [index, change] of patch.in ?? []) list[index] = patched(list[index], change);
  return list;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectPatch(before: Fields, after: Fields): Patch | null {
  const of: Record<string, Patch> = {};
  for (const [name, value] of Object.entries(after)) {
    if (value === undefined) continue;
    const patch = patchOf(before[name], value);
    if (patch) of[name] = patch;
  }
  const gone = Object.keys(before).filter(
    (name) => before[name] !== undefined && (!(name in after) || after[name] === undefined),
  );
  if (gone.length > 0) return { of, gone };
  return Object.keys(of).length > 0 ? { of } : null;
}

function listPatch(before: readonly unknown[], after: readonly unknown[]): Patch | null {
  if (before.length === after.length) {
    const items = itemPatches(before, after, 0, after.length, 0);
    return items.length > 0 ? { in: items } : null;
  }
  // Between what both begin and end with, some items came or went.
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && likely(before[start], after[start])) start++;
  let end = 0;
  while (end < shorter - start && likely(before.at(-1 - end), after.at(-1 - end))) end++;
  const gone = before.length - start - end;
  const come = after.slice(start, after.length - end);
  const moved = after.length - before.length;
  const items = [
    ...itemPatches(before, after, 0, start, 0),
    ...itemPatches(before, after, after.length - end, after.length, moved),
  ];
  return { at: [start, gone, come], ...(items.length > 0 ? { in: items } : {}) };
}

function itemPatches(
  before: readonly unknown[],
  after: readonly unknown[],
  from: number,
  to: number,
  moved: number,
): [number, Patch][] {
  const items: [number, Patch][] = [];
  for (let i = from; i < to; i++) {
    const patch = patchOf(before[i - moved], after[i]);
    if (patch) items.push([i, patch]);
  }
  return items;
}

/** Whether two items are the same one, as far as their first value tells: entries and nodes begin with their id. */
function likely(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [first, second]: [unknown, unknown] = [Object.values(a)[0], Object.values(b)[0]];
  return first === second && typeof first !== "object";
}
