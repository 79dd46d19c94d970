import { type Explained, explainAnswer, lastTraceback, explainText } from "@graphcell/core/nuclio";

const SOURCE = [
  "import math",
  "",
  "class Clean:",
  "    def __init__(self):",
  "        self.x = 1 / 0",
  "",
  "y = 1",
];
const FN: Explained = {
  name: "words",
  source: SOURCE.join("\n"),
  lines: SOURCE.map((_, i) => ({ cellId: "c", cell: 2, line: i + 10 })),
  steps: ["clean", "score"],
  calls: new Map([
    ["clean", "Clean"],
    ["score", "Score"],
  ]),
  queue: null,
};
const trace = (line: number, error: string): string =>
  `Traceback (most recent call last):\n  File "/opt/nuclio/main.py", line ${line}, in __init__\n    self.x = 1 / 0\n  File "/usr/lib/python3/x.py", line 3, in f\n    g()\n${error}`;

test("a step is found by its class around the line that raised", () => {
  const text = trace(5, "ZeroDivisionError: division by zero");
  expect(explainText(text, text, FN)).toMatchObject({
    sentence: 'Step "clean" could not be made: ZeroDivisionError: division by zero (cell 3, line 14).',
    step: "clean",
    place: { cell: 2, line: 14 },
  });
});

test("a line outside of any definition is no step's", () => {
  const text = trace(7, "NameError: name 'z' is not defined");
  expect(explainText(text, text, FN)).toMatchObject({ step: null, place: { line: 16 } });
});

test("MLRun's own word for the step goes first", () => {
  const text = trace(1, "TypeError: failed to init step score");
  expect(explainText(text, text, FN).step).toBe("score");
});

test("the last of several tracebacks counts, also one that is written as JSON", () => {
  const json = JSON.stringify({
    datetime: "x",
    level: "error",
    message: "m",
    with: { traceback: trace(5, "ValueError: b") },
  });
  expect(lastTraceback(`${trace(1, "KeyError: 'a'")}\n${json}`)).toMatchObject({ last: "ValueError: b" });
  expect(lastTraceback("no traceback")).toBeNull();
});

test("a Python exception of a handler tells its line", () => {
  const text = `Exception caught in handler - "x": ${trace(5, "ZeroDivisionError: division by zero")}`;
  expect(explainAnswer(500, text, FN).sentence).toBe(
    "A step raised ZeroDivisionError: division by zero (cell 3, line 14).",
  );
});
