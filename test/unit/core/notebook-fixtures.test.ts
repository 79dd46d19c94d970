import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type ParsedNotebook, parseNotebook, readNotebook } from "@graphcell/core";
import { sketch } from "../../support/notebook";

const folder = join(__dirname, "notebook-fixtures");

function read(file: string): ParsedNotebook {
  const { cells, problems } = readNotebook(
    readFileSync(join(folder, file), "utf8"),
    file.endsWith(".py") ? "python" : "notebook",
  );
  expect(problems).toEqual([]);
  return parseNotebook(cells);
}

/** A file, its graphs, what is unknown of them, and its problems. */
const FIXTURES: Readonly<
  Record<string, { graphs: readonly string[]; unknowns?: readonly string[]; problems?: readonly string[] }>
> = {
  "features.ipynb": {
    graphs: [
      "clicks: DateExtractor MapValues<DateExtractor OneHotEncoder<MapValues Aggregates<OneHotEncoder",
    ],
    unknowns: ["OneHotEncoder class_name.class_args.mapping.country"],
  },
  "fraud-scoring.ipynb": {
    graphs: ["fraud-scoring: merchant!on-error on-error vote[forest-v1 logit-v2]<merchant flag<vote?"],
  },
  "messy.ipynb": {
    graphs: ["orders: enrich model<enrich check-{name}<model lost?"],
    unknowns: [
      "enrich class_name",
      "enrich call",
      "model condition",
      "check-{name} loop",
      "check-{name} name",
    ],
    problems: ["cell-does-not-parse"],
  },
  "pipeline.py": { graphs: ["text: split count<split"] },
  "sensor-stream.ipynb": {
    graphs: [
      "sensors: parse valid<parse Route<valid north_batch<Route north_out>dummy://north<north_batch south_batch<Route " +
        "south_sum<south_batch log<south_sum alert<north_out",
    ],
  },
};

test("every fixture is read", () => {
  expect(readdirSync(folder)).toEqual(Object.keys(FIXTURES));
});

test.each(Object.keys(FIXTURES))("%s", (file) => {
  const notebook = read(file);
  expect({
    graphs: notebook.graphs.map((g) => `${g.name}: ${sketch(g.graph)}`),
    unknowns: notebook.graphs.flatMap((g) => g.unknowns.map((u) => `${u.step ?? "-"} ${u.what}`)),
    problems: notebook.problems.map((p) => p.code),
  }).toEqual({ unknowns: [], problems: [], ...FIXTURES[file] });
});

test("every step of the fixtures has a place", () => {
  for (const file of Object.keys(FIXTURES)) {
    for (const { origins } of read(file).graphs) {
      for (const [step, origin] of origins)
        expect([file, step, origin.created === null]).toEqual([file, step, false]);
    }
  }
});
