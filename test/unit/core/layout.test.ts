import {
  type Box,
  type Direction,
  type LayoutOptions,
  type Picture,
  type PictureNode,
  type Placement,
  layout,
} from "@graphcell/core";
import { drawnPicture, randomPicture } from "../../support/pictures";

const sizes = (node: PictureNode) =>
  node.kind === "start" ? { width: 14, height: 14 } : { width: 100, height: 28 };

function place(picture: Picture, options: Partial<LayoutOptions> = {}): Placement {
  return layout(picture, { direction: "TB", sizes, collapsed: new Set(), ...options });
}

function box(placement: Placement, id: string): Box {
  const found = placement.nodes.get(id) ?? placement.groups.find((group) => group.id === id);
  if (!found) throw new Error(`nothing is placed as ${id}`);
  return found;
}

const middle = (b: Box) => b.x + b.width / 2;
const inside = (inner: Box, outer: Box) =>
  inner.x >= outer.x - 0.01 &&
  inner.y >= outer.y - 0.01 &&
  inner.x + inner.width <= outer.x + outer.width + 0.01 &&
  inner.y + inner.height <= outer.y + outer.height + 0.01;
const overlap = (a: Box, b: Box) =>
  a.x < b.x + b.width - 0.01 &&
  b.x < a.x + a.width - 0.01 &&
  a.y < b.y + b.height - 0.01 &&
  b.y < a.y + a.height - 0.01;

describe("a chain", () => {
  test("goes straight down with the same distance between steps", () => {
    const placed = place(drawnPicture("a > b > c"));
    const [a, b, c] = ["a", "b", "c"].map((id) => box(placed, id));
    expect([middle(b), middle(c)]).toEqual([middle(a), middle(a)]);
    expect(b.y - a.y).toBe(64);
    expect(c.y - b.y).toBe(64);
    expect(placed.edges.map((edge) => edge.id)).toEqual(["a>b", "b>c"]);
  });

  test("goes straight to the right when it flows left to right", () => {
    const placed = place(drawnPicture("a > b"), { direction: "LR" });
    const [a, b] = [box(placed, "a"), box(placed, "b")];
    expect(b.y).toBe(a.y);
    expect(b.x).toBe(a.x + 148);
  });
});

describe("branches and joins", () => {
  test("a step stands over the middle of what follows it", () => {
    const placed = place(drawnPicture("a > b, a > c"));
    expect(middle(box(placed, "a"))).toBeCloseTo((middle(box(placed, "b")) + middle(box(placed, "c"))) / 2);
  });

  test("a join lies below all that leads to it", () => {
    const placed = place(drawnPicture("a > b > c > d, a > d"));
    expect(box(placed, "d").y).toBeGreaterThan(box(placed, "c").y);
  });

  test("edges of a fan leave by the same point and share the first 12 pixels", () => {
    const { edges } = place(drawnPicture("a > b, a > c, a > d"));
    const [b, , d] = edges.map((edge) => edge.points);
    expect(edges.map((edge) => edge.points[0])).toEqual([b[0], b[0], b[0]]);
    expect(d[3]).toEqual(b[3]);
    expect(b[3]).toEqual({ x: b[0].x, y: b[0].y + 12 });
  });
});

describe("error handlers", () => {
  test("a handler stands beside what follows its step and does not bend the flow", () => {
    const placed = place(drawnPicture("a > b > c, a ! h"));
    const [a, b, h] = ["a", "b", "h"].map((id) => box(placed, id));
    expect(middle(b)).toBeCloseTo(middle(a), 1);
    expect(h.y).toBe(b.y);
    expect(h.x).toBeGreaterThan(b.x + b.width);
  });

  test("a handler of several steps stands by the first of them", () => {
    const placed = place(drawnPicture("a > b > c, a ! h, b ! h, c ! h"));
    expect(box(placed, "h").y).toBe(box(placed, "b").y);
    expect(placed.edges.filter((edge) => edge.kind === "error")).toHaveLength(3);
  });
});

describe("cycles", () => {
  test("the edge that closes a cycle is led around the outside", () => {
    const placed = place(drawnPicture("a > b > c > a"));
    const back = placed.edges.find((edge) => edge.id === "c>a");
    expect(back?.kind).toBe("back");
    const right = Math.max(...[...placed.nodes.values()].map((node) => node.x + node.width));
    expect(Math.max(...(back?.points ?? []).map((point) => point.x))).toBeGreaterThan(right);
    expect(placed.edges.filter((edge) => edge.kind === "back")).toHaveLength(1);
  });

  test("an edge from a step to itself is a loop at its side", () => {
    const placed = place(drawnPicture("a > a"));
    expect(placed.edges[0].points).toHaveLength(4);
    expect(placed.nodes.size).toBe(1);
  });
});

const grouped = drawnPicture("a > r > z, x > y", {
  groups: [
    { id: "r", kind: "router", label: "r", parent: null },
    { id: "function:f", kind: "function", label: "f", parent: null },
  ],
  nodes: {
    "r/1": { group: "r" },
    "r/2": { group: "r" },
    x: { group: "function:f" },
    y: { group: "function:f" },
  },
});

