/**
 * Graphcell's core: the graph, the notebook that writes it, its picture and its simulation. Pure TypeScript.
 * Read in this order: value, model, notebook, draw and layout, engine, session.
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
export * from "./value/wire";
export * from "./value/bounded";
export * from "./model/graph";
export * from "./model/problem";
export * from "./model/decode";
export * from "./model/encode";
export * from "./model/builder";
export * from "./model/function-builder";
export * from "./model/topology";
export { type DeployContext, type Deployed, type DeployedStep, deploy } from "./model/deploy";
export { classObject, functionObject, objectWithDict } from "./model/step-object";
export * from "./source";
export * from "./notebook/parsed";
export * from "./notebook/parse";
export * from "./notebook/read";
export * from "./draw/picture";
export * from "./draw/pictureOf";
export * from "./draw/text";
export * from "./layout/placement";
export * from "./engine/event";
export * from "./engine/trace";
export * from "./engine/preview";
export * from "./engine/executor";
export * from "./engine/simulate";
export { simulate } from "./engine/run";
export { snapshot } from "./engine/snapshot";
export { STEP_CLASSES, stepClass } from "./steps/registry";
export type { ArgumentRow, StepClass } from "./engine/runtime";
export * from "./session/state";
export * from "./session/card";
export * from "./session/cardForm";
export * from "./session/cardText";
export * from "./session/ports";
