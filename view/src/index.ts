/**
 * What people see: the sidebar around the graph's picture, and the result card in a cell's output. Plain DOM, no host.
 * Read `sidebar.ts` first, then the part that matters.
 */
export { mountCard, mountSidebar } from "./mount";
export { type SidebarOptions, buildSidebar } from "./sidebar";
export { type CardDrawing, type CardGraph, type CardHandlers, buildCard } from "./card/card";
export { type Drawing } from "./dagPart";
export { type DagHandlers, type DagInput, type DagView, mountDag } from "./dag/view";
export { type ViewStorage, memoryStorage } from "./context";
export { type TextArgs, type TextKey, type Translator, englishTexts, translator } from "./texts";
export { type Condition, conditionsOf } from "./condition";
export { formatBytes, formatCount, formatMs } from "./format";
export { plainText } from "./ansi";