describe("groups", () => {
  test("a frame holds its own steps and nothing else", () => {
    const placed = place(grouped);
    for (const id of ["r/1", "r/2"]) expect(inside(box(placed, id), box(placed, "r"))).toBe(true);
    for (const id of ["x", "y"]) expect(inside(box(placed, id), box(placed, "function:f"))).toBe(true);
    expect(overlap(box(placed, "a"), box(placed, "r"))).toBe(false);
    expect(overlap(box(placed, "function:f"), box(placed, "r"))).toBe(false);
  });

  test("an edge to a frame ends at the frame's border", () => {
    const placed = place(grouped);
    const edge = placed.edges.find((e) => e.id === "a>r");
    expect(edge?.points.at(-1)?.y).toBeCloseTo(box(placed, "r").y);
  });

  test("a folded group is one box, and edges to what it holds are merged", () => {
    const picture = drawnPicture("a > x, a > y, x > b, y > b", {
      groups: [{ id: "g", kind: "flow", label: "g", parent: null }],
      nodes: { x: { group: "g" }, y: { group: "g" } },
    });
    const placed = place(picture, { collapsed: new Set(["g"]) });
    expect([...placed.nodes.keys()]).toEqual(["a", "b"]);
    expect(placed.groups).toMatchObject([{ id: "g", collapsed: true, width: 100, height: 28 }]);
    expect(placed.edges.map((edge) => edge.id)).toEqual(["a>g", "g>b"]);
  });

  test("many routes stand in rows", () => {
    const nodes = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`r/${i}`, { group: "r" }]));
    const picture = drawnPicture("a > r", {
      groups: [{ id: "r", kind: "router", label: "r", parent: null }],
      nodes,
    });
    const rows = new Set([...place(picture).nodes.values()].filter((n) => n.parent === "r").map((n) => n.y));
    expect(rows.size).toBeGreaterThan(1);
  });

  test("groups that hold each other by mistake are drawn all the same", () => {
    const picture = drawnPicture("a > b", {
      groups: [
        { id: "g", kind: "flow", label: "g", parent: "h" },
        { id: "h", kind: "flow", label: "h", parent: "g" },
      ],
      nodes: { a: { group: "g" }, b: { group: "h" } },
    });
    expect(place(picture).nodes.size).toBe(2);
  });
});

describe("odd pictures", () => {
  test.each([
    ["nothing", drawnPicture(""), 0],
    ["a step alone", drawnPicture("a"), 1],
    ["steps that nothing connects", drawnPicture("a, b, c, d"), 4],
    ["an edge to a step that is not there", { ...drawnPicture("a"), edges: drawnPicture("a > b").edges }, 1],
    [
      "an empty router",
      drawnPicture("a", { groups: [{ id: "r", kind: "router", label: "r", parent: null }] }),
      1,
    ],
  ])("%s", (_, picture, nodes) => {
    const placed = place(picture);
    expect(placed.nodes.size).toBe(nodes);
    expect(placed.width).toBeGreaterThan(0);
    expect(Number.isFinite(placed.height)).toBe(true);
  });
});

describe("what was there stays", () => {
  const moved = (before: Placement, after: Placement) =>
    [...before.nodes.values()].filter((node) => {
      const now = after.nodes.get(node.id);
      return now && (Math.abs(now.x - node.x) > 0.01 || Math.abs(now.y - node.y) > 0.01);
    });

  test.each<[string, string, string]>([
    ["a step at the end", "a > b > c", "a > b > c > d"],
    ["a second branch", "a > b > c", "a > b > c, a > d"],
    ["a third branch", "a > b, a > c", "a > b, a > c, a > d"],
    ["a handler", "a > b > c", "a > b > c, b ! h"],
    ["a branch taken away", "a > b, a > c > d", "a > b, a > c"],
  ])("%s", (_, before, after) => {
    const first = place(drawnPicture(before));
    expect(moved(first, place(drawnPicture(after), { previous: first }))).toEqual([]);
  });

  test("a step put between others moves only what follows, and only along the flow", () => {
    const first = place(drawnPicture("a > b > c"));
    const second = place(drawnPicture("a > n > b > c"), { previous: first });
    expect(moved(first, second).map((node) => node.id)).toEqual(["b", "c"]);
    expect(box(second, "b").x).toBe(box(first, "b").x);
  });

  test("what a wide title has moved to the middle of its frame does not move again", () => {
    const id = "function:a_function_with_a_long_name";
    const lane = { id, kind: "function", label: "a_function_with_a_long_name", parent: null } as const;
    const picture = drawnPicture("a > b > c", {
      groups: [lane],
      nodes: { b: { group: id }, c: { group: id, responder: true } },
    });
    let placed = place(picture);
    for (let i = 0; i < 3; i++) {
      const again = place(picture, { previous: placed });
      expect(again).toEqual(placed);
      placed = again;
    }
  });

  test("a placement of the other direction is not followed", () => {
    const picture = drawnPicture("a > b, a > c");
    const first = place(picture, { direction: "LR" });
    expect(place(picture, { previous: first })).toEqual(place(picture));
  });
});

