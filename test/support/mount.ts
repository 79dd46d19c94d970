import type { SessionState } from "@graphcell/core";
import { type SidebarOptions, buildSidebar } from "@graphcell/view";
import { FakeLink } from "./session-state";

/** A drawing that draws nothing: what is around the picture is under test. */
export function noDrawing() {
  return { update() {}, fit() {}, find() {}, dispose() {} };
}

/** Mounts the sidebar on a state, in the document, with a link that records. */
export function mounted(state: SessionState, options: Partial<SidebarOptions> = {}) {
  document.body.replaceChildren();
  const link = new FakeLink(state);
  const view = buildSidebar(document.body, link, { layout: "narrow", draw: noDrawing, ...options });
  return { link, view, root: document.body, ...finders(document.body) };
}

/** Finds what a person would look for: by label, by words. Throws when it is not there, or hidden. */
export function finders(root: HTMLElement) {
  const visible = (el: Element) => !el.closest("[hidden]");
  const all = (selector: string) => [...root.querySelectorAll<HTMLElement>(selector)].filter(visible);
  const named = (el: Element) => el.getAttribute("aria-label") ?? (el.textContent ?? "").trim();
  const button = (label: string): HTMLButtonElement => {
    const found = all("button").find((el) => named(el) === label);
    if (!(found instanceof HTMLButtonElement)) {
      throw new Error(`no button "${label}"; there are: ${all("button").map(named).join(" | ")}`);
    }
    return found;
  };
  const one = (selector: string): HTMLElement => {
    const [found] = all(selector);
    if (!found) throw new Error(`nothing visible matches ${selector}`);
    return found;
  };
  const texts = (selector: string) => all(selector).map((el) => (el.textContent ?? "").trim());
  const rows = () => all(".gc-event");
  const field = (label: string): HTMLInputElement => {
    const found = all("label").find((el) => el.textContent === label);
    const input = found && root.querySelector(`[id="${found.getAttribute("for")}"]`);
    if (!input) throw new Error(`no field "${label}"`);
    return input as HTMLInputElement;
  };
  return { all, button, one, texts, rows, field };
}

/** Presses a key on an element; the event bubbles as a real one does. */
export function press(el: Element, key: string, more: KeyboardEventInit = {}): void {
  el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more }));
}

/** Types a text into a field in place of what it holds. */
export function type(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  field.focus();
  field.value = text;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}
