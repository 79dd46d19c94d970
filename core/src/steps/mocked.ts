import type { Callable, StepInit } from "../engine/runtime";
import { deepCopy } from "../value/copy";
import type { PyValue } from "../value/value";
import { MapClassStep } from "./functions";

/** A step that gives a result that the user wrote down, in place of its own work. */
export function mockedStep(init: StepInit, result: PyValue): MapClassStep {
  const give: Callable = { name: "do", params: ["event"], flavour: "plain", call: () => deepCopy(result) };
  return new MapClassStep(init, ["storey.flow.MapClass"], give);
}
