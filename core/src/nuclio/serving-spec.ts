import { gzipSync } from "fflate";
import { encodeAsMlrun } from "../model/encode";
import type { Graph } from "../model/graph";
import { dumpJson } from "../value/json";
import { type PyMap, type PyValue, dict, isMap } from "../value/value";
import { encodeUtf8, toBase64 } from "../value/bytes";
import type { MlrunVersion } from "./versions";

export interface SpecRequest {
  readonly graph: Graph;
  /** The function's spec beside the graph. */
  readonly spec: PyMap;
  readonly functionName: string;
  readonly project: string;
  /** Child functions by name, and the name under which each is deployed. */
  readonly children: ReadonlyMap<string, string>;
  readonly errorStream: string | null;
  readonly parameters: PyMap;
}

/** The serving spec that MLRun's runtime starts from; the same for the parent and its children. */
export function servingSpec(request: SpecRequest): PyMap {
  const { spec, project, functionName } = request;
  const taken = (name: string): PyValue => spec.get(name) ?? null;
  const made = dict({
    function_name: functionName,
    function_tag: "",
    function_uri: `${project}/${functionName}`,
    function_hash: null,
    project,
    version: "v2",
    parameters: merged(spec.get("parameters"), request.parameters),
    graph: encodeAsMlrun(request.graph, { strip: true }),
    load_mode: taken("load_mode"),
    functions: new Map(
      [...request.children].map(([name, own]): [string, string] => [name, `${project}/${own}`]),
    ),
    graph_initializer: taken("graph_initializer"),
    error_stream: request.errorStream ?? taken("error_stream"),
    track_models: taken("track_models"),
    default_content_type: taken("default_content_type"),
    model_endpoint_creation_task_name: null,
    streaming: taken("streaming"),
    filename: null,
  });
  const handlers = spec.get("api_handler_config");
  if (isMap(handlers) && handlers.size > 0) made.set("api_handler_config", handlers);
  return made;
}

function merged(own: PyValue | undefined, more: PyMap): PyMap {
  return new Map([...(isMap(own) ? own : []), ...more]);
}

/** Bytes of JSON above which a spec is packed: a screen of text may stay readable in the cluster. */
const READABLE = 4096;

/**
 * The value of `SERVING_SPEC_ENV`: JSON, or base64 of its gzip where it is long and the version unpacks it. No single
 * quote is ever in it: Nuclio's local platform passes the environment on a shell's command line.
 */
export function specVariable(spec: PyMap, version: MlrunVersion): string {
  const text = dumpJson(spec).replaceAll("'", "\\u0027");
  if (!version.readsPackedSpec || text.length <= READABLE) return text;
  // No time in the header: the same graph gives the same text.
  return toBase64(gzipSync(encodeUtf8(text), { level: 9, mtime: 0 }));
}
