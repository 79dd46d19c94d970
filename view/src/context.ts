import type { Disposable, SessionLink, SessionState } from "@graphcell/core";
import { h, setAttr } from "./element";
import { type IconName, icon } from "./icon";
import type { Translator } from "./texts";

/** Where a view remembers sizes and folds; values are short texts. A host keeps them as it sees fit. */
export interface ViewStorage {
  get(key: string): string | null;
  set(key: string, value: string): void;
}

/** What every part of the sidebar is given. */
export interface ViewContext {
  readonly link: Pick<SessionLink, "send">;
  readonly t: Translator;
  readonly storage: ViewStorage;
  /** Whether places in the notebook can be shown: else they are named, not linked. */
  readonly reveals: boolean;
  /** Element that popups are placed in; positioned, so that they are cut by nothing inside it. */
  readonly root: HTMLElement;
  /** Says a sentence to screen readers. */
  announce(text: string): void;
}

/** A part of the view: shows a state, again and again. */
export interface Panel extends Disposable {
  update(state: SessionState): void;
}

/** Storage that lasts as long as the page. */
export function memoryStorage(): ViewStorage {
  const values = new Map<string, string>();
  return { get: (key) => values.get(key) ?? null, set: (key, value) => void values.set(key, value) };
}

/** Storage of the browser, shared by all views of a page; where there is none, one that lasts as long as the page. */
export function browserStorage(): ViewStorage {
  const prefix = "graphcell.view.";
  return {
    get(key) {
      try {
        return window.localStorage.getItem(prefix + key) ?? null;
      } catch {
        return forPage.get(key);
      }
    },
    set(key, value) {
      try {
        window.localStorage.setItem(prefix + key, value);
      } catch {
        forPage.set(key, value);
      }
    },
  };
}

const forPage = memoryStorage();

/** A button with a picture only; its label is its accessible name and its tooltip. */
export function iconButton(
  name: IconName,
  label: string,
  onClick: (event: MouseEvent) => void,
): HTMLButtonElement {
  const attrs = {
    type: "button",
    class: "gc-icon-button",
    "aria-label": label,
    title: label,
    on: { click: onClick },
  };
  return h("button", attrs, icon(name));
}

/** Gives an icon button another label and picture. */
export function relabel(button: HTMLButtonElement, name: IconName, label: string): void {
  setAttr(button, "aria-label", label);
  setAttr(button, "title", label);
  if (!button.querySelector(`.gc-icon-${name}`)) button.replaceChildren(icon(name));
}

/** A button with words. */
export function textButton(label: string, onClick: () => void, className = ""): HTMLButtonElement {
  const attrs = { type: "button", class: `gc-button ${className}`.trim(), on: { click: onClick } };
  return h("button", attrs, label);
}

/** A button that looks like a link: it goes to a place. */
export function linkButton(label: string, onClick: () => void, title = ""): HTMLButtonElement {
  const attrs = { type: "button", class: "gc-link", title: title || null, on: { click: onClick } };
  return h("button", attrs, label);
}
