import type { Picture, PictureEdge, PictureGroup, PictureNode } from "@graphcell/core";

const KINDS = { ">": "flow", "!": "error", "<": "back" } as const;

/** A step of a picture, all plain but what is given. */
export function pictureNode(id: string, more: Partial<PictureNode> = {}): PictureNode {
  return {
    id,
    label: id.slice(id.lastIndexOf("/") + 1),
    detail: "",
    kind: id === ":start" ? "start" : "task",
    responder: false,
    group: null,
    truth: "agreed",
    unknown: [],
    problems: null,
    ...more,
  };
}

/**
 * A picture from chains: `a > b > c, b ! h`. `>` is a flow edge, `!` an error edge, `<` one that closes a cycle. Names of
 * groups may stand in chains; `nodes` says more of a node, and adds those that no chain names.
 */
export function drawnPicture(
  chains: string,
  more: {
    readonly groups?: readonly PictureGroup[];
    readonly nodes?: Readonly<Record<string, Partial<PictureNode>>>;
  } = {},
): Picture {
  const groups = more.groups ?? [];
  const nodes = new Map<string, PictureNode>();
  const edges: PictureEdge[] = [];
  const add = (id: string) => {
    if (!nodes.has(id) && !groups.some((group) => group.id === id))
      nodes.set(id, pictureNode(id, more.nodes?.[id]));
  };
  for (const chain of chains.split(",")) {
    const words = chain.trim().split(/\s+/);
    if (words[0] === "") continue;
    add(words[0]);
    for (let i = 1; i + 1 < words.length; i += 2) {
      add(words[i + 1]);
      const sign = words[i];
      if (sign !== ">" && sign !== "!" && sign !== "<") throw new Error(`no edge is written ${sign}`);
      edges.push({ from: words[i - 1], to: words[i + 1], kind: KINDS[sign], truth: "agreed" });
    }
  }
  for (const id of Object.keys(more.nodes ?? {})) add(id);
  return { nodes: [...nodes.values()], edges, groups };
}

/** A generator of numbers from 0 to 1, the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A graph as people write them: mostly chains, with branches, joins, cycles, handlers, lanes and routers. With `gaps` a
 * few steps begin parts of their own.
 */
export function randomPicture(count: number, seed: number, gaps = true): Picture {
  const random = seeded(seed);
  const pick = (n: number) => Math.floor(random() * n);
  const groups: PictureGroup[] = [
    { id: "function:one", kind: "function", label: "one", parent: null },
    { id: "function:two", kind: "function", label: "two", parent: null },
    { id: "router", kind: "router", label: "router", parent: "function:two" },
  ];
  const names = groups.map((group) => group.id);
  const nodes: PictureNode[] = [];
  const edges: PictureEdge[] = [];
  const join = (from: number, to: number, kind: PictureEdge["kind"]) =>
    edges.push({ from: `s${from}`, to: `s${to}`, kind, truth: "agreed" });
  for (let i = 0; i < count; i++) {
    const group = random() < 0.35 ? names[pick(names.length)] : null;
    nodes.push(pictureNode(`s${i}`, { group }));
    if (i === 0 || (random() < 0.04 && gaps)) continue;
    join(Math.max(0, i - 1 - pick(5)), i, "flow");
    if (random() < 0.15) join(pick(i), i, "flow");
    if (random() < 0.04) join(i, pick(i), "flow");
    if (random() < 0.06) join(pick(i), i, "error");
  }
  return { nodes, edges, groups };
}

/** A large graph of one part: `count` steps, each after one of the six before it, every fourth after a second one. */
export function largePicture(count: number, seed = 7): Picture {
  const random = seeded(seed);
  const nodes = Array.from({ length: count }, (_, i) => pictureNode(`s${i}`, { label: `step ${i}` }));
  const edges: PictureEdge[] = [];
  for (let i = 1; i < count; i++) {
    const first = Math.max(0, i - 1 - Math.floor(random() * 6));
    edges.push({ from: `s${first}`, to: `s${i}`, kind: "flow", truth: "agreed" });
    const second = Math.max(0, i - 2 - Math.floor(random() * 20));
    if (random() < 0.25 && second !== first)
      edges.push({ from: `s${second}`, to: `s${i}`, kind: "flow", truth: "agreed" });
  }
  return { nodes, edges, groups: [] };
}
