import {
  type Graph,
  type MockEvent,
  type PyValue,
  type RunResult,
  type SimulateOptions,
  decodeGraph,
  dict,
  float,
  fromWire,
  simulate,
} from "@graphcell/core";
import { FakeExecutor, type FakeOptions, Raise } from "../../support/fake-executor";

const MODEL = "mlrun.serving.v2_serving.V2ModelServer";
const MODELS: FakeOptions = {
  mro: { M: [MODEL], Bad: [MODEL] },
  classes: {
    M: {
      load: () => null,
      predict: (request) => (request instanceof Map ? (request.get("inputs") ?? null) : null),
    },
    Bad: {
      load: () => null,
      predict: () => {
        throw new Raise("ValueError", "no");
      },
    },
  },
};

function graphOf(data: unknown): Graph {
  return decodeGraph(fromWire(data)).graph;
}

async function run(
  graph: unknown,
  events: readonly MockEvent[],
  fake: FakeOptions = MODELS,
  options: Partial<SimulateOptions> = {},
): Promise<RunResult> {
  return simulate(graphOf(graph), events, { executor: new FakeExecutor(fake), ...options });
}

const router = (className: string, routes: unknown, classArgs: object = {}): unknown => ({
  kind: "router",
  name: "r",
  class_name: className,
  class_args: classArgs,
  routes,
});
const route = (className: string): unknown => ({ kind: "task", class_name: className });
const body = (inputs: PyValue): PyValue => dict({ inputs });

function responses(result: RunResult): readonly PyValue[] {
  return result.events.map(({ response }) => response ?? null);
}

function outputs(result: RunResult): readonly (PyValue | undefined)[] {
  return responses(result).map((response) => (response instanceof Map ? response.get("outputs") : response));
}

function texts(result: RunResult): readonly PyValue[] {
  return responses(result).map((response) =>
    response !== null && typeof response === "object" && "fields" in response
      ? (response.fields.get("body") ?? null)
      : response,
  );
}

describe("a model router", () => {
  const graph = router("", { m: route("M"), "n:v1": route("M") });

  test.each([
    ["/v2/models/m/infer", [1]],
    ["/v2/models/n/versions/v1/predict", [1]],
    ["/", [1]],
  ])("finds the model of %s", async (path, expected) => {
    expect(outputs(await run(graph, [{ path, body: body([1]) }]))).toEqual([expected]);
  });

  test.each([
    ["/v2/models/x/infer", "ValueError: model x doesnt exist, available models: m | n:v1"],
    ["/other", "ValueError: illegal path prefix /other, must start with /v2/models"],
    ["/v2/models/m/nope", "ValueError: illegal model operation nope, method=POST"],
  ])("refuses %s", async (path, expected) => {
    expect(texts(await run(graph, [{ path, body: body([1]) }]))).toEqual([expected]);
  });

  test("shows its routes as records of their own", async () => {
    const { records } = await run(graph, [{ path: "/v2/models/m/infer", body: body([1]) }]);
    expect(records.map((r) => r.step)).toEqual(["r", "r/m"]);
    expect(records[1].in.text).toBe("{'inputs': [1], 'background_task_state': 'failed'}");
    expect(records[1].out).toHaveLength(1);
  });

  test("calls what the user's class defines in place of its own", async () => {
    const own: FakeOptions = {
      mro: { ...MODELS.mro, R: ["mlrun.serving.routers.ModelRouter"] },
      classes: { ...MODELS.classes, R: { get_metadata: () => dict({ mine: true }) } },
    };
    const given = await run(router("R", { m: route("M") }), [{ path: "/" }], own);
    expect(responses(given)).toEqual([dict({ mine: true })]);
  });
});

describe("a voting ensemble", () => {
  const ensemble = (votes: readonly PyValue[], args: object = {}): [unknown, FakeOptions] => {
    const names = votes.map((_, i) => `m${i}`);
    const classes = Object.fromEntries(
      votes.map((vote, i) => [`M${i}`, { load: () => null, predict: () => vote }]),
    );
    const mro = Object.fromEntries(votes.map((_, i) => [`M${i}`, [MODEL]]));
    const routes = Object.fromEntries(names.map((name, i) => [name, route(`M${i}`)]));
    return [router("mlrun.serving.VotingEnsemble", routes, args), { classes, mro }];
  };

  test.each<[string, readonly PyValue[], object, PyValue]>([
    ["the majority", [[1], [2], [2]], {}, [2]],
    ["the lowest of equals", [[3], [1]], {}, [1]],
    ["the heaviest", [[1], [2], [2]], { weights: { m0: 0.7, m1: 0.2, m2: 0.1 } }, [1]],
    ["the mean of fractions", [[1.5], [2.5]], {}, [float(2)]],
    [
      "whole sums of whole weights",
      [[1], [10]],
      { vote_type: "regression", weights: { m0: 2, m1: 3 } },
      [32],
    ],
    ["nothing for classes below zero", [[-1, 2]], {}, [0, 2]],
  ])("answers with %s", async (_, votes, args, expected) => {
    const [graph, fake] = ensemble(votes, args);
    const given = await run(graph, [{ path: "/v2/models/infer", body: body([1]) }], fake);
    expect(outputs(given)).toEqual([expected]);
  });

  test("leaves out models that fail on threads, and fails with them one by one", async () => {
    const graph = (executor: string): unknown =>
      router("mlrun.serving.VotingEnsemble", { m: route("M"), b: route("Bad") }, { executor_type: executor });
    const event = { path: "/v2/models/infer", body: body([4]) };
    expect(outputs(await run(graph("thread"), [event]))).toEqual([[4]]);
    expect(texts(await run(graph("array"), [event]))).toEqual(["ValueError: no"]);
  });

  test("does not start with weights below 1, as MLRun does not", async () => {
    const [graph, fake] = ensemble([[1]], { weights: { m0: 0.5 } });
    const { initError } = await run(graph, [], fake);
    expect(initError?.message).toBe("unsupported operand type(s) for /: 'dict_values' and 'float'");
  });
});

