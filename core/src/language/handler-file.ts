import type { FunctionFile } from "../model/file";
import { isMap } from "../value/value";
import { decodeUtf8, fromBase64 } from "../value/bytes";

/** Where the classes and handlers of a graph file are defined. */
export interface HandlerSource {
  /** Python that the function itself carries (`spec.build.functionSourceCode`); null when it carries none. */
  readonly embedded: string | null;
  /** Names of files beside it, the likeliest first; the first that exists holds them. */
  readonly files: readonly string[];
}

/** Where a graph file's code may be. `fileName` is its own name without folders, `file` null while it can't be read. */
export function handlerSource(file: FunctionFile | null, fileName: string): HandlerSource {
  const build = file?.spec.get("build");
  const told = isMap(build) ? [build.get("source"), build.get("code_origin")] : [];
  const stem = graphFileStem(fileName);
  const named = [...told, file?.spec.get("command"), file?.spec.get("filename")].flatMap((value) =>
    typeof value === "string" && /^(\.\/)?[^/\\:]+\.py$/.test(value) ? [value.replace(/^\.\//, "")] : [],
  );
  // A name is text of the file: it must not lead out of the folder.
  const called = file?.name && /^\w[\w.-]*$/.test(file.name) ? file.name : stem;
  const own = [stem, stem.replace(/-/g, "_"), called].map((name) => `${name}.py`);
  const code = isMap(build) ? build.get("functionSourceCode") : undefined;
  const embedded = typeof code === "string" && code !== "" ? decodeUtf8(fromBase64(code)) : null;
  return { embedded, files: [...new Set([...named, ...own])] };
}

/** `score` for `score.graph.yaml`, `function` for `function.yaml`. */
export function graphFileStem(fileName: string): string {
  return fileName.replace(/\.(ya?ml|json)$/i, "").replace(/\.graph$/i, "");
}

/** Files that hold a graph by their name alone: `function.yaml`, `*.graph.yaml`, `*.graph.json`. */
export function isGraphFileName(fileName: string): boolean {
  return (
    /(^|\.)(graph\.(ya?ml|json)|function\.ya?ml)$/i.test(fileName) && !/^graph\.(ya?ml|json)$/i.test(fileName)
  );
}
