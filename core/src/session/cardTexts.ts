/** A card for viewers that know nothing of Graphcell: loaded when the first card is made. */
import type { Overlay, Picture } from "../draw/picture";
import { svgOf } from "../draw/svg";
import { layout } from "../layout/layout";
import { labelSize } from "../layout/measure";

export { cardText } from "./cardText";

/** The graph with its results as a picture for light and dark pages. */
export function cardSvg(picture: Picture, overlay: Overlay, title: string): string {
  const placement = layout(picture, { direction: "LR", sizes: labelSize, collapsed: new Set() });
  return svgOf(picture, placement, overlay, { theme: "auto", title });
}
