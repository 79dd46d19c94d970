import type { Scene } from "./scene";
import { stepOfKey, walk } from "./walk";

/** What keys do to a drawing. */
export interface KeyHost {
  go(id: string): void;
  select(id: string): void;
  reveal(id: string): void;
  fold(group: string, folded: boolean): void;
  zoomBy(factor: number): void;
  fit(): void;
  find(): void;
  /** False when there was nothing to give up. */
  escape(): boolean;
}

/** Answers a key that was pressed while `focus` had the focus; keys that mean nothing here go on to the host. */
export function answerKey(event: KeyboardEvent, scene: Scene, focus: string | null, host: KeyHost): void {
  if (event.defaultPrevented || event.altKey || event.metaKey) return;
  const inControl = event.target instanceof HTMLElement && event.target.closest("button, input, .gc-legend");
  if (inControl && event.key !== "Escape") return;
  const find = event.key === "/" || (event.ctrlKey && event.key === "f");
  if (event.ctrlKey && !find) return;
  if (find) host.find();
  else if (
    !walkKey(event.key, scene, focus, host) &&
    !viewKey(event.key, host) &&
    !itemKey(event.key, scene, focus, host)
  )
    return;
  event.preventDefault();
  event.stopPropagation();
}

function walkKey(key: string, scene: Scene, focus: string | null, host: KeyHost): boolean {
  const step = stepOfKey(key, scene.placement.direction);
  if (!step) return false;
  const to = walk(scene, focus, step);
  if (to !== null) host.go(to);
  return true;
}

function viewKey(key: string, host: KeyHost): boolean {
  if (key === "+" || key === "=") host.zoomBy(1.3);
  else if (key === "-") host.zoomBy(1 / 1.3);
  else if (key === "0") host.fit();
  else return key === "Escape" && host.escape();
  return true;
}

function itemKey(key: string, scene: Scene, focus: string | null, host: KeyHost): boolean {
  const item = focus === null ? undefined : scene.items.get(focus);
  if (!item) return false;
  if (key === "Enter" || key === " ") {
    host.select(item.id);
    if (key === "Enter") host.reveal(item.id);
    return true;
  }
  if (key !== "f") return false;
  // Folds the frame, or the frame around the step; opens what is folded.
  if (item.role === "frame" || item.role === "folded") host.fold(item.id, item.role === "frame");
  else if (item.parent !== null) host.fold(item.parent, true);
  return true;
}
