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

/**
 * A piece of the notebook's text that stands for a step, a class or a function: what definition, hover and rename
 * go by.
 */
export interface Mention {
  /** The text between the quotes of a string, or a name; the whole literal when it is not `exact`. */
  readonly range: SourceRange;
  /**
   * - `step`: a step of the graph, named (`name=`) or referred to (`after=`, `graph["x"]`);
   * - `class`: the class of a step; `handler`: its function, or the method of its class;
   * - `function`: a class argument that names a function (`_fn=`).
   */
  readonly role: "step" | "class" | "handler" | "function";
  /** Step, class or function as the graph knows it. */
  readonly name: string;
  /** Full name of the step that is meant, or whose class, handler or argument it is. */
  readonly step: string;
  /** Full name of the step in whose making the text stands; empty for the graph itself. */
  readonly owner: string;
  /** Gives the step its name. */
  readonly defines: boolean;
  /** The range holds the name letter by letter, so that another name can take its place. */
  readonly exact: boolean;
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
  /** Everything in the text that names the graph's steps and what they run, in the order of the steps. */
  readonly mentions: readonly Mention[];
  /** Of a graph file: places of the entries of each step's dictionary (of the graph's own for an empty name). */
  readonly fieldRanges?: ReadonlyMap<string, ReadonlyMap<string, SourceRange>>;
  readonly unknowns: readonly Unknown[];
  /** Calls that gave a step a name that an earlier step had, which is thereby gone. */
  readonly replaced: readonly { readonly step: string; readonly range: SourceRange | null }[];
  /** Ids of the cells whose text this graph depends on, in order. */
  readonly cells: readonly string[];
}

export interface ConstructorParameter {
  /** With its stars. */
  readonly name: string;
  readonly required: boolean;
}

/** A top-level `class`, `def`, lambda assignment or import of the notebook. */
export interface Definition {
  readonly name: string;
  readonly kind: "class" | "function" | "lambda" | "import" | "variable";
  readonly range: SourceRange;
  /** The name itself. */
  readonly nameRange: SourceRange;
  /** Base classes as written; the imported module and name for imports. */
  readonly bases?: readonly string[];
  readonly module?: string;
  /** Methods of a class, parameters of a function. */
  readonly members?: readonly string[];
  /** Where the names of a class's methods are written. */
  readonly places?: ReadonlyMap<string, SourceRange>;
  /** Parameters of a class's constructor without `self`, as `members` gives them; null when it has none of its own. */
  readonly constructorParameters?: readonly ConstructorParameter[] | null;
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
