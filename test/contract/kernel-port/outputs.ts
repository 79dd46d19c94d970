/** Outputs: all of them, in order, whatever their size. */
import type { PortCase } from "./case";
import { all, equal, holds, printed } from "./case";

const MB = 2 ** 20;

export const outputCases: readonly PortCase[] = [
  {
    name: "outputs come in order: streams, display data, result",
    async run({ port }) {
      const code = [
        "import sys",
        "print('one')",
        "print('two', file=sys.stderr)",
        "display({'application/x-test+json': {'three': 3}}, raw=True, metadata={'m': 1})",
        "4",
      ].join("\n");
      equal(
        await all(port.execute(code)),
        [
          { type: "stream", name: "stdout", text: "one\n" },
          { type: "stream", name: "stderr", text: "two\n" },
          { type: "data", data: { "application/x-test+json": { three: 3 } }, metadata: { m: 1 } },
          { type: "data", data: { "text/plain": "4" }, metadata: {} },
        ],
        "outputs",
      );
    },
  },
  {
    name: "an exception is an error output, and ends the execution normally",
    async run({ port }) {
      const [output, ...more] = await all(port.execute("raise KeyError('gone')"));
      holds(output?.type === "error", "the output is an error");
      if (output?.type !== "error") return;
      equal([output.name, output.value, more.length], ["KeyError", "'gone'", 0], "error");
      holds(output.traceback.join("\n").includes("KeyError"), "it has a traceback");
    },
  },
  {
    name: "code that does not parse is an error output",
    async run({ port }) {
      const outputs = await all(port.execute("def ("));
      equal(
        outputs.map((output) => output.type === "error" && output.name),
        ["SyntaxError"],
        "outputs",
      );
    },
  },
  {
    name: "code without outputs ends",
    async run({ port }) {
      equal(await all(port.execute("x = 1")), [], "outputs");
      equal(await all(port.execute("")), [], "outputs of nothing");
    },
  },
  {
    name: "5,000 outputs at once: none is lost, none out of order",
    async run({ port }) {
      const code = "for i in range(5000): display({'application/x-n+json': i}, raw=True)";
      const numbers = (await all(port.execute(code))).map(
        (output) => output.type === "data" && output.data["application/x-n+json"],
      );
      equal(numbers.length, 5000, "number of outputs");
      equal(numbers, [...numbers.keys()], "order");
    },
  },
  {
    name: "one output of 8 MB arrives whole",
    async run({ port }) {
      const code = `display({'application/x-big+json': {'text': 'é' * ${4 * MB}}}, raw=True)`;
      const [output] = await all(port.execute(code));
      const data = output?.type === "data" ? output.data["application/x-big+json"] : null;
      equal(JSON.stringify(data)?.length, 4 * MB + '{"text":""}'.length, "length");
    },
  },
  {
    name: "printing 20 MB loses nothing",
    async run({ port }) {
      const code = "for i in range(200): print('x' * 99_999)";
      let size = 0;
      for await (const output of port.execute(code))
        size += output.type === "stream" ? output.text.length : 0;
      equal(size, 200 * 100_000, "characters");
    },
  },
  {
    name: "code of 1 MB runs",
    async run({ port }) {
      equal(await printed(port, `print(len('${"x".repeat(MB)}'))`), String(MB), "length");
    },
  },
  {
    name: "text of any script passes both ways",
    async run({ port }) {
      equal(await printed(port, "print('ß 数据 🐍 \\u0000'[:-1] + '\\u2028')"), "ß 数据 🐍", "text");
    },
  },
  {
    name: "executions run one after the other, in the order of the calls",
    async run({ port }) {
      await all(port.execute("order = []"));
      const calls = [...Array(10).keys()].map((i) => all(port.execute(`order.append(${i})`)));
      await Promise.all(calls);
      equal(await printed(port, "print(order)"), "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]", "order");
    },
  },
  {
    name: "an execution runs though nobody takes its outputs",
    async run({ port }) {
      port.execute("unread = 'ran'");
      equal(await printed(port, "print(unread)"), "ran", "variable");
    },
  },
  {
    name: "leaving an execution early disturbs no later one",
    async run({ port }) {
      for await (const output of port.execute("for i in range(100): print(i)")) {
        holds(output.type === "stream", "an output came");
        break;
      }
      equal(await printed(port, "print('next')"), "next", "later output");
    },
  },
  {
    name: "nothing shows in the history, and the execution count stays",
    async run({ port }) {
      const look = "print(len(In), get_ipython().execution_count, 'look' in repr(In))";
      const before = await printed(port, look);
      equal(await printed(port, look), before, "In and execution count");
    },
  },
  {
    name: "input() fails at once instead of waiting for a person",
    async run({ port }) {
      const outputs = await all(port.execute("input('name? ')"));
      equal(
        outputs.map((output) => output.type === "error" && output.name),
        ["StdinNotImplementedError"],
        "outputs",
      );
    },
  },
  {
    name: "sys.exit does not end the kernel",
    async run({ port }) {
      await all(port.execute("kept = 5; import sys; sys.exit(1)"));
      equal(await printed(port, "print(kept)"), "5", "variable");
    },
  },
  {
    name: "the status is busy while code runs and idle afterwards",
    async run({ port }) {
      const seen: string[] = [];
      const listener = port.onStatus((status) => seen.push(status));
      await all(port.execute("pass"));
      listener.dispose();
      equal([port.language, port.status, seen], ["python", "idle", ["busy", "idle"]], "statuses");
    },
  },
];
