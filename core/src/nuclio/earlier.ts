/** Functions as they were, and as they are without a graph at hand: what going back and starting again need. */
import type { FunctionPlan } from "./function-plan";
import type { FunctionConfig } from "./function-spec";
import type { DeployedFunction } from "./function-state";
import type { HistoryPort } from "./push";

/** What a function was before a push. */
export interface EarlierVersion {
  /** When it was replaced, as text that sorts by time. */
  readonly at: string;
  read(): Promise<DeployedFunction | null>;
}

/** Keeps versions, and finds them again, newest first. */
export interface VersionStore extends HistoryPort {
  versions(name: string): Promise<readonly EarlierVersion[]>;
}

/** A function that was read, as it is sent: without what the cluster added itself. */
export function configOf(old: DeployedFunction): FunctionConfig {
  const { name, labels, annotations, spec } = old;
  const { image, ...kept } = spec;
  const build = kept["build"];
  const hasSource = typeof build === "object" && build !== null && "functionSourceCode" in build;
  return { metadata: { name, labels, annotations }, spec: hasSource ? kept : { ...kept, image } };
}

/** A function of that name, of which no more is known. */
export function namedFunction(name: string): FunctionPlan {
  return {
    key: "",
    name,
    lines: [],
    steps: [],
    calls: new Map<string, string>(),
    queue: null,
    runtime: "python",
    config: { metadata: { name, labels: {} }, spec: {} },
    own: "",
    source: "",
  };
}
