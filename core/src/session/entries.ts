import type { GraphChoice } from "./state";
import type { KernelGraphInfo, NamespaceReport } from "./ports";
import type { Graph } from "../model/graph";
import type { Problem } from "../model/problem";
import type { ParsedGraph, ParsedNotebook } from "../notebook/parsed";
import { decodeGraph } from "../model/decode";

/** A graph of the notebook: as its text says, as the kernel holds it, or both. */
export interface GraphEntry {
  /** Stable while the graph keeps its name and its variable. */
  readonly id: string;
  readonly name: string;
  readonly parsed: ParsedGraph | null;
  readonly kernel: KernelEntry | null;
}

export interface KernelEntry {
  readonly info: KernelGraphInfo;
  readonly graph: Graph;
  readonly problems: readonly Problem[];
}

/** Decodes the kernel's dictionaries, each revision once. */
export class KernelGraphs {
  private known: ReadonlyMap<KernelGraphInfo, KernelEntry> = new Map();

  of(report: NamespaceReport | null): readonly KernelEntry[] {
    const next = new Map<KernelGraphInfo, KernelEntry>();
    for (const info of report?.graphs ?? []) {
      next.set(info, this.known.get(info) ?? { info, ...decodeGraph(info.graph) });
    }
    this.known = next;
    return [...next.values()];
  }
}

/**
 * Pairs the graphs of the text with those of the kernel: by variable first, then by name. Two graphs of one name (a
 * notebook that makes a function anew under another variable) stay apart by their variables.
 */
export function pairGraphs(
  parsed: ParsedNotebook | null,
  kernel: readonly KernelEntry[],
): readonly GraphEntry[] {
  const left = new Set(kernel);
  const take = (fits: (k: KernelEntry) => boolean): KernelEntry | null => {
    for (const candidate of left) {
      if (fits(candidate)) {
        left.delete(candidate);
        return candidate;
      }
    }
    return null;
  };
  const texts = parsed?.graphs ?? [];
  const pairs = new Map<ParsedGraph, KernelEntry>();
  for (const strict of [true, false]) {
    for (const text of texts) {
      if (pairs.has(text)) continue;
      const found = take((k) => {
        if (k.info.kind !== text.kind) return false;
        const variable = text.variables.some((name) => k.info.variables.includes(name));
        const name = text.functionName !== null && sameName(k.info.name, text.functionName);
        return strict ? variable && (name || text.functionName === null) : variable || name;
      });
      if (found) pairs.set(text, found);
    }
  }
  const entries = texts.map((text) => entryOf(text, pairs.get(text) ?? null));
  for (const k of kernel) if (left.has(k)) entries.push(entryOf(null, k));
  return withUniqueIds(entries);
}

/** MLRun writes a function's name in lower case, with dashes. */
function sameName(one: string, other: string): boolean {
  const written = (name: string) => name.replace(/\s+|_/g, "-").toLowerCase();
  return written(one) === written(other);
}

function entryOf(parsed: ParsedGraph | null, kernel: KernelEntry | null): GraphEntry {
  const name = parsed?.name ?? kernel?.info.name ?? kernel?.info.variables[0] ?? "graph";
  return { id: name, name, parsed, kernel };
}

function withUniqueIds(entries: readonly GraphEntry[]): readonly GraphEntry[] {
  const seen = new Map<string, number>();
  return entries.map((entry) => {
    const count = (seen.get(entry.name) ?? 0) + 1;
    seen.set(entry.name, count);
    return count === 1 ? entry : { ...entry, id: `${entry.name}#${count}` };
  });
}

/** The graph that is run: what the kernel holds, for that is what would be deployed; else what is written. */
export function runnableGraph(entry: GraphEntry): Graph | null {
  return entry.kernel?.graph ?? entry.parsed?.graph ?? null;
}

export function choiceOf(entry: GraphEntry): GraphChoice {
  const graph = entry.parsed?.graph ?? entry.kernel?.graph;
  return {
    id: entry.id,
    name: entry.id,
    kind: entry.parsed?.kind ?? entry.kernel?.info.kind ?? "serving",
    where: entry.parsed && entry.kernel ? "both" : entry.parsed ? "text" : "kernel",
    steps: graph ? graph.steps.size : 0,
  };
}
