import type { Picture } from "./picture";

export interface Named {
  readonly id: string;
  readonly kind: string;
}

/**
 * Steps and groups that got another name: each id of `after` with the one that it had in `before`. Somebody who types
 * a name changes it with every letter; the step is the same one all the time. It counts as such when as many left the
 * picture as came into it, each at the same place of the picture's order and of the same kind.
 */
export function renames(before: Picture, after: Picture): ReadonlyMap<string, string> {
  const nodes = renamesIn(before.nodes, after.nodes);
  const groups = nodes && renamesIn(before.groups, after.groups);
  return groups ? new Map([...nodes, ...groups]) : new Map();
}

/** Ids of `after` with those that they had in `before`, where they are others; null when more than names differs. */
export function renamesIn(
  before: readonly Named[],
  after: readonly Named[],
): ReadonlyMap<string, string> | null {
  const renamed = new Map<string, string>();
  if (before.length !== after.length) return null;
  const changed = after.flatMap(({ id }, i) => (before[i].id === id ? [] : [i]));
  if (changed.length === 0) return renamed;
  const gone = new Set(changed.map((i) => before[i].id));
  const come = new Set(changed.map((i) => after[i].id));
  for (const i of changed) {
    // A name that both have belongs to a step that went to another place.
    if (before[i].kind !== after[i].kind || gone.has(after[i].id) || come.has(before[i].id)) return null;
    renamed.set(after[i].id, before[i].id);
  }
  return renamed;
}
