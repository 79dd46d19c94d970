import type { Frame, Link } from "./frame";
import type { Spacing } from "./spacing";

/**
 * Gives each unit of a part its layer: every link that is not led around leads to a later layer. Marks the links that
 * would close a cycle as reversed. Linear in units and links.
 */
export function rankUnits(
  frame: Frame,
  part: readonly number[],
  links: readonly Link[],
  spacing: Pick<Spacing, "rowLength" | "rowGrowth">,
): void {
  const units = frame.units;
  const onlyBoxes = rows(frame, part, links, spacing);
  const binding = links.filter(isBinding(links));
  const out = outgoing(binding, units.length);
  const order = topologicalOrder(part, out);
  const first = part.some((i) => units[i].role === "entry") ? 1 : 0;
  const layer = new Map<number, number>();
  for (const i of order) {
    const least = units[i].role === "entry" ? 0 : Math.max(first, onlyBoxes?.get(i) ?? 0);
    layer.set(i, Math.max(layer.get(i) ?? 0, least));
    for (const link of out[i]) {
      if (link.reversed) continue;
      layer.set(link.to, Math.max(layer.get(link.to) ?? 0, layer.get(i)! + 1));
    }
  }
  tighten(order, out, binding, layer, (i) => units[i].role === "box" && !onlyBoxes);
  let last = first;
  for (const i of part) if (units[i].role !== "exit") last = Math.max(last, layer.get(i) ?? 0);
  for (const i of part) units[i].layer = units[i].role === "exit" ? last + 1 : (layer.get(i) ?? 0);
  for (const link of links) {
    if (link.from !== link.to) link.reversed = units[link.to].layer <= units[link.from].layer;
  }
}

/** Boxes of a frame that nothing connects (a router's routes) stand in rows: their rows, or null for other parts. */
function rows(
  frame: Frame,
  part: readonly number[],
  links: readonly Link[],
  { rowLength, rowGrowth }: Pick<Spacing, "rowLength" | "rowGrowth">,
): ReadonlyMap<number, number> | null {
  const boxes = part.filter((i) => frame.units[i].role === "box");
  const isBox = (i: number) => frame.units[i].role === "box";
  if (boxes.length <= rowLength || links.some((link) => isBox(link.from) && isBox(link.to))) return null;
  const first = part.some((i) => frame.units[i].role === "entry") ? 1 : 0;
  const longest = Math.max(rowLength, Math.ceil(Math.sqrt(boxes.length) * rowGrowth));
  const count = Math.ceil(boxes.length / longest);
  const length = Math.ceil(boxes.length / count);
  return new Map(boxes.map((i, at) => [i, first + Math.floor(at / length)]));
}

/**
 * Whether a link decides on layers. Links that the picture calls `back` don't, and of the error links of one handler
 * only the first does: the handler stands by the first step that it guards, not below the last.
 */
function isBinding(links: readonly Link[]): (link: Link) => boolean {
  const guards = new Map<number, Link>();
  for (const link of links) {
    if (link.kind !== "error") continue;
    const known = guards.get(link.to);
    if (!known || link.from < known.from) guards.set(link.to, link);
  }
  return (link) => {
    if (link.from === link.to || link.kind === "back") return false;
    return link.kind !== "error" || guards.get(link.to) === link;
  };
}

function outgoing(links: readonly Link[], count: number): Link[][] {
  const out: Link[][] = Array.from({ length: count }, () => []);
  for (const link of links) {
    link.reversed = false;
    out[link.from].push(link);
  }
  return out;
}

const enum Mark {
  New,
  Open,
  Done,
}

/** Depth first from the units in order, those without predecessors first; a link to an open unit closes a cycle. */
function topologicalOrder(part: readonly number[], out: readonly (readonly Link[])[]): number[] {
  const marks = new Map<number, Mark>();
  const indegree = new Map<number, number>();
  for (const i of part) for (const link of out[i]) indegree.set(link.to, (indegree.get(link.to) ?? 0) + 1);
  const postorder: number[] = [];
  const starts = [...part.filter((i) => !indegree.has(i)), ...part];
  for (const start of starts) {
    if ((marks.get(start) ?? Mark.New) !== Mark.New) continue;
    const stack = [{ at: start, next: 0 }];
    marks.set(start, Mark.Open);
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const link = out[top.at][top.next++];
      if (!link) {
        marks.set(top.at, Mark.Done);
        postorder.push(top.at);
        stack.pop();
        continue;
      }
      const mark = marks.get(link.to) ?? Mark.New;
      if (mark === Mark.Open) link.reversed = true;
      else if (mark === Mark.New) {
        marks.set(link.to, Mark.Open);
        stack.push({ at: link.to, next: 0 });
      }
    }
  }
  return postorder.reverse();
}

/** Moves units with more successors than predecessors towards their successors: shorter edges, fewer to lead past. */
function tighten(
  order: readonly number[],
  out: readonly (readonly Link[])[],
  binding: readonly Link[],
  layer: Map<number, number>,
  movable: (unit: number) => boolean,
): void {
  const indegree = new Map<number, number>();
  for (const link of binding) if (!link.reversed) indegree.set(link.to, (indegree.get(link.to) ?? 0) + 1);
  for (let k = order.length - 1; k >= 0; k--) {
    const i = order[k];
    const forward = out[i].filter((link) => !link.reversed);
    if (!movable(i) || forward.length === 0 || forward.length <= (indegree.get(i) ?? 0)) continue;
    let nearest = Infinity;
    for (const link of forward) nearest = Math.min(nearest, layer.get(link.to) ?? 0);
    if (nearest - 1 > (layer.get(i) ?? 0) && Number.isFinite(nearest)) layer.set(i, nearest - 1);
  }
}
