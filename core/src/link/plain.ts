/** The state as plain JSON and back. Only the chosen graph has fields that JSON has no form for. */
import type { Overlay } from "../draw/picture";
import type { GraphState } from "../session/state";

/** A field of the chosen graph as plain JSON. */
export function plainField(name: keyof GraphState, graph: GraphState): unknown {
  switch (name) {
    case "steps":
      return [...graph.steps];
    case "collapsed":
      return [...graph.collapsed];
    case "overlay":
      return graph.overlay && plainOverlay(graph.overlay);
    default:
      return graph[name];
  }
}

/** The field that such JSON stands for. Comes from our own process: its form is known. */
export function fieldOf(name: string, plain: unknown): unknown {
  switch (name) {
    case "steps":
      return new Map(plain as readonly [string, unknown][]);
    case "collapsed":
      return new Set(plain as readonly string[]);
    case "overlay":
      return plain === null ? null : overlayOf(plain as PlainOverlay);
    default:
      return plain;
  }
}

type Entries<V> = readonly (readonly [string, V])[];

interface PlainOverlay {
  readonly steps: Entries<Overlay["steps"] extends ReadonlyMap<string, infer V> ? V : never>;
  readonly edges: Entries<number>;
  readonly path: { readonly nodes: readonly string[]; readonly edges: readonly string[] } | null;
  readonly outdated: boolean;
}

function plainOverlay({ steps, edges, path, outdated }: Overlay): PlainOverlay {
  return {
    steps: [...steps],
    edges: [...edges],
    path: path && { nodes: [...path.nodes], edges: [...path.edges] },
    outdated,
  };
}

function overlayOf({ steps, edges, path, outdated }: PlainOverlay): Overlay {
  return {
    steps: new Map(steps),
    edges: new Map(edges),
    path: path && { nodes: new Set(path.nodes), edges: new Set(path.edges) },
    outdated,
  };
}
