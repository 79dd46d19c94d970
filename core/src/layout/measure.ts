import type { PictureNode } from "../draw/picture";

/** Latin letters that are narrower, or wider, than most in the common sans-serif faces. */
const NARROW = new Set("ijlI.,:;'|!`()[]{}ftr/\\ -\"");
const WIDE = new Set("mwMWQO@%&G");

/** East Asian wide and full-width forms, and pictographs: one em each. */
function isFullWidth(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}

/** Combining marks, joiners and vowel signs that take no room of their own. */
const MARK = /\p{M}|\p{Cf}/u;

function emOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) {
    if (NARROW.has(character)) return 0.4;
    if (WIDE.has(character)) return 0.94;
    return code >= 0x41 && code <= 0x5a ? 0.7 : 0.62;
  }
  if (isFullWidth(code)) return 1;
  if (MARK.test(character)) return 0;
  // Arabic letters join and run narrow; Hebrew is close to Latin.
  if ((code >= 0x0600 && code <= 0x08ff) || (code >= 0xfb50 && code <= 0xfeff)) return 0.6;
  return 0.66;
}

/**
 * Estimated width of a text in CSS pixels at a font size, for hosts that can't measure. It rather says too much than
 * too little for Latin, Arabic, Chinese, Japanese and Korean text in a sans-serif face.
 */
export function labelWidth(text: string, fontPx: number): number {
  let em = 0;
  for (const character of text) em += emOf(character);
  return em * fontPx;
}

/** Cuts a text in the middle, with an ellipsis, so that it is at most `width` pixels wide: both ends tell names apart. */
export function middleEllipsis(text: string, width: number, fontPx: number): string {
  if (text === "" || labelWidth(text, fontPx) <= width) return text;
  const characters = [...text];
  const room = width - fontPx * 0.9;
  let head = 0;
  let tail = characters.length;
  let used = 0;
  // Takes from both ends in turn, the head first, as long as there is room.
  while (head < tail) {
    const next = (head + characters.length - tail) % 2 === 0 ? characters[head] : characters[tail - 1];
    used += emOf(next) * fontPx;
    if (used > room) break;
    if ((head + characters.length - tail) % 2 === 0) head++;
    else tail--;
  }
  return `${characters.slice(0, head).join("")}\u2026${characters.slice(tail).join("")}`;
}

/** Font sizes of a node's two lines, and where its name begins, in CSS pixels. */
export const LABEL_FONT = 12;
export const DETAIL_FONT = 10.5;
export const LABEL_START = 30;
/** Room at the right for counts such as `120>37`. */
const COUNT_ROOM = 42;
const LEAST_WIDTH = 96;
const MOST_WIDTH = 220;
/** Diameter of the mark where events come in. */
export const START_SIZE = 14;

/** Size of a node's box with two lines, 36 px high: the size in a tab and in saved pictures. */
export function labelSize(node: PictureNode): { readonly width: number; readonly height: number } {
  if (node.kind === "start") return { width: START_SIZE, height: START_SIZE };
  const detail = LABEL_START + labelWidth(node.detail, DETAIL_FONT) + 10;
  return { width: clampWidth(Math.max(nameWidth(node), Math.min(detail, 180))), height: 36 };
}

/** Size of a node's box with one line, 28 px high: the size in a sidebar and in a result card. */
export function compactSize(node: PictureNode): { readonly width: number; readonly height: number } {
  if (node.kind === "start") return { width: START_SIZE, height: START_SIZE };
  return { width: clampWidth(nameWidth(node)), height: 28 };
}

function nameWidth(node: PictureNode): number {
  const ends = node.kind === "queue" ? 12 : 0;
  return LABEL_START + ends + labelWidth(node.label, LABEL_FONT) + COUNT_ROOM;
}

/** Widths are whole steps of the 4 px grid, so that small edits of a name move nothing. */
function clampWidth(width: number): number {
  return Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, Math.ceil(width / 4) * 4));
}
