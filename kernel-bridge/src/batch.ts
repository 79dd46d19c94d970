/** What the agent answers to a batch, typed: see python/graphcell_agent/batch.py. */
import { type BatchOutput, type PyMap, type PyValue, type SegmentOutput, asNumber } from "@graphcell/core";
import { decodeSegmentOutput, list, map, number, odd } from "./decode";
import { PickleReader, decodeBase64 } from "./pickle";

export function decodeBatchOutput(data: PyMap): BatchOutput {
  const count = number(data.get("count"), "count");
  const outputs = new Map<number, SegmentOutput>(
    pairs(data.get("outputs")).map(([at, output]) => [at, decodeSegmentOutput(map(output, "output"))]),
  );
  const dropped = new Map(pairs(data.get("dropped") ?? []).map(([at, step]) => [at, number(step, "step")]));
  const values = decodeValues(data.get("values") ?? "");
  for (const [at, value] of pairs(data.get("others") ?? [])) values[at] = value;
  if (values.length + dropped.size + outputs.size !== count) throw odd("count");
  const numbers = (name: string) => list(data.get(name) ?? [], name).map((n) => number(n, name));
  return {
    count,
    took: asNumber(data.get("took") ?? 0),
    values,
    dropped,
    outputs,
    entered: numbers("entered"),
    emitted: numbers("emitted"),
    ms: numbers("ms"),
  };
}

function decodeValues(text: PyValue): PyValue[] {
  if (typeof text !== "string") throw odd("values");
  const reader = new PickleReader(decodeBase64(text));
  const values: PyValue[] = [];
  while (!reader.done) values.push(reader.next());
  return values;
}

/** Pairs of an index and what belongs to it. */
function pairs(value: PyValue | undefined): (readonly [number, PyValue])[] {
  return list(value, "pairs").map((item) => {
    const [at, other] = list(item, "pair");
    return [number(at, "index"), other];
  });
}
