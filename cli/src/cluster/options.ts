import { parseArgs } from "node:util";
import { CommandError, Exit } from "../exit";
import type { RunOptions } from "../options";

export const CLUSTER_COMMANDS = [
  "deploy",
  "invoke",
  "logs",
  "list",
  "delete",
  "diff",
  "export",
  "redeploy",
  "rollback",
  "connections",
] as const;
export type ClusterCommand = (typeof CLUSTER_COMMANDS)[number];

export interface ClusterOptions extends RunOptions {
  readonly command: ClusterCommand;
  /** FILE or the function's name; null where the command needs none. */
  readonly target: string | null;
  readonly connection: string | null;
  readonly dashboard: string | null;
  readonly project: string | null;
  readonly namespace: string | null;
  readonly settings: string | null;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number | null;
  readonly createProject: boolean;
  readonly force: boolean;
  readonly overwrite: boolean;
  readonly only: readonly string[];
  readonly saveSource: boolean;
  readonly events: string | null;
  readonly body: string | null;
  readonly path: string | null;
  readonly method: string | null;
  readonly compare: boolean;
  readonly follow: boolean;
  readonly lines: number;
  readonly since: string;
  readonly confirm: string | null;
  readonly git: string | null;
  readonly form: "function" | "kubernetes";
  readonly out: string | null;
  readonly image: readonly string[];
  readonly to: number;
}

export const CLUSTER_USAGE = `Usage: graphcell COMMAND [FILE | NAME] [options]

FILE is a notebook, a .py file, a function.yaml or a graph; NAME is a function in the cluster.

Commands
  deploy FILE      makes functions of its graph and pushes them
                   [--dry-run] [--no-wait] [--timeout SECONDS] [--create-project] [--only FUNCTION]... [--force]
                   [--overwrite] [--save-source]
  diff FILE        the graph as it is written beside the one that is deployed [--git REVISION]
  export FILE      the functions as files, without a cluster
                   [--form function|kubernetes] [--out FOLDER] [--image FUNCTION=IMAGE]...
  invoke FILE|NAME calls the function [--body JSON] [--events FILE|-] [--path PATH] [--method METHOD] [--compare]
  logs FILE|NAME   the logs of its replicas [--follow] [--lines N] [--since 5m]
  list             the functions of the project
  redeploy NAME    starts it again from its image
  rollback NAME    what it was before the last push, or before the last but one [--to N]
  delete NAME      deletes it; --confirm NAME says that this is meant
  connections      the clusters that you have named

Options
  --connection NAME   one of your connections; without it the standard one
  --dashboard URL     a dashboard without a named connection
  --project P         the project; before graphcell.deploy.yaml and the connection
  --namespace NS
  --settings FILE     graphcell.deploy.yaml beside FILE when absent
  --graph NAME, --run, --skip-tag TAG, --python PATH, --server URL: as for the other commands
  --json              one object on standard output, nothing else there
  --verbose           log lines of the deployment on standard error

Connections are in connections.yaml in your own configuration folder; their secrets come from the environment
(GRAPHCELL_SECRET_NAME) or a program, and are never written anywhere. docs/nuclio.md has the forms of both files.
Exit codes: 0 done, 1 the graph or a function is wrong, 2 wrong use, 3 the cluster can't be reached or refused.
`;

/** Commands that need no FILE or NAME. */
const ALONE: ReadonlySet<string> = new Set(["list", "connections"]);

/** Reads the command line of a cluster command; throws `CommandError` (exit code 2). */
export function readClusterOptions(argv: readonly string[]): ClusterOptions | "help" {
  const { values, positionals } = parse(argv);
  if (values.help) return "help";
  const [name, target, ...more] = positionals;
  const command = CLUSTER_COMMANDS.find((one) => one === name);
  if (command === undefined)
    throw usage(`"${name ?? ""}" is no command.`, "graphcell deploy --help lists them.");
  if (target === undefined && !ALONE.has(command)) {
    throw usage(
      `${command} needs a file or a function's name.`,
      `For example: graphcell ${command} notebook.ipynb`,
    );
  }
  if (more.length > 0)
    throw usage(
      `${command} takes one file or name, not ${more.length + 1}.`,
      `Leave out "${more[0] ?? ""}".`,
    );
  const form = values.form ?? "function";
  if (form !== "function" && form !== "kubernetes") {
    throw usage(`"${form}" is no form.`, "The forms are function and kubernetes.");
  }
  return {
    command,
    target: target ?? null,
    form,
    graph: values.graph ?? null,
    run: values.run ?? false,
    python: values.python ?? null,
    server: values.server ?? null,
    skipTags: ["graphcell-skip", ...(values["skip-tag"] ?? [])],
    connection: values.connection ?? null,
    dashboard: values.dashboard ?? null,
    project: values.project ?? null,
    namespace: values.namespace ?? null,
    settings: values.settings ?? null,
    json: values.json ?? false,
    verbose: values.verbose ?? false,
    dryRun: values["dry-run"] ?? false,
    wait: !(values["no-wait"] ?? false),
    timeoutMs: values.timeout === undefined ? null : number(values.timeout, "--timeout", 1) * 1000,
    createProject: values["create-project"] ?? false,
    force: values.force ?? false,
    overwrite: values.overwrite ?? false,
    only: values.only ?? [],
    saveSource: values["save-source"] ?? false,
    events: values.events ?? null,
    body: values.body ?? null,
    path: values.path ?? null,
    method: values.method ?? null,
    compare: values.compare ?? false,
    follow: values.follow ?? false,
    lines: values.lines === undefined ? 200 : number(values.lines, "--lines", 1),
    since: values.since ?? "5m",
    confirm: values.confirm ?? null,
    git: values.git ?? null,
    out: values.out ?? null,
    image: values.image ?? [],
    to: values.to === undefined ? 1 : number(values.to, "--to", 1),
  };
}

function number(text: string, option: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  throw usage(`${option} takes a whole number of at least ${least}, not "${text}".`, "");
}

const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;
const texts = { type: "string", multiple: true } as const;

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        graph: text,
        run: flag,
        python: text,
        server: text,
        "skip-tag": texts,
        connection: text,
        dashboard: text,
        project: text,
        namespace: text,
        settings: text,
        json: flag,
        verbose: flag,
        "dry-run": flag,
        wait: flag,
        "no-wait": flag,
        timeout: text,
        "create-project": flag,
        force: flag,
        overwrite: flag,
        only: texts,
        "save-source": flag,
        events: text,
        body: text,
        path: text,
        method: text,
        compare: flag,
        follow: flag,
        lines: text,
        since: text,
        confirm: text,
        git: text,
        form: text,
        out: text,
        image: texts,
        to: text,
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw usage(
      error instanceof Error ? error.message : String(error),
      "graphcell deploy --help lists the options.",
    );
  }
}

export function usage(message: string, remedy: string): CommandError {
  return new CommandError(Exit.usage, message, remedy);
}
