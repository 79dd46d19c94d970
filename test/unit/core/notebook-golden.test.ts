import {
  type PyMap,
  PyObject,
  type PyValue,
  encodeGraph,
  identical,
  isMap,
  parseNotebook,
} from "@graphcell/core";
import { comparable, goldenCases, mapIn } from "../../support/golden";
import { codeCells } from "../../support/notebook";

/** What the recorder defines before each case. */
const BEFORE = 'HTTP_URL = "http://127.0.0.1:18765"';

interface Compared {
  readonly id: string;
  readonly agrees: boolean;
}

/** The dictionary without names of tasks, which only routers write in MLRun. */
function asMlrunNames(built: PyValue): PyValue {
  const steps = isMap(built) ? built.get("steps") : undefined;
  if (!isMap(built) || steps === undefined || !isMap(steps)) return built;
  const unnamed = [...steps].map(([key, step]): [PyValue, PyValue] => {
    if (!isMap(step) || step.get("kind") === "router") return [key, step];
    return [key, new Map([...step].filter(([field]) => field !== "name"))];
  });
  return new Map([...built, ["steps", new Map(unnamed)]]);
}

function compare(id: string, source: string, recorded: PyMap): Compared {
  const notebook = parseNotebook(codeCells(BEFORE, source));
  const graph = notebook.graphs.find((g) => g.variable === "fn") ?? notebook.graphs[0];
  const built: PyValue = graph ? asMlrunNames(encodeGraph(graph.graph)) : null;
  return { id, agrees: identical(comparable(built), comparable(recorded)) };
}

describe("graphs of the golden cases read from their text", () => {
  const compared = goldenCases().flatMap(({ id, data }) => {
    const recorded = mapIn(data, "graph");
    return recorded ? [compare(id, String(data.get("source")), recorded)] : [];
  });

  it("are those that MLRun built, all of them", () => {
    expect(compared.filter((c) => !c.agrees).map((c) => c.id)).toEqual([]);
    expect(compared.length).toBeGreaterThan(213);
  });
});

describe("errors of the golden cases while they build", () => {
  /** Raised by parts that are no graph: their text alone does not show them. */
  const elsewhere: Readonly<Record<string, string>> = {
    "api-bad-star": "the API handler checks its paths",
    "child-function-missing-file": "whether a file exists is known only to the kernel",
    "deploy-no-graph": "deploying is not read",
    "pure-aggregate-bad-period": "Storey checks its windows",
    "pure-concurrent-bad-mechanism": "Storey checks its arguments",
    "pure-parallel-execution-bad": "Storey checks its arguments",
    "queue-two-for-one-function": "queues are linked when the function is deployed",
    "ser-streaming-trigger": "triggers are no part of the graph",
  };
  const raised = goldenCases().flatMap(({ id, data }) => {
    const error = data.get("error");
    const fields = error instanceof PyObject ? error.fields : isMap(error) ? error : null;
    if (fields?.get("stage") !== "build") return [];
    const notebook = parseNotebook(codeCells(BEFORE, String(data.get("source"))));
    const wanted = `${String(fields.get("class"))}: ${String(fields.get("message"))}`;
    return [{ id, found: notebook.problems.some((p) => p.message.includes(wanted)) }];
  });

  it("are problems at the call that raises", () => {
    expect(raised.filter((r) => !r.found).map((r) => r.id)).toEqual(Object.keys(elsewhere));
    expect(raised.length).toBeGreaterThan(20);
  });
});
