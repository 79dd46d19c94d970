import { CellList } from "graphcell/src/cellList";
import { FakeCell, FakeSharedNotebook } from "../../support/shared-notebook";

const tick = () => new Promise<void>((next) => queueMicrotask(next));

function listOf(...sources: string[]) {
  const cells = sources.map((source, i) => new FakeCell(`c${i}`, source));
  const shared = new FakeSharedNotebook(cells);
  const list = new CellList(shared as unknown as ConstructorParameters<typeof CellList>[0]);
  let told = 0;
  list.onChange(() => told++);
  return { cells, shared, list, told: () => told };
}

test("gives cells as plain values", () => {
  const { list, cells } = listOf("a = 1");
  cells[0].tags = ["graphcell-skip"];
  cells[0].ran(3);
  expect(list.cells).toEqual([
    { id: "c0", kind: "code", source: "a = 1", executionCount: 3, tags: ["graphcell-skip"] },
  ]);
});

test("tells many changes of one tick once", async () => {
  const { cells, told } = listOf("a", "b");
  cells[0].setSource("a1");
  cells[0].setSource("a12");
  cells[1].setSource("b1");
  await tick();
  expect(told()).toBe(1);
});

test("tells after the frame as long as who listens takes longer than a letter may wait", async () => {
  const cell = new FakeCell("c0", "");
  const shared = new FakeSharedNotebook([cell]) as unknown as ConstructorParameters<typeof CellList>[0];
  const put: (() => void)[] = [];
  const list = new CellList(shared, (work) => put.push(work));
  let busy = 20;
  const seen: string[] = [];
  list.onChange(() => {
    seen.push(list.cells[0].source);
    for (const end = performance.now() + busy; performance.now() < end;);
  });
  const type = async (text: string) => {
    cell.setSource(text);
    await tick();
  };
  // A first slow answer may be chance.
  await type("a");
  await type("ab");
  expect([seen, put.length]).toEqual([["a", "ab"], 0]);
  await type("abc");
  await type("abcd");
  expect([seen, put.length]).toEqual([["a", "ab"], 1]);
  busy = 0;
  put[0]();
  expect(seen).toEqual(["a", "ab", "abcd"]);
  await type("abcde");
  expect(seen).toEqual(["a", "ab", "abcd", "abcde"]);
});

test("keeps the objects of cells that did not change", () => {
  const { list, cells } = listOf("a", "b");
  const [a, b] = list.cells;
  cells[0].setSource("a1");
  expect(list.cells[0]).not.toBe(a);
  expect(list.cells[1]).toBe(b);
});

test("gives a new array after a change, and the same one without", () => {
  const { list, cells } = listOf("a");
  const before = list.cells;
  expect(list.cells).toBe(before);
  cells[0].setSource("b");
  expect(list.cells).not.toBe(before);
});

test("outputs are no change", async () => {
  const { cells, told } = listOf("a");
  cells[0].printed();
  await tick();
  expect(told()).toBe(0);
});

test("follows cells that come and forgets those that go", async () => {
  const { list, shared, cells, told } = listOf("a", "b");
  const added = new FakeCell("new", "c");
  shared.replaceCells([cells[1], added]);
  await tick();
  expect(list.cells.map((cell) => cell.id)).toEqual(["c1", "new"]);
  added.setSource("c1");
  await tick();
  cells[0].setSource("gone");
  await tick();
  expect(told()).toBe(2);
  expect(cells[0].changed.connections).toBe(0);
});

test("lets go of everything when disposed", async () => {
  const { list, shared, cells, told } = listOf("a");
  cells[0].setSource("b");
  list.dispose();
  await tick();
  expect(told()).toBe(0);
  expect([shared.changed.connections, cells[0].changed.connections]).toEqual([0, 0]);
});
