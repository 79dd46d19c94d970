import type { Scenario } from "../host";
import { smoke } from "./smoke";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [...smoke];
