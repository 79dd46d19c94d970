import type { Scenario } from "../host";
import { commands } from "./commands";
import { deploy } from "./deploy";
import { editor } from "./editor";
import { embedded } from "./embedded";
import { events } from "./events";
import { faults } from "./faults";
import { inline } from "./inline";
import { kernel } from "./kernel";
import { language } from "./language";
import { live } from "./live";
import { looks } from "./looks";
import { restricted } from "./restricted";
import { scripts } from "./scripts";
import { smoke } from "./smoke";
import { trouble } from "./trouble";
import { walk } from "./walk";
import { web } from "./web";
import { workbench } from "./workbench";

/** All scenarios, in the order in which they run. */
export const scenarios: readonly Scenario[] = [
  ...smoke,
  ...live,
  ...events,
  ...inline,
  ...commands,
  ...kernel,
  ...language,
  ...editor,
  ...trouble,
  ...walk,
  ...workbench.map((scenario) => ({ hosts: ["code"], ...scenario })),
  // They count on how JupyterLab closes, reloads and shuts down.
  ...faults.map((scenario) => ({ hosts: ["lab"], ...scenario })),
  ...looks,
  // VS Code keeps its view open from then on.
  ...deploy,
  ...scripts,
  ...restricted,
  ...embedded,
  ...web,
];
