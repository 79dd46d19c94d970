import {
  type Picture,
  type PictureEdge,
  type PictureGroup,
  type PictureNode,
  type Placement,
  edgeId,
  renames,
} from "@graphcell/core";

/**
 * Which drawn element a step is, whatever its name: a step whose name is being typed keeps its box and its place. Keys
 * are the ids that the steps had first.
 */
export class Identities {
  private before: Picture | null = null;
  private keys: ReadonlyMap<string, string> = new Map();
  private ids: ReadonlyMap<string, string> = new Map();

  /** Forgets all: another graph is drawn. */
  clear(): void {
    this.before = null;
    this.keys = this.ids = new Map();
  }

  /** Takes in the next picture of the same graph. */
  follow(picture: Picture): void {
    if (this.before === picture) return;
    const { before } = this;
    this.before = picture;
    if (!before) return;
    const renamed = renames(before, picture);
    const known = new Set([...before.nodes, ...before.groups].map(({ id }) => id));
    if (renamed.size === 0 && this.keys.size === 0) return;
    const held = [...picture.nodes, ...picture.groups].map(({ id }) => id);
    const keys = new Map<string, string>();
    const ids = new Map<string, string>();
    const claim = (id: string, key: string) => void (keys.set(id, key), ids.set(key, id));
    for (const id of held) {
      const old = renamed.get(id) ?? id;
      if (known.has(old)) claim(id, this.keys.get(old) ?? old);
    }
    for (const id of held) {
      if (keys.has(id)) continue;
      // A new step may have the name that another one had when it was first drawn.
      let key = id;
      for (let n = 2; ids.has(key); n++) key = `${id}\n${n}`;
      claim(id, key);
    }
    [this.keys, this.ids] = [keys, ids];
  }

  keyOf(id: string): string {
    return this.keys.get(id) ?? id;
  }

  /** The picture with keys for ids, as the layout gets it: so it knows again what has another name. */
  keyed(picture: Picture): Picture {
    if (this.keys.size === 0) return picture;
    const key = (id: string) => this.keyOf(id);
    const group = (id: string | null) => (id === null ? null : key(id));
    return {
      nodes: picture.nodes.map((node): PictureNode => ({
        ...node,
        id: key(node.id),
        group: group(node.group),
      })),
      edges: picture.edges.map((edge): PictureEdge => ({ ...edge, from: key(edge.from), to: key(edge.to) })),
      groups: picture.groups.map((g): PictureGroup => ({ ...g, id: key(g.id), parent: group(g.parent) })),
    };
  }

  /** A placement of keys as one of ids. */
  named(placement: Placement): Placement {
    if (this.ids.size === 0) return placement;
    const id = (key: string) => this.ids.get(key) ?? key;
    const parent = (key: string | null) => (key === null ? null : id(key));
    return {
      ...placement,
      nodes: new Map(
        [...placement.nodes].map(([key, node]) => [
          id(key),
          { ...node, id: id(key), parent: parent(node.parent) },
        ]),
      ),
      groups: placement.groups.map((g) => ({ ...g, id: id(g.id), parent: parent(g.parent) })),
      edges: placement.edges.map((edge) => {
        const [from, to] = [id(edge.from), id(edge.to)];
        // A back edge of the picture may be one of the flow here, and the other way round: the sign is the same.
        return { ...edge, from, to, id: edgeId({ from, to, kind: edge.kind }) };
      }),
    };
  }
}
