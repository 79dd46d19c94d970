/** What a view of a deployment shows, and what it may ask for: plain data. */
import type { Problem } from "../model/problem";
import type { DeployedMark } from "./deployed-mark";
import type { Explanation } from "./explain";
import type { Picture } from "../draw/picture";
import type { StepDifference } from "./graph-diff";
import { type LiveNumbers, liveText } from "./live-numbers";
import type { LogPlace } from "./log-places";
import type { PushPhase } from "./push";
import type { DeployForm } from "./settings-form";

/** A cluster that the user may choose. */
export interface ConnectionChoice {
  readonly name: string;
  readonly url: string;
}

/** One function of the graph, and where it is. */
export interface DeployFunctionState {
  readonly key: string;
  readonly name: string;
  readonly steps: readonly string[];
  /** null before anything is known of it in the cluster. */
  readonly phase: PushPhase | "absent" | null;
  readonly state: string;
  readonly elapsedMs: number;
  /** Last lines of its deployment's log, at most `LOG_LINES`. */
  readonly log: readonly string[];
  readonly explanation: Explanation | null;
  /** When what it was before was replaced, newest first; empty where nothing is kept. */
  readonly versions: readonly string[];
  /** Its numbers when somebody last looked; null before. */
  readonly live: LiveNumbers | null;
}

/** All that the deploy view shows, as plain data. */
export interface DeployState {
  readonly connections: readonly ConnectionChoice[];
  readonly connection: string | null;
  readonly project: string;
  /** For example `local, latest`; empty before the cluster was asked. */
  readonly cluster: string;
  readonly phase: "idle" | "looking" | "pushing" | "calling" | "following" | "watching" | "deleting";
  readonly graph: string | null;
  readonly problems: readonly Problem[];
  /** The project does not exist and may be made. */
  readonly canCreateProject: boolean;
  readonly functions: readonly DeployFunctionState[];
  readonly summary: string;
  /** What went wrong outside of a function: a sentence and what to do. */
  readonly failure: { readonly message: string; readonly remedy: string } | null;
  readonly answer: DeployAnswer | null;
  /** Log of a running function that was asked for, and the lines of it that speak of the notebook. */
  readonly log: {
    readonly name: string;
    readonly text: string;
    readonly places: readonly LogPlace[];
  } | null;
  /** What is in the project besides; null before somebody asked. */
  readonly listed: readonly ListedFunction[] | null;
  /** From the graph in the cluster, or in a revision of git, to the written one; null before somebody compared. */
  readonly difference: DeployComparison | null;
  /** The source of one function, while somebody looks at it. */
  readonly source: DeploySource | null;
  /** The form of the settings, while somebody looks at it. */
  readonly form: DeployForm | null;
}

/** The source of a function as it would be sent. */
export interface DeploySource {
  readonly key: string;
  readonly name: string;
  /** Without what is added to it. */
  readonly text: string;
  /** What Nuclio calls, added behind it; empty where the source has that itself. */
  readonly added: string;
  /** A person has edited it here, and not saved it. */
  readonly edited: boolean;
  /**
   * Name of the file that it would be saved in, beside the notebook; null for a nodejs function: its steps are a file
   * already, and what else is in it is Graphcell's engine.
   */
  readonly file: string | null;
  /** The function's configuration as YAML. */
  readonly config: string;
}

export interface DeployComparison {
  /** Revision of git; null for the cluster. */
  readonly revision: string | null;
  readonly steps: readonly DeployDifference[];
  /** Both graphs as one: see `differencePicture`. */
  readonly picture: Picture;
}

export interface DeployDifference {
  /** Full name; empty for the graph itself. */
  readonly step: string;
  readonly change: StepDifference["change"];
  /** Fields that differ, in short: `factor: 2 -> 3`. */
  readonly fields: readonly string[];
}

export interface DeployAnswer {
  readonly event: string;
  readonly status: number;
  readonly body: string;
  readonly ms: number;
  readonly explanation: string;
  /** What the simulation answers to the same event; null when nobody asked for it. */
  readonly simulated: SimulatedAnswer | null;
}

