export type SvgTheme = "light" | "dark" | "auto";

type Palette = Readonly<Record<string, string>>;

const LIGHT: Palette = {
  bg: "#ffffff",
  fg: "#202124",
  "fg-dim": "#5f6368",
  border: "#bcc0c5",
  edge: "#8d939a",
  accent: "#1b6ac9",
  ok: "#2e9e55",
  warn: "#b97f00",
  error: "#d23f31",
  lane: "#eef4fb",
  "node-bg": "#ffffff",
};

const DARK: Palette = {
  bg: "#1c1d20",
  fg: "#e6e7e9",
  "fg-dim": "#a3a9b0",
  border: "#4d5057",
  edge: "#7a818b",
  accent: "#6ab0f3",
  ok: "#4caf6d",
  warn: "#e8b339",
  error: "#f2776b",
  lane: "#202a36",
  "node-bg": "#26282c",
};

/** Class, property, colour. Each colour is a plain one first, for readers that know no custom properties. */
const RULES: readonly (readonly [string, string, string])[] = [
  [".bg", "fill", "bg"],
  [".lane", "fill", "lane"],
  [".frame", "stroke", "border"],
  [".box", "fill", "node-bg"],
  [".box", "stroke", "border"],
  [".box.handler", "stroke", "error"],
  [".icon", "stroke", "fg-dim"],
  [".name", "fill", "fg"],
  [".dim", "fill", "fg-dim"],
  [".halo", "stroke", "bg"],
  [".line", "stroke", "edge"],
  [".head", "fill", "edge"],
  [".error .line", "stroke", "error"],
  [".error .head", "fill", "error"],
  [".path .line", "stroke", "accent"],
  [".path .head", "fill", "accent"],
  [".accent", "stroke", "accent"],
  [".ok", "stroke", "ok"],
  [".waiting", "stroke", "edge"],
  [".running", "stroke", "accent"],
  [".dropped", "stroke", "fg-dim"],
  [".failed", "stroke", "error"],
  [".handled", "stroke", "warn"],
  [".amber", "fill", "warn"],
  [".red", "fill", "error"],
  [".onmark", "fill", "bg"],
];

function colours(palette: Palette): string {
  return RULES.map(([selector, property, name]) => {
    const plain = palette[name];
    return `${selector}{${property}:${plain};${property}:var(--gc-${name},${plain})}`;
  }).join("");
}

const FORMS =
  "text{font-family:var(--gc-font,system-ui,-apple-system,'Segoe UI',sans-serif)}" +
  ".frame,.icon,.line,.strip,.accent{fill:none}.box{stroke-width:1.2}.frame{stroke-width:1.2}" +
  ".line{stroke-width:1.5}.path .line{stroke-width:2.4}.icon{stroke-width:1.2;stroke-linejoin:round;stroke-linecap:round}" +
  ".strip{stroke-width:3;stroke-linecap:round}.strip.dropped{stroke-width:1}.strip.handled{stroke-dasharray:3 3;stroke-linecap:butt}" +
  ".error .line,.box.handler,.written .box,.written .frame,.edge.written .line{stroke-dasharray:4 3}" +
  ".ghost{opacity:.55}.faded{opacity:.35}.halo{stroke-width:4;paint-order:stroke;stroke-linejoin:round}" +
  ".count{font-variant-numeric:tabular-nums}";

/** The style sheet of a standalone picture. `auto` follows what the reader's system prefers. */
export function svgStyle(theme: SvgTheme): string {
  if (theme === "dark") return colours(DARK) + FORMS;
  const light = colours(LIGHT) + FORMS;
  return theme === "light" ? light : `${light}@media (prefers-color-scheme:dark){${colours(DARK)}}`;
}
