import type { Disposable } from "@graphcell/core";
import { h, setAttr } from "./element";
import { icon } from "./icon";

/** One line of a menu; `checked` makes it a switch, `separated` draws a line above it. */
export interface MenuItem {
  readonly label: string;
  readonly checked?: boolean;
  readonly disabled?: boolean;
  readonly separated?: boolean;
  run(): void;
}

/**
 * A menu that opens under a button and closes on Escape, on a choice and on a click elsewhere. Arrow keys, Home, End
 * and first letters walk through it. Its items are asked for when it opens.
 */
export function menuOn(
  button: HTMLButtonElement,
  root: HTMLElement,
  items: () => readonly MenuItem[],
): Disposable {
  let open: HTMLElement | null = null;
  const close = (refocus: boolean) => {
    if (!open) return;
    open.remove();
    open = null;
    setAttr(button, "aria-expanded", false);
    document.removeEventListener("pointerdown", onOutside, true);
    if (refocus) button.focus();
  };
  const onOutside = (event: Event) => {
    const target = event.target;
    if (target instanceof Node && !open?.contains(target) && !button.contains(target)) close(false);
  };
  const onButton = () => {
    if (open) return close(true);
    open = buildMenu(items(), close);
    setAttr(open, "aria-label", button.getAttribute("aria-label"));
    root.append(open);
    placeUnder(open, button, root);
    setAttr(button, "aria-expanded", true);
    document.addEventListener("pointerdown", onOutside, true);
    focusItem(open, 0);
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== "ArrowDown" || open) return;
    event.preventDefault();
    onButton();
  };
  setAttr(button, "aria-haspopup", "menu");
  setAttr(button, "aria-expanded", false);
  button.addEventListener("click", onButton);
  button.addEventListener("keydown", onKey);
  return {
    dispose() {
      close(false);
      button.removeEventListener("click", onButton);
      button.removeEventListener("keydown", onKey);
    },
  };
}

function buildMenu(items: readonly MenuItem[], close: (refocus: boolean) => void): HTMLElement {
  const entries = items.map((item) => {
    const role = item.checked === undefined ? "menuitem" : "menuitemcheckbox";
    const mark = h("span", { class: "gc-menu-mark" }, item.checked === true && icon("check"));
    const className = item.separated ? "gc-menu-item gc-separated" : "gc-menu-item";
    const attrs = { type: "button", role, class: className, tabindex: -1, disabled: item.disabled === true };
    const entry = h("button", attrs, mark, item.label);
    setAttr(entry, "aria-checked", item.checked);
    entry.addEventListener("click", () => {
      close(true);
      item.run();
    });
    return entry;
  });
  const menu = h("div", { class: "gc-menu", role: "menu" }, ...entries);
  menu.addEventListener("keydown", (event) => onMenuKey(event, menu, close));
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) close(false);
  });
  return menu;
}

function onMenuKey(event: KeyboardEvent, menu: HTMLElement, close: (refocus: boolean) => void): void {
  const all = enabled(menu);
  const at = all.findIndex((item) => item === menu.ownerDocument.activeElement);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    Home: 0,
    End: all.length - 1,
  };
  if (event.key === "Escape" || event.key === "Tab") close(true);
  else if (event.key in steps) focusItem(menu, steps[event.key]);
  else if (event.key.length === 1 && event.key !== " ") focusLetter(all, at, event.key);
  else return;
  event.stopPropagation();
  if (event.key !== "Tab") event.preventDefault();
}

function enabled(menu: HTMLElement): HTMLButtonElement[] {
  return [...menu.querySelectorAll<HTMLButtonElement>("button:not([disabled])")];
}

function focusItem(menu: HTMLElement, index: number): void {
  const all = enabled(menu);
  if (all.length > 0) all[(index + all.length) % all.length].focus();
}

function focusLetter(all: readonly HTMLButtonElement[], at: number, letter: string): void {
  const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const wanted = letter.toLocaleLowerCase();
  order.find((item) => item.textContent?.trim().toLocaleLowerCase().startsWith(wanted))?.focus();
}

/** Under the button where there is room, above it else; never beyond the edges of the root. */
function placeUnder(menu: HTMLElement, button: HTMLElement, root: HTMLElement): void {
  const frame = root.getBoundingClientRect();
  const at = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.min(at.right - size.width, frame.right - size.width - 4) - frame.left;
  const below = at.bottom - frame.top + 2;
  const above = at.top - frame.top - size.height - 2;
  const fits = below + size.height <= frame.height || above < 0;
  menu.style.left = `${Math.max(4, left)}px`;
  menu.style.top = `${fits ? below : above}px`;
  menu.style.maxHeight = `${Math.max(80, fits ? frame.height - below - 4 : size.height)}px`;
}
