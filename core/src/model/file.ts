import { decodeGraph } from "./decode";
import type { Graph } from "./graph";
import type { Problem } from "./problem";
import { TextError, parseYaml } from "./yaml";
import { GraphcellError } from "../errors";
import { JsonError, parseJson } from "../value/json";
import { PyRaise } from "../value/raise";
import { type PyMap, type PyValue, isMap } from "../value/value";

/** A graph file: a function (`function.yaml`, its JSON) or a bare graph. */
export interface FunctionFile {
  /** The function's name; null for a bare graph. */
  readonly name: string | null;
  readonly graph: Graph;
  /** The function's spec beside the graph; empty for a bare graph. */
  readonly spec: PyMap;
  readonly problems: readonly Problem[];
}

/**
 * Reads the text of a function, of a deployed serving spec or of a graph, JSON or YAML. Numbers keep their kind and
 * size. Throws `GraphcellError` (`GC_JSON`, `GC_YAML`, `GC_NO_GRAPH`) when it is neither or holds no graph; what is
 * wrong inside the graph is told in `problems`.
 */
export function readFunctionText(text: string): FunctionFile {
  return readFunction(parseText(text));
}

/** The same from a value that was already read: `fn.to_dict()`, a serving spec, or a graph's dictionary. */
export function readFunction(value: PyValue): FunctionFile {
  if (!isMap(value)) throw noGraph("It holds no mapping.");
  const spec = value.get("spec");
  if (isMap(spec)) {
    const metadata = value.get("metadata");
    const name = isMap(metadata) ? metadata.get("name") : undefined;
    return readSpec(spec, name, 'Its "spec" has no "graph".');
  }
  if (value.has("graph") && !value.has("steps") && !value.has("routes")) {
    return readSpec(value, value.get("function_name"), 'Its "graph" is no mapping.');
  }
  if (!["steps", "routes", "kind", "engine", "allow_cyclic"].some((name) => value.has(name))) {
    throw noGraph('It has neither "spec", "steps" nor "routes".');
  }
  return { name: null, spec: new Map(), ...decodeGraph(value) };
}

/** A spec with the graph among its entries. */
function readSpec(spec: PyMap, name: PyValue | undefined, without: string): FunctionFile {
  const graph = spec.get("graph");
  if (!isMap(graph)) throw noGraph(without);
  const rest = new Map([...spec].filter(([key]) => key !== "graph"));
  return { name: typeof name === "string" ? name : null, spec: rest, ...decodeGraph(graph) };
}

/** Reads JSON or YAML; throws `GraphcellError`, a `TextError` where the place is known. */
export function parseText(text: string): PyValue {
  if (!text.trimStart().startsWith("{")) return parseYaml(text);
  try {
    return parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonError || error instanceof PyRaise)) throw error;
    // A flow mapping of YAML begins with a brace too.
    try {
      return parseYaml(text);
    } catch {
      const message = `The text is not JSON: ${error.message}.`;
      if (error instanceof JsonError)
        throw new TextError("GC_JSON", message, "Correct it there.", error.offset);
      throw new GraphcellError("GC_JSON", message, "Correct it there.");
    }
  }
}

function noGraph(why: string): GraphcellError {
  return new GraphcellError(
    "GC_NO_GRAPH",
    `The file holds no graph. ${why}`,
    'Give a function (with "spec" and in it "graph") or a graph (with "steps" or "routes").',
  );
}
