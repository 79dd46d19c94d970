import { Disposables, type Disposable } from "@graphcell/core";
import type { Sessions } from "../sessions";

/**
 * What Graphcell adds to the text editor. Each provider is a file of its own in this folder with one function
 * `register...(sessions)`, called here.
 */
export function registerLanguage(_sessions: Sessions): Disposable {
  return new Disposables();
}
