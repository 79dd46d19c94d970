import { patchOf, patched } from "@graphcell/core";

/** Random plain JSON, and another like it. */
class Values {
  constructor(private seed: number) {}

  below(n: number): number {
    this.seed = (this.seed * 1103515245 + 12345) % 2 ** 31;
    return Math.floor((this.seed / 2 ** 31) * n);
  }

  value(depth: number): unknown {
    const kind = this.below(depth > 0 ? 6 : 4);
    if (kind < 2) return this.below(4);
    if (kind === 2) return `t${this.below(3)}`;
    if (kind === 3) return [null, true, ""][this.below(3)];
    const size = this.below(5);
    if (kind === 4) return Array.from({ length: size }, () => this.value(depth - 1));
    return Object.fromEntries(Array.from({ length: size }, (_, i) => [`f${i}`, this.value(depth - 1)]));
  }

  like(value: unknown, depth: number): unknown {
    if (this.below(6) === 0) return this.value(depth);
    if (Array.isArray(value)) {
      const items = value.map((item: unknown) => this.like(item, depth - 1));
      const at = this.below(items.length + 1);
      if (this.below(3) === 0) items.splice(at, this.below(3), ...(this.below(2) ? [this.value(1)] : []));
      return items;
    }
    if (typeof value !== "object" || value === null) return value;
    const entries = Object.entries(value).flatMap(([name, item]): [string, unknown][] =>
      this.below(6) === 0 ? (this.below(2) ? [[name, undefined]] : []) : [[name, this.like(item, depth - 1)]],
    );
    return Object.fromEntries(this.below(4) === 0 ? [...entries, ["new", this.value(1)]] : entries);
  }
}

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test("a patch makes the one value of the other, and says nothing of equal ones", () => {
  const values = new Values(7);
  for (let i = 0; i < 2000; i++) {
    const before = values.value(4);
    const after = values.like(before, 4);
    const patch = patchOf(before, after);
    if (patch === null) expect(plain(after)).toEqual(plain(before));
    else expect(patched(plain(before), plain(patch) as typeof patch)).toEqual(plain(after));
    expect(patchOf(before, plain(before))).toBeNull();
  }
});

test("one step of many costs no more than that step, and the others stay the same objects", () => {
  const steps = Array.from({ length: 100 }, (_, i) => [`s${i}`, { name: `s${i}`, kind: "task" }]);
  const after = plain(steps) as typeof steps;
  after[40] = ["renamed", { name: "renamed", kind: "task" }];
  after.splice(70, 0, ["added", { name: "added", kind: "task" }]);
  const patch = patchOf(steps, after);
  const renamed = { of: { name: { "=": "renamed" } } };
  expect(patchOf(steps.slice(0, 60), after.slice(0, 60))).toEqual({
    in: [
      [
        40,
        {
          in: [
            [0, { "=": "renamed" }],
            [1, renamed],
          ],
        },
      ],
    ],
  });
  const made = patch && (patched(steps, patch) as typeof steps);
  expect(made).toEqual(after);
  expect(made?.[3]).toBe(steps[3]);
  expect(made?.[90]).toBe(steps[89]);
});