export interface SimulatedAnswer {
  /** The answer as a function would send it; null where it can't be told whole. */
  readonly text: string | null;
  /** Both answers are the same; null where that can't be told. */
  readonly same: boolean | null;
  /** Why there is no text; empty where there is one. */
  readonly reason: string;
}

/** A function of the project. */
export interface ListedFunction {
  readonly name: string;
  readonly state: string;
  /** Name of the graph that it was made from by Graphcell; null for any other function. */
  readonly graph: string | null;
  readonly urls: readonly string[];
}

export type DeployIntent =
  | { readonly type: "refresh" }
  | { readonly type: "choose-connection"; readonly connection: string }
  | { readonly type: "set-project"; readonly project: string }
  | { readonly type: "check" }
  | { readonly type: "create-project" }
  | { readonly type: "push"; readonly force?: boolean }
  | { readonly type: "cancel" }
  /** Sends a saved event; `compare` also runs it in the simulation. */
  | { readonly type: "invoke"; readonly event: string; readonly compare?: boolean }
  /** Shows the numbers of the graph's functions as they change, until `cancel`. */
  | { readonly type: "watch" }
  /** Lists the functions of the project. */
  | { readonly type: "list" }
  /** Writes each function's YAML and source into a folder beside the notebook. */
  | { readonly type: "export" }
  | { readonly type: "show-log"; readonly name: string }
  /** Shows the log as it grows, until `cancel`. */
  | { readonly type: "follow-log"; readonly name: string }
  /** Starts it again from its image, without a build. */
  | { readonly type: "redeploy"; readonly name: string }
  /** Pushes what it was before; `at` is one of its `versions`. */
  | { readonly type: "roll-back"; readonly name: string; readonly at: string }
  /** Compares the written graph with that of the cluster, or of a revision of git. */
  | { readonly type: "compare"; readonly revision: string | null }
  /** Shows the source of a function, `key` "" being the parent; null shows none. */
  | { readonly type: "show-source"; readonly key: string | null }
  /** Sends this text as the function's source; null: the one that is made from the notebook. */
  | { readonly type: "edit-source"; readonly key: string; readonly text: string | null }
  /** Writes the source beside the notebook, and names it in the settings. */
  | { readonly type: "save-source"; readonly key: string }
  /** Shows the form of the settings; `scope` is one of its scopes, null shows none. */
  | { readonly type: "show-settings"; readonly scope: string | null }
  | { readonly type: "set-setting"; readonly field: string; readonly text: string }
  /** `confirm` must be the function's name. */
  | { readonly type: "delete"; readonly name: string; readonly confirm: string };

/** Where nothing is deployed and no cluster is known. */
export const NO_DEPLOYMENT: DeployState = {
  connections: [],
  connection: null,
  project: "default",
  cluster: "",
  phase: "idle",
  graph: null,
  problems: [],
  canCreateProject: false,
  functions: [],
  summary: "",
  failure: null,
  answer: null,
  log: null,
  listed: null,
  difference: null,
  source: null,
  form: null,
};

const MARKS: Readonly<Record<NonNullable<DeployFunctionState["phase"]>, DeployedMark["state"]>> = {
  absent: "absent",
  waiting: "busy",
  sending: "busy",
  building: "busy",
  starting: "busy",
  left: "busy",
  ready: "up",
  unchanged: "up",
  failed: "failed",
};

/** What the picture of the graph shows of its functions. */
export function deployedMarks({ functions, phase: doing }: DeployState): readonly DeployedMark[] {
  return functions.flatMap(({ name, phase, state, steps, live }) => {
    if (phase === null) return [];
    const known = phase === "absent" ? "not in the cluster" : phase === "unchanged" ? "ready" : phase;
    const word = state === "scaledToZero" ? "scaled to zero" : known;
    const mark = { name, state: MARKS[phase], steps };
    if (live === null || doing !== "watching") return [{ ...mark, word }];
    return [{ ...mark, word: `${word}, ${liveText(live)}`, numbers: live.steps }];
  });
}
