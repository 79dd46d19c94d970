import { parseArgs } from "node:util";
import { CommandError, Exit } from "./exit";

export const FORMATS = ["json", "yaml", "svg", "dot", "mermaid", "text"] as const;
export type Format = (typeof FORMATS)[number];

const COMMANDS = ["show", "check", "simulate", "verify"] as const;
type Command = (typeof COMMANDS)[number];

/** Which graph of a file, and how the file is run where it is. */
export interface RunOptions {
  readonly graph: string | null;
  /** Take the graph from a kernel that has run the file. */
  readonly run: boolean;
  readonly python: string | null;
  readonly server: string | null;
  readonly skipTags: readonly string[];
}

export interface Options extends RunOptions {
  readonly command: Command;
  readonly file: string;
  readonly format: Format;
  readonly events: string | null;
  readonly trace: boolean;
  readonly json: boolean;
  /** MLRun's current function: only its steps run. */
  readonly function: string | null;
  /** `STEP=JSON`: results that stand for steps' work. */
  readonly mocks: readonly string[];
  /** Remote steps may reach their URLs. */
  readonly http: boolean;
}

export const USAGE = `Usage: graphcell COMMAND FILE [options]

FILE is a notebook, a .py file, a function.yaml, or a graph as YAML or JSON.

Commands
  show FILE       draws the graph       [--format json|yaml|svg|dot|mermaid|text]
  check FILE      lists its problems, one a line; exit code 1 on an error
  simulate FILE   runs events through it [--events FILE|-] [--trace] [--json] [--function NAME]
  deploy FILE     pushes it to a Nuclio cluster; invoke, logs, list, delete, diff, export,
                  redeploy, rollback and connections: graphcell deploy --help tells all
  verify FILE     the same events through MLRun's own mock server, too, and where they first differ
                  [--events FILE|-] [--json] [--function NAME]

Options
  --graph NAME    which graph: the function's or the variable's name
  --run           show, check: take the graph from a kernel that has run FILE
  --mock STEP=JSON  simulate: a result that stands for a step's work; may be repeated
  --http          simulate: let remote steps reach their URLs
  --skip-tag TAG  do not run cells with this tag (graphcell-skip always counts); may be repeated
  --python PATH   the interpreter to run FILE with
  --server URL    a running Jupyter server instead; its token from JUPYTER_TOKEN
  --help, --version

show and check run nothing of FILE unless --run is given; simulate and verify run it.
Exit codes: 0 done, 1 the graph or a result is wrong, 2 wrong use, 3 something outside failed.
`;

/** Reads the command line; throws `CommandError` (exit code 2) that says what is wrong with it. */
export function readOptions(argv: readonly string[]): Options | "help" | "version" {
  const { values, positionals } = parse(argv);
  if (values.help || (positionals.length === 0 && !values.version)) return "help";
  if (values.version) return "version";
  const [word, file, ...more] = positionals;
  const command = COMMANDS.find((name) => name === word);
  if (!command) {
    throw usage(`"${word}" is no command.`, "graphcell --help lists the commands.");
  }
  if (file === undefined)
    throw usage(`${command} needs a file.`, `For example: graphcell ${command} notebook.ipynb`);
  if (more.length > 0)
    throw usage(`${command} takes one file, not ${more.length + 1}.`, `Leave out "${more[0]}".`);
  const format = FORMATS.find((f) => f === (values.format ?? "text"));
  if (!format) throw usage(`"${values.format}" is no format.`, `The formats are ${FORMATS.join(", ")}.`);
  return {
    command,
    file,
    graph: values.graph ?? null,
    format,
    run: values.run ?? false,
    events: values.events ?? null,
    trace: values.trace ?? false,
    json: values.json ?? false,
    function: values.function ?? null,
    mocks: values.mock ?? [],
    http: values.http ?? false,
    python: values.python ?? null,
    server: values.server ?? null,
    skipTags: ["graphcell-skip", ...(values["skip-tag"] ?? [])],
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: {
        graph: { type: "string" },
        format: { type: "string" },
        run: { type: "boolean" },
        events: { type: "string" },
        trace: { type: "boolean" },
        json: { type: "boolean" },
        function: { type: "string" },
        mock: { type: "string", multiple: true },
        http: { type: "boolean" },
        python: { type: "string" },
        server: { type: "string" },
        "skip-tag": { type: "string", multiple: true },
        help: { type: "boolean", short: "h" },
        version: { type: "boolean" },
      },
    });
  } catch (error) {
    throw usage(
      error instanceof Error ? error.message : String(error),
      "graphcell --help lists the options.",
    );
  }
}

function usage(message: string, remedy: string): CommandError {
  return new CommandError(Exit.usage, message, remedy);
}
