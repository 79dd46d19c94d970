import type { Box } from "@graphcell/core";
import type { Scene, SceneItem } from "./scene";

/** Where the keys of the arrows lead from an item. */
export type Step = "along" | "against" | "before" | "after" | "first" | "last";

/** What a key means in a direction; null for other keys. */
export function stepOfKey(key: string, direction: "LR" | "TB"): Step | null {
  const topDown = direction === "TB";
  switch (key) {
    case "ArrowDown":
      return topDown ? "along" : "after";
    case "ArrowUp":
      return topDown ? "against" : "before";
    case "ArrowRight":
      return topDown ? "after" : "along";
    case "ArrowLeft":
      return topDown ? "before" : "against";
    case "Home":
      return "first";
    case "End":
      return "last";
    default:
      return null;
  }
}

/** Items that take the focus, in reading order: steps, folded groups and the frames of routers and flows. */
export function readingOrder(scene: Scene): readonly SceneItem[] {
  const topDown = scene.placement.direction === "TB";
  const items = [...scene.items.values()].filter((item) => item.role !== "lane");
  const along = (box: Box) => (topDown ? box.y : box.x);
  const across = (box: Box) => (topDown ? box.x : box.y);
  return items.sort((a, b) => along(a.box) - along(b.box) || across(a.box) - across(b.box));
}

/** The item that a step from `id` leads to; null when there is none. */
export function walk(scene: Scene, id: string | null, step: Step): string | null {
  const item = id === null ? undefined : scene.items.get(id);
  if (!item || step === "first" || step === "last") {
    const order = readingOrder(scene);
    return order[step === "last" ? order.length - 1 : 0]?.id ?? null;
  }
  if (step === "along") return follow(scene, item, scene.next, true);
  if (step === "against") return follow(scene, item, scene.previous, false);
  return sibling(scene, item, step === "after");
}

/** Along edges; into a frame and out of it as the events go. */
function follow(
  scene: Scene,
  item: SceneItem,
  links: ReadonlyMap<string, readonly string[]>,
  inwards: boolean,
): string | null {
  if (inwards && item.role === "frame") {
    const inside = readingOrder(scene).find((other) => other.parent === item.id);
    if (inside) return inside.id;
  }
  for (
    let at: SceneItem | undefined = item;
    at;
    at = at.parent === null ? undefined : scene.items.get(at.parent)
  ) {
    const ends = (links.get(at.id) ?? []).filter((id) => id !== item.id);
    if (ends.length > 0) return nearest(scene, item, ends);
    // Backwards a frame comes between what it holds and what leads to it.
    const parent: SceneItem | undefined = at.parent === null ? undefined : scene.items.get(at.parent);
    if (!inwards && parent?.role === "frame") return parent.id;
  }
  return null;
}

function nearest(scene: Scene, from: SceneItem, ids: readonly string[]): string | null {
  const topDown = scene.placement.direction === "TB";
  const centre = (box: Box) => (topDown ? box.x + box.width / 2 : box.y + box.height / 2);
  let best: string | null = null;
  let least = Infinity;
  for (const id of ids) {
    const item = scene.items.get(id);
    if (!item) continue;
    const distance = Math.abs(centre(item.box) - centre(from.box));
    if (distance < least) [best, least] = [id, distance];
  }
  return best;
}

/** The next item to one side that stands at the same height of the flow. */
function sibling(scene: Scene, item: SceneItem, after: boolean): string | null {
  const topDown = scene.placement.direction === "TB";
  const low = (box: Box) => (topDown ? box.y : box.x);
  const high = (box: Box) => (topDown ? box.y + box.height : box.x + box.width);
  const across = (box: Box) => (topDown ? box.x : box.y);
  let best: string | null = null;
  let least = Infinity;
  for (const other of scene.items.values()) {
    if (
      other.role === "lane" ||
      other.id === item.id ||
      holds(scene, other, item) ||
      holds(scene, item, other)
    )
      continue;
    if (low(other.box) >= high(item.box) || high(other.box) <= low(item.box)) continue;
    const distance = (across(other.box) - across(item.box)) * (after ? 1 : -1);
    if (distance > 0 && distance < least) [best, least] = [other.id, distance];
  }
  return best;
}

function holds(scene: Scene, outer: SceneItem, inner: SceneItem): boolean {
  for (let at = inner.parent; at !== null; at = scene.items.get(at)?.parent ?? null)
    if (at === outer.id) return true;
  return false;
}
