import type { PyValue } from "@graphcell/core";
import type { ViewContext } from "../context";
import { h, setAttr } from "../element";
import { formatCount } from "../format";
import { icon } from "../icon";
import { type Part, hasParts, partsOf, sameShape, sizeOfParts } from "./difference";
import { scalarText, summaryText, tokenClass, typeText } from "./summary";

/** Parts that are shown of one value at a time; more come on demand. */
const PAGE = 50;
/** A part with at most this many parts is open from the start, when it is the whole value. */
const OPEN_PARTS = 12;
/** Characters of one value in a line, and of one that can be opened. */
const LINE = 240;
const CONTAINER_LINE = 100;

/** Paths of parts that a person opened or closed by hand: kept over updates, and from event to event. */
export type Folds = Map<string, boolean>;

/**
 * A value as a tree of lines: key, value, type; what was added, removed or changed is marked in place. Made lazily:
 * a part's lines are built when it is opened. Arrow keys walk and fold, as trees do.
 */
export function treeView(part: Part, context: ViewContext, folds: Folds, label: string): HTMLElement {
  const tree = h("ul", { class: "gc-tree", role: "tree", "aria-label": label });
  tree.append(line(part, "$", 1, { context, folds }));
  tree.querySelector("li")?.setAttribute("tabindex", "0");
  tree.addEventListener("keydown", (event) => onTreeKey(event, tree));
  tree.addEventListener("focusin", (event) => {
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    if (!item) return;
    for (const other of tree.querySelectorAll("li[tabindex='0']")) other.setAttribute("tabindex", "-1");
    item.setAttribute("tabindex", "0");
  });
  return tree;
}

interface TreeContext {
  readonly context: ViewContext;
  readonly folds: Folds;
}

function line(part: Part, path: string, level: number, tree: TreeContext): HTMLLIElement {
  const { t } = tree.context;
  const opens = hasParts(part.value);
  const item = h("li", {
    role: "treeitem",
    tabindex: -1,
    "aria-level": level,
    class: `gc-line gc-${part.mark}`,
  });
  const row = h("div", { class: "gc-line-row" });
  row.append(h("span", { class: "gc-twist" }, opens && icon("chevron")));
  if (part.mark !== "same" && level > 1) {
    const word = t(`value.${part.mark}`);
    row.append(
      h("span", { class: "gc-mark", title: word, role: "img", "aria-label": word }, MARKS[part.mark]),
    );
  }
  if (part.key !== null) row.append(h("span", { class: "gc-key", dir: "auto" }, part.key), ": ");
  row.append(valueText(part.value), was(part, tree.context) ?? "");
  row.append(h("span", { class: "gc-type" }, typeText(part.value)));
  item.append(row);
  if (opens) foldable(item, row, part, { path, level, tree });
  return item;
}

const MARKS = { added: "+", removed: "\u2212", changed: "~", same: "" } as const;

function valueText(value: PyValue): HTMLElement {
  const text = hasParts(value) ? summaryText(value, CONTAINER_LINE) : scalarText(value, LINE);
  return h("span", { class: `gc-value ${tokenClass(value)}` }, text);
}

/** The old value beside a changed one; left out where the parts below tell it. */
function was(part: Part, context: ViewContext): HTMLElement | null {
  if (part.mark !== "changed" || part.before === undefined || part.key === null) return null;
  if (hasParts(part.value) && sameShape(part.value, part.before)) return null;
  return h("span", { class: "gc-was" }, context.t("value.was", { value: summaryText(part.before, 60) }));
}

interface Place {
  readonly path: string;
  readonly level: number;
  readonly tree: TreeContext;
}

function foldable(item: HTMLLIElement, row: HTMLElement, part: Part, place: Place): void {
  const { path, level, tree } = place;
  let group: HTMLUListElement | null = null;
  const setOpen = (open: boolean) => {
    setAttr(item, "aria-expanded", open);
    if (!open) group?.remove();
    else {
      group ??= groupOf(part, place);
      item.append(group);
    }
  };
  const byRule = level === 1 ? sizeOfParts(part.value) <= OPEN_PARTS : part.mark === "changed" && level < 6;
  setOpen(tree.folds.get(path) ?? byRule);
  const toggle = () => {
    const open = item.getAttribute("aria-expanded") !== "true";
    tree.folds.set(path, open);
    setOpen(open);
  };
  row.addEventListener("click", toggle);
  item.addEventListener("gc-toggle", (event) => {
    event.stopPropagation();
    toggle();
  });
}

function groupOf(part: Part, place: Place): HTMLUListElement {
  const parts = partsOf(part);
  const group = h("ul", { role: "group" });
  const add = (from: number) => {
    for (const child of parts.slice(from, from + PAGE)) {
      group.append(line(child, `${place.path}/${child.key}`, place.level + 1, place.tree));
    }
    const rest = parts.length - from - PAGE;
    if (rest > 0) group.append(moreLine(rest, place, () => add(from + PAGE)));
  };
  add(0);
  return group;
}

function moreLine(rest: number, place: Place, onMore: () => void): HTMLLIElement {
  const label = place.tree.context.t("value.more", { n: formatCount(rest) });
  const item = h("li", {
    role: "treeitem",
    tabindex: -1,
    "aria-level": place.level + 1,
    class: "gc-line gc-more",
  });
  const more = () => {
    const focused = item.contains(document.activeElement);
    const { parentElement: group } = item;
    const at = group ? [...group.children].indexOf(item) : -1;
    item.remove();
    onMore();
    const next = group?.children[at];
    if (focused && next instanceof HTMLElement) next.focus();
  };
  item.append(h("div", { class: "gc-line-row gc-more-row", on: { click: more } }, label));
  item.addEventListener("gc-toggle", (event) => {
    event.stopPropagation();
    more();
  });
  return item;
}

function onTreeKey(event: KeyboardEvent, tree: HTMLElement): void {
  const item = event.target instanceof HTMLElement ? event.target.closest("li") : null;
  if (!item || event.altKey || event.ctrlKey || event.metaKey) return;
  const lines = [...tree.querySelectorAll<HTMLElement>("li")];
  const at = lines.indexOf(item);
  const open = item.getAttribute("aria-expanded");
  const toggle = () => item.dispatchEvent(new CustomEvent("gc-toggle", { bubbles: true }));
  if (event.key === "ArrowDown") lines[at + 1]?.focus();
  else if (event.key === "ArrowUp") lines[at - 1]?.focus();
  else if (event.key === "Home") lines[0]?.focus();
  else if (event.key === "End") lines.at(-1)?.focus();
  else if (event.key === "ArrowRight" && open === "false") toggle();
  else if (event.key === "ArrowRight" && open === "true") lines[at + 1]?.focus();
  else if (event.key === "ArrowLeft" && open === "true") toggle();
  else if (event.key === "ArrowLeft") item.parentElement?.closest<HTMLElement>("li")?.focus();
  else if (event.key === "Enter" || event.key === " ") toggle();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
