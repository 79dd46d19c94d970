import type { Graph, Step } from "../model/graph";
import { isMap } from "../value/value";
import type { OpaqueStep } from "./compare";

const PROCESSES = new Set(["process_pool", "dedicated_process"]);

/** Steps that could not be compared, or not in full, and why; in the order of the graph. */
export function opaqueSteps(graph: Graph, reached: ReadonlySet<string>): readonly OpaqueStep[] {
  const steps = graph.root.kind === "router" ? [graph.root] : [...graph.steps.values()];
  return steps.flatMap((step): OpaqueStep[] => {
    if (inOtherProcess(step)) return [{ step: step.key, why: "other process" }];
    if (step.className === "$remote" || step.className?.endsWith("RemoteStep")) {
      return [{ step: step.key, why: "network" }];
    }
    const names = [step.key, step.name, step.name.replaceAll(":", "_")];
    return names.some((name) => reached.has(name)) ? [] : [{ step: step.key, why: "not reached" }];
  });
}

function inOtherProcess(step: Step): boolean {
  if (step.classArgs.get("executor_type") === "process") return true;
  const mechanisms = step.classArgs.get("execution_mechanism_by_model_name");
  return isMap(mechanisms) && [...mechanisms.values()].some((m) => PROCESSES.has(String(m)));
}
