const SVG = "http://www.w3.org/2000/svg";

/** Strokes on a 16 by 16 grid, in the colour of the text. */
const PATHS = {
  play: "M5 3.5v9l7.5-4.5z",
  playAll: "M3 3.5v9l5.5-4.5zM9 3.5v9l5.5-4.5z",
  stop: "M4.5 4.5h7v7h-7z",
  add: "M8 3v10M3 8h10",
  remove: "M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  chevron: "M6 4l4 4-4 4",
  back: "M10 4L6 8l4 4",
  fit: "M3 6V3h3M10 3h3v3M13 10v3h-3M6 13H3v-3",
  search: "M7 2.5a4.5 4.5 0 1 1 0 9 4.5 4.5 0 0 1 0-9zM10.3 10.3L14 14",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  leftRight: "M2.5 8h11M10.5 5l3 3-3 3",
  topDown: "M8 2.5v11M5 10.5l3 3 3-3",
  auto: "M2.5 5h8M8 2.5L10.5 5 8 7.5M13 6v7M10.5 10.5L13 13l2-2.5",
  edit: "M3 13l.7-3L10.5 3.2l2.3 2.3L6 12.3z",
  copy: "M5.5 5.5h7v8h-7zM3.5 10.5v-8h7",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9M6.8 7v4M9.2 7v4",
  up: "M8 13V3M4.5 6.5L8 3l3.5 3.5",
  down: "M8 3v10M4.5 9.5L8 13l3.5-3.5",
  duplicate: "M5.5 5.5h8v8h-8zM2.5 10.5v-8h8M9.5 7.5v4M7.5 9.5h4",
  error: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM5.7 5.7l4.6 4.6M10.3 5.7l-4.6 4.6",
  warning: "M8 2.2L14.5 13.5h-13zM8 6.2v3.6M8 11.5v.2",
  info: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM8 7.2v4M8 4.7v.2",
  wait: "M8 1.8a6.2 6.2 0 1 1 0 12.4A6.2 6.2 0 0 1 8 1.8zM8 4.5V8l2.5 1.8",
  graph: "M2.5 2.5h5v3.5h-5zM8.5 10h5v3.5h-5zM5 6v2.5a3.2 3.2 0 0 0 3.2 3.2",
  notebook: "M4 2h9v12H4zM6.5 2v12M8.5 5h2.5M8.5 7.5h2.5M2.5 5h2M2.5 8h2M2.5 11h2",
  delta: "M8 3.5L13 12.5H3z",
  grip: "M6 4h.01M10 4h.01M6 8h.01M10 8h.01M6 12h.01M10 12h.01",
  check: "M3 8.5l3.2 3.2L13 4.8",
  verify: "M2.5 3.5h4v9h-4zM9.5 3.5h4v9h-4zM8 5.5v.01M8 8v.01M8 10.5v.01",
} as const;

export type IconName = keyof typeof PATHS;

/** A picture beside text or in a labelled button: hidden from screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("class", `gc-icon gc-icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