describe("laws on random graphs", () => {
  const cases = [1, 2, 3, 4, 5, 6, 7, 8].flatMap((seed) =>
    (["TB", "LR"] as const).map((direction): [number, Direction] => [seed, direction]),
  );

  test.each(cases)("seed %i, %s", (seed, direction) => {
    const picture = randomPicture(20 + seed * 12, seed);
    const placed = place(picture, { direction });
    expect([...placed.nodes.keys()].sort()).toEqual(picture.nodes.map((node) => node.id).sort());
    expect(place(picture, { direction })).toEqual(placed);
    checkBoxes(placed);
    checkEdges(placed);
  });

  test.each(cases)("a leaf more moves nothing: seed %i, %s", (seed, direction) => {
    const picture = randomPicture(20 + seed * 12, seed, false);
    const placed = place(picture, { direction });
    const grown = place(withLeaf(picture, seed), { direction, previous: placed });
    checkBoxes(grown);
    checkEdges(grown);
    checkStable(placed, grown);
  });

  test.each(cases)("the same picture again is placed the same: seed %i, %s", (seed, direction) => {
    const picture = randomPicture(20 + seed * 12, seed);
    const placed = place(picture, { direction });
    expect(place(picture, { direction, previous: placed }).nodes).toEqual(placed.nodes);
  });

  function checkBoxes(placed: Placement): void {
    const nodes = [...placed.nodes.values()];
    const whole = { x: 0, y: 0, width: placed.width, height: placed.height };
    nodes.forEach((node, i) => {
      expect(inside(node, whole)).toBe(true);
      for (const other of nodes.slice(i + 1)) {
        if (overlap(node, other)) throw new Error(`${node.id} and ${other.id} overlap`);
      }
      for (const group of placed.groups) {
        const held = isIn(placed, node.parent, group.id);
        if (held !== inside(node, group) || (!held && overlap(node, group))) {
          throw new Error(`${node.id} is ${held ? "not " : ""}in ${group.id}`);
        }
      }
    });
  }

  function isIn(placed: Placement, parent: string | null, group: string): boolean {
    for (let at = parent; at !== null; at = placed.groups.find((g) => g.id === at)?.parent ?? null)
      if (at === group) return true;
    return false;
  }

  function checkEdges(placed: Placement): void {
    for (const edge of placed.edges) {
      expect(edge.points.length % 3).toBe(1);
      const ends = [
        [edge.points[0], box(placed, edge.from)],
        [edge.points[edge.points.length - 1], box(placed, edge.to)],
      ] as const;
      for (const [point, end] of ends) {
        const at = { x: point.x - 0.1, y: point.y - 0.1, width: 0.2, height: 0.2 };
        if (!overlap(at, end)) throw new Error(`${edge.id} does not end at its boxes`);
      }
      const through = [...placed.nodes.values()].find((node) => crosses(edge.points, node, edge));
      if (through) throw new Error(`${edge.id} goes through ${through.id}`);
    }
  }

  function crosses(
    points: Placement["edges"][number]["points"],
    node: Box & { id: string },
    edge: { from: string; to: string },
  ): boolean {
    if (node.id === edge.from || node.id === edge.to) return false;
    const core = { x: node.x + 1, y: node.y + 1, width: node.width - 2, height: node.height - 2 };
    for (let i = 0; i + 3 < points.length; i += 3) {
      for (let k = 0; k <= 10; k++) {
        const [t, s] = [k / 10, 1 - k / 10];
        const at = (axis: "x" | "y") =>
          s ** 3 * points[i][axis] +
          3 * s * s * t * points[i + 1][axis] +
          3 * s * t * t * points[i + 2][axis] +
          t ** 3 * points[i + 3][axis];
        if (overlap({ x: at("x"), y: at("y"), width: 0.1, height: 0.1 }, core)) return true;
      }
    }
    return false;
  }

  function withLeaf(picture: Picture, seed: number): Picture {
    const free = picture.nodes.filter((node) => node.group === null);
    const parent = free[(seed * 7) % free.length];
    const leaf = { ...parent, id: "leaf", label: "leaf", kind: "task" as const };
    const edge = { from: parent.id, to: "leaf", kind: "flow" as const, truth: "agreed" as const };
    return { ...picture, nodes: [...picture.nodes, leaf], edges: [...picture.edges, edge] };
  }

  /** All that was there moves by the same way, if it moves at all. */
  function checkStable(before: Placement, after: Placement): void {
    const ways = new Set<string>();
    for (const node of before.nodes.values()) {
      const now = box(after, node.id);
      ways.add(`${Math.round(now.x - node.x)} ${Math.round(now.y - node.y)}`);
    }
    expect([...ways]).toHaveLength(1);
  }
});
