/**
 * Graphcell's core: the graph, the notebook that writes it, its picture and its simulation. Pure TypeScript.
 * Read in this order: value, model, notebook, draw and layout, engine, language, session.
 */
export * from "./lifetime";
export * from "./errors";
export * from "./value/value";
export * from "./value/dict";
export * from "./value/raise";
export * from "./value/number";
export * from "./value/repr";
export * from "./value/json";
export * from "./value/compare";
export * from "./value/copy";
export * from "./value/bytes";
export * from "./value/wire";
export * from "./value/bounded";
export * from "./model/graph";
export * from "./model/problem";
export * from "./model/decode";
export * from "./model/encode";
export * from "./model/builder";
export * from "./model/function-builder";
export * from "./model/topology";
export * from "./model/check";
export { parseYaml } from "./model/yaml";
export * from "./model/yaml-text";
export * from "./model/file";
export { type DeployContext, type Deployed, type DeployedStep, deploy } from "./model/deploy";
export { classObject, functionObject, objectWithDict } from "./model/step-object";
export * from "./source";
export * from "./notebook/parsed";
export * from "./notebook/parse";
export * from "./notebook/read";
export * from "./draw/picture";
export * from "./draw/pictureOf";
export { renames } from "./draw/renames";
export { type LaneTitle, laneTitle } from "./draw/laneTitle";
export * from "./draw/text";
export * from "./draw/svg";
export * from "./draw/svg-shapes";
export type { SvgTheme } from "./draw/svg-style";
export * from "./layout/placement";
export * from "./layout/layout";
export { type Sizes, groupAsNode, groupCounts, visibleEnds } from "./layout/nest";
export { compactSize, labelSize, labelWidth, middleEllipsis } from "./layout/measure";
export * from "./engine/event";
export * from "./engine/trace";
export * from "./engine/preview";
export * from "./engine/executor";
export * from "./engine/hosting";
export * from "./engine/simulate";
export type { EventSource } from "./engine/eventlist";
export type { EventResults } from "./engine/results";
export type { TraceStore } from "./engine/tracestore";
export type { StepDigest } from "./engine/stepdigest";
export { simulate } from "./engine/run";
export { snapshot } from "./engine/snapshot";
export * as engineLoop from "./engine/loop";
export { expressionOf } from "./engine/expression";
export { STEP_CLASSES, stepClass } from "./steps/registry";
export type { ArgumentRow, StepClass } from "./engine/runtime";
export * from "./language/position";
export type { LanguageContext, LastRuns, StepRun } from "./language/context";
export { type Diagnostic, diagnosticsOf } from "./language/diagnostic";
export { fixesOf } from "./language/fix";
export { type Lens, lensesOf } from "./language/lens";
export { type Hover, hoverAt } from "./language/hover";
export { definitionAt, referencesAt } from "./language/definition";
export { type Refusal, type TextEdit, prepareRename, rename } from "./language/rename";
export {
  GRAPH_FILE_PROBLEM_CODES,
  type GraphFile,
  type GraphFileCode,
  readGraphFile,
} from "./language/graph-file";
export { graphFileCompletionsAt } from "./language/graph-file-completion";
export { type JsonSchema, graphFileSchema } from "./language/graph-schema";
export { type HandlerSource, graphFileStem, handlerSource, isGraphFileName } from "./language/handler-file";
export { completionsAt } from "./language/completion";
export type { Completion } from "./language/offer";
export { loadCompletions } from "./session/language";
export * from "./session/state";
export * from "./session/card";
export * from "./session/cardForm";
export * from "./session/cardText";
export * from "./session/ports";
export * from "./session/metadata";
export { type RunItem } from "./session/run";
export { runItem } from "./session/events";
export { exportGraph, type ExportFormat } from "./session/export";
export { DEFAULT_SETTINGS, Session, type SimulateRequest, createSession } from "./session/session";
export { type CardBundle, cardBundle, cardPicture, failedCard } from "./session/bundle";
export { emptyState } from "./session/empty";
export { EXAMPLE_CELLS } from "./session/example";
export type { HostMessage, StateChange, ViewMessage } from "./link/messages";
export { StateFeed } from "./link/feed";
export { SessionMirror } from "./link/mirror";
export { decodeIntent, decodeViewMessage } from "./link/decode";
