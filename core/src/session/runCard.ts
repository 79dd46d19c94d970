import type { ResultCard } from "./card";
import { type GraphEntry, runnableGraph } from "./entries";
import { SHOWN_RECORDS } from "./present";
import type { Run } from "./run";
import { encodeGraph } from "../model/encode";
import { toWire } from "../value/wire";

/** Events that a card tells one by one while they run. */
const LIVE_EVENTS = 200;

/** The card of a run: of one that goes on, as far as it has come. */
export function runCard(entry: GraphEntry, run: Run): ResultCard {
  const graph = runnableGraph(entry);
  const { failure, ms, done, total } = run.state;
  const results = run.resultsSoFar(LIVE_EVENTS);
  return {
    version: 1,
    graphName: entry.name,
    graph: graph ? toWire(encodeGraph(graph)) : null,
    events: run.items.flatMap((item, i) => {
      const result = results.get(item);
      return result ? [{ id: run.firstId(i), name: item.name, run: result }] : [];
    }),
    records: run.firstRecords(run.running ? SHOWN_RECORDS : SHOWN_RECORDS * 10),
    failure,
    ms,
    ...(run.running ? { progress: { done, total } } : {}),
  };
}
