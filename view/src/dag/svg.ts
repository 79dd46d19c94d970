const SVG = "http://www.w3.org/2000/svg";

/** A new SVG element with attributes and children; texts become text nodes. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attrs: Readonly<Record<string, string | number | null>> = {},
  ...children: readonly (Node | string | null)[]
): SVGElementTagNameMap[K] {
  const el = document.createElementNS(SVG, tag);
  for (const name in attrs) {
    const value = attrs[name];
    if (value !== null) el.setAttribute(name, String(value));
  }
  for (const child of children) if (child !== null) el.append(child);
  return el;
}

/** The transform that puts a group's origin at a point. */
export function placed(x: number, y: number): string {
  return `translate(${Math.round(x * 100) / 100},${Math.round(y * 100) / 100})`;
}

/** Whether what is drawn for `el` differs from what `signature` says, and takes note of it. */
export function differs(el: Element, signature: string): boolean {
  if (signatures.get(el) === signature) return false;
  signatures.set(el, signature);
  return true;
}

const signatures = new WeakMap<Element, string>();
