/**
 * Elements by hand. Text becomes DOM by text nodes only: nothing that a notebook, a kernel or a file says can turn
 * into markup.
 */
export type Child = Node | string | null | false | undefined;

type Handlers = { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };

/** Attributes by name; `true` is an empty attribute, false and null leave it out. `on` holds listeners. */
export interface Attrs {
  readonly on?: Handlers;
  readonly [name: string]: string | number | boolean | null | undefined | Handlers;
}

/** A new element with attributes, listeners and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attrs: Attrs = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (typeof value === "object" && value !== null) listen(el, value);
    else setAttr(el, name, value);
  }
  append(el, children);
  return el;
}

function listen(el: HTMLElement, handlers: Handlers): void {
  for (const [type, handler] of Object.entries(handlers)) {
    if (handler) el.addEventListener(type, handler as EventListener);
  }
}

function append(el: HTMLElement, children: readonly Child[]): void {
  for (const child of children)
    if (child !== null && child !== false && child !== undefined) el.append(child);
}

/** Sets, or with null, undefined or false removes; writes only what differs. ARIA states are kept as words. */
export function setAttr(
  el: Element,
  name: string,
  value: string | number | boolean | null | undefined,
): void {
  const word = name.startsWith("aria-") || name === "draggable" || name === "spellcheck";
  const text =
    typeof value === "boolean"
      ? word
        ? String(value)
        : value
          ? ""
          : null
      : value == null
        ? null
        : String(value);
  if (text === null) el.removeAttribute(name);
  else if (el.getAttribute(name) !== text) el.setAttribute(name, text);
}

/** Replaces the text, only when it differs, so that a selection in it survives. */
export function setText(el: Element, text: string): void {
  if (el.textContent !== text) el.textContent = text;
}

/** Shows or hides, by the `hidden` attribute. */
export function show(el: HTMLElement, visible: boolean): void {
  if (el.hidden === visible) el.hidden = !visible;
}

/** Replaces all children. */
export function fill(el: HTMLElement, ...children: readonly Child[]): void {
  el.replaceChildren();
  append(el, children);
}

const signatures = new WeakMap<HTMLElement, string>();

/** Replaces all children when `signature` differs from the one of the last call; says whether it did. */
export function fillOnce(el: HTMLElement, signature: string, make: () => readonly Child[]): boolean {
  if (signatures.get(el) === signature) return false;
  signatures.set(el, signature);
  fill(el, ...make());
  return true;
}

/** True when the focus is in `el`. */
export function hasFocus(el: Element): boolean {
  const active = el.ownerDocument.activeElement;
  return active !== null && el.contains(active);
}