describe("a model server", () => {
  test("that loads beside the requests is ready once it has loaded", async () => {
    const fake: FakeOptions = { ...MODELS, later: true };
    const graph = router("", { m: route("M") });
    const spec = dict({ load_mode: "async" });
    const ready = await run(graph, [{ path: "/v2/models/m/infer", body: body([1]) }], fake, { spec });
    expect(outputs(ready)).toEqual([[1]]);
  });

  test("is tracked once its endpoint is known", async () => {
    const tracked = { ...(route("M") as object), class_args: { model_endpoint_uid: "u" } };
    const spec = dict({ track_models: true });
    const event = { path: "/v2/models/m/infer", body: body([1, 2]) };
    const { trackingStream } = await run(router("", { m: tracked }), [event], MODELS, {
      spec,
      trackingStream: "dummy://",
    });
    const [record] = trackingStream ?? [];
    expect(
      record instanceof Map && [record.get("endpoint_id"), record.get("effective_sample_count")],
    ).toEqual(["u", 1]);
  });
});

describe("a model runner", () => {
  const runner = (models: Readonly<Record<string, string>>, extra: object = {}): unknown => {
    const entries = Object.entries(models);
    return {
      engine: "async",
      steps: {
        runner: {
          kind: "model_runner",
          class_name: "mlrun.serving.ModelRunner",
          responder: true,
          class_args: {
            execution_mechanism_by_model_name: Object.fromEntries(entries.map(([name]) => [name, "naive"])),
            models: Object.fromEntries(entries.map(([name, cls]) => [name, [cls, { name }]])),
            ...extra,
          },
        },
      },
    };
  };
  const fake: FakeOptions = {
    mro: {
      D: ["mlrun.serving.states.Model"],
      F: ["mlrun.serving.states.Model"],
      S: ["mlrun.serving.states.ModelRunnerSelector"],
    },
    classes: {
      D: { predict: (x) => dict({ d: x }) },
      F: {
        predict: () => {
          throw new Raise("KeyError", "'k'");
        },
      },
      S: { select_models: () => ["a"] },
    },
  };

  test("gives one model's result as it is, and those of more by name", async () => {
    expect(responses(await run(runner({ a: "D" }), [{ body: 1 }], fake))).toEqual([dict({ d: 1 })]);
    expect(responses(await run(runner({ a: "D", b: "D" }), [{ body: 1 }], fake))).toEqual([
      dict({ a: dict({ d: 1 }), b: dict({ d: 1 }) }),
    ]);
  });

  test("runs the models that its selector names", async () => {
    const graph = runner({ a: "D", b: "D" }, { model_runner_selector: ["S", {}] });
    expect(responses(await run(graph, [{ body: 1 }], fake))).toEqual([dict({ a: dict({ d: 1 }) })]);
  });

  test("runs a model of the graph's own under the name that stands for it", async () => {
    const graph = {
      engine: "async",
      shared_models: { sh: ["D", { name: "sh" }] },
      shared_models_mechanism: { sh: "naive" },
      steps: {
        runner: {
          kind: "model_runner",
          class_name: "mlrun.serving.ModelRunner",
          responder: true,
          class_args: {
            execution_mechanism_by_model_name: { px: "shared_executor", a: "naive" },
            models: {
              px: ["mlrun.serving.Model", { name: "px", shared_runnable_name: "sh" }],
              a: ["D", { name: "a" }],
            },
          },
        },
      },
    };
    const known = { ...fake, classes: { ...fake.classes, "mlrun.serving.Model": {} } };
    const result = await run(graph, [{ body: 2 }], known);
    expect(responses(result)).toEqual([dict({ px: dict({ d: 2 }), a: dict({ d: 2 }) })]);
    expect(result.records.map((r) => r.step)).toContain("runner/px");
  });

  test("raises the errors of its models, and shows each model as a record", async () => {
    const result = await run(runner({ a: "D", b: "F" }), [{ body: 1 }], fake);
    expect(texts(result)).toEqual(["ModelRunnerError: ModelRunnerError: a None;\nb KeyError: 'k'"]);
    const told = result.records.map((r) => [r.step, r.out.length, r.error?.class ?? null]);
    expect(told).toContainEqual(["runner/a", 1, null]);
    expect(told).toContainEqual(["runner/b", 0, "KeyError"]);
  });
});
