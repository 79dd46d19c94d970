import type { Graph } from "../model/graph";
import type { Problem } from "../model/problem";
import type { PyMap } from "../value/value";
import type { SourceRange } from "../source";

/** Where a step comes from. Keys of the maps below are full step names (`router/route` for a route). */
export interface StepOrigin {
  /** The call that creates it. */
  readonly created: SourceRange | null;
  /** The `class` or `def` that its class or handler names, when the notebook has it. */
  readonly definition: SourceRange | null;
  /** The string or name that refers to the class or handler, for rename and for fixes. */
  readonly reference: SourceRange | null;
  /** The string that gives the step its name. */
  readonly nameRange: SourceRange | null;
}

/** What can't be known without running: shown on the step or graph as such. */
export interface Unknown {
  readonly step: string | null;
  /** What is not known: `name`, `class_args.x`, `loop`, `condition`, `call`, ... */
  readonly what: string;
  /** One sentence, for example "the number of rounds of this loop is known only to the kernel". */
  readonly reason: string;
  readonly range: SourceRange | null;
}

/** A graph as the notebook's text builds it. */
export interface ParsedGraph {
  /** What the graph chooser shows and `--graph` takes: the function's name, else the variable's. */
  readonly name: string;
  readonly variable: string | null;
  /** All variables that hold the function or its graph. */
  readonly variables: readonly string[];
  readonly functionName: string | null;
  readonly kind: "serving" | "feature-set" | "storey";
  readonly graph: Graph;
  /** Function spec beside the graph, as far as it is written: `load_mode`, `parameters`, `function_refs`, ... */
  readonly spec: PyMap;
  /** Where the graph is set up (`set_topology`, the dict, the feature set). */
  readonly range: SourceRange | null;
  readonly origins: ReadonlyMap<string, StepOrigin>;
  readonly unknowns: readonly Unknown[];
  /** Calls that gave a step a name that an earlier step had, which is thereby gone. */
  readonly replaced: readonly { readonly step: string; readonly range: SourceRange | null }[];
  /** Ids of the cells whose text this graph depends on, in order. */
  readonly cells: readonly string[];
}

/** A top-level `class`, `def`, lambda assignment or import of the notebook. */
export interface Definition {
  readonly name: string;
  readonly kind: "class" | "function" | "lambda" | "import" | "variable";
  readonly range: SourceRange;
  /** Base classes as written; the imported module and name for imports. */
  readonly bases?: readonly string[];
  readonly module?: string;
  /** Methods of a class, parameters of a function. */
  readonly members?: readonly string[];
}

export interface ParsedNotebook {
  readonly graphs: readonly ParsedGraph[];
  /** Last definition of each name wins, in the order of cells. */
  readonly definitions: ReadonlyMap<string, Definition>;
  /** Names that may come from `from x import *`, `%run`, `exec`: then a missing name is no problem. */
  readonly openNamespace: boolean;
  /** Cells that don't parse, half-typed calls; never thrown. */
  readonly problems: readonly Problem[];
  /** True where a cell is half typed and a graph above is its last good picture. */
  readonly stale: boolean;
}
