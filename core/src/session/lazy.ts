import type { ScriptPort } from "./ports";
import { GraphcellError } from "../errors";

/** Scripts whose port comes when somebody first asks: most notebooks have none. */
export function lazyScripts(load: () => Promise<ScriptPort>): ScriptPort {
  let loaded: Promise<ScriptPort> | null = null;
  const port = (): Promise<ScriptPort> => (loaded ??= fetchedPart(load()));
  return {
    executor: async (graph, cancel) => (await port()).executor(graph, cancel),
    names: async (graph) => (await port()).names(graph),
  };
}

/**
 * A part of the simulator that a page fetches when it is first needed; throws `GC_ENGINE` when it does not come. What
 * went wrong is the address of a file to the browser: nothing that helps a reader.
 */
export async function fetchedPart<T>(part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch {
    throw new GraphcellError(
      "GC_ENGINE",
      "The simulator could not be loaded: the server did not give its file.",
      "See whether the Jupyter server still runs, then try again; reload the page if it was updated meanwhile.",
    );
  }
}
