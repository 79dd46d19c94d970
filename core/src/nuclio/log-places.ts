import type { SourceLine } from "./source";
import type { Explained } from "./explain";

/** A line of a log, from 0, that speaks of a line of the notebook. */
export interface LogPlace {
  readonly line: number;
  readonly place: SourceLine;
}

/** Lines of a function's log that name a line of its source, as tracebacks do, and where that is in the notebook. */
export function logPlaces(text: string, fn: Pick<Explained, "lines">): readonly LogPlace[] {
  return text.split("\n").flatMap((said, line): LogPlace[] => {
    const frame = /File "(?:[^"]*\/)?main\.py", line (\d+)/.exec(said);
    const place = frame && fn.lines[Number(frame[1]) - 1];
    return place ? [{ line, place }] : [];
  });
}
