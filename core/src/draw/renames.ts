import type { Picture } from "./picture";

interface Named {
  readonly id: string;
  readonly kind: string;
}

/**
 * Steps and groups that got another name: each id of `after` with the one that it had in `before`. Somebody who types
 * a name changes it with every letter; the step is the same one all the time. It counts as such when as many left the
 * picture as came into it, each at the same place of the picture's order and of the same kind.
 */
export function renames(before: Picture, after: Picture): ReadonlyMap<string, string> {
  const renamed = new Map<string, string>();
  if (!pair(before.nodes, after.nodes, renamed) || !pair(before.groups, after.groups, renamed))
    return new Map();
  return renamed;
}

/** Pairs what has changed; false when the lists differ in more than names. */
function pair(before: readonly Named[], after: readonly Named[], renamed: Map<string, string>): boolean {
  if (before.length !== after.length) return false;
  const changed = after.flatMap(({ id }, i) => (before[i].id === id ? [] : [i]));
  if (changed.length === 0) return true;
  const gone = new Set(changed.map((i) => before[i].id));
  const come = new Set(changed.map((i) => after[i].id));
  for (const i of changed) {
    // A name that both have belongs to a step that went to another place.
    if (before[i].kind !== after[i].kind || gone.has(after[i].id) || come.has(before[i].id)) return false;
    renamed.set(after[i].id, before[i].id);
  }
  return true;
}
