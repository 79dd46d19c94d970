/**
 * From a graph to functions of a Nuclio cluster, and a client of its dashboard. A part of its own, so that a page loads
 * it only when somebody deploys.
 */
export * from "./json";
export * from "./deploy-settings";
export * from "./settings";
export * from "./settings-edit";
export * from "./settings-form";
export type { SettingProblem } from "./field-reader";
export * from "./function-plan";
export * from "./function-spec";
export * from "./deployment";
export * from "./source";
export * from "./names";
export { cutGraph } from "./children";
export { queuePath } from "./queue-path";
export { streamTrigger } from "./stream-trigger";
export { servingSpec, specVariable } from "./serving-spec";
export { engineGoes, nativeReason } from "./native";
export * from "./native-spec";
export * from "./native-handler";
export { DEFAULT_MLRUN, mlrunVersion } from "./versions";
export * from "./http";
export * from "./connection";
export * from "./clean-log";
export * from "./function-state";
export * from "./refusals";
export { type DashboardOptions } from "./dashboard-requests";
export * from "./dashboard";
export * from "./call";
export * from "./preflight";
export * from "./push";
export * from "./explain";
export { STATS_HEADER, STATS_VARIABLE } from "./entry-stats";
export * from "./live-numbers";
export * from "./log-places";
export * from "./metrics";
export * from "./same-answer";
export * from "./graph-diff";
export * from "./manifest";
export * from "./connections-file";
export * from "./deploy-messages";
export * from "./deploy-folder";
export type { Cluster } from "./deploy-running";
export * from "./deploy-session";
export * from "./deploy-state";
export * from "./earlier";
