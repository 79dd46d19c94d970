import { dumpYaml } from "../model/yaml-text";
import type { DeploymentPlan, FunctionPlan } from "./function-plan";
import { type Json, type JsonObject, objectOf } from "./json";
import { mapFromJson } from "./python-value";

/** A file of an export. */
export interface ExportedFile {
  readonly name: string;
  readonly text: string;
}

/** `function.yaml` of each function, as nuctl and Nuclio's dashboard import it, and its source beside it. */
export function functionFiles(plan: DeploymentPlan): readonly ExportedFile[] {
  return plan.functions.flatMap((fn) => [
    { name: `${fn.name}.yaml`, text: yaml({ ...head("Function"), ...functionBody(fn) }) },
    { name: `${fn.name}.${fn.runtime === "nodejs" ? "js" : "py"}`, text: fn.source },
  ]);
}

/**
 * Kubernetes custom resources for GitOps, children first. Nuclio's controller does not build: it takes an image that
 * is there already, so `image` names the one of each function.
 */
export function resourceFiles(
  plan: DeploymentPlan,
  image: (fn: FunctionPlan) => string,
): readonly ExportedFile[] {
  const project = {
    ...head("NuclioProject"),
    metadata: { name: plan.project },
    spec: { description: "" },
  };
  const functions = plan.functions.map((fn) => ({
    ...head("NuclioFunction"),
    ...resourceBody(fn, image(fn)),
  }));
  return [{ name: "nuclio.yaml", text: [project, ...functions].map(yaml).join("---\n") }];
}

function head(kind: string): JsonObject {
  return { apiVersion: "nuclio.io/v1beta1", kind: kind === "Function" ? "NuclioFunction" : kind };
}

function functionBody(fn: FunctionPlan): JsonObject {
  const { metadata, spec } = fn.config;
  return { metadata: metadata as unknown as JsonObject, spec }; // labels and annotations are texts
}

/** An empty state is passed over by the controller: this one makes it start the function. */
function resourceBody(fn: FunctionPlan, image: string): JsonObject {
  const { metadata, spec } = functionBody(fn);
  const build = objectOf(objectOf(spec)["build"]);
  const kept = Object.fromEntries(Object.entries(build).filter(([name]) => name !== "commands"));
  return {
    metadata,
    spec: { ...objectOf(spec), build: { ...kept, mode: "neverBuild" }, image },
    status: { state: "waitingForResourceConfiguration" },
  };
}

function yaml(value: Readonly<Record<string, Json | undefined>>): string {
  return dumpYaml(mapFromJson(value));
}
