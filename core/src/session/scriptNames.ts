import type { SessionPorts } from "./ports";
import type { Disposable } from "../lifetime";
import type { Problem } from "../model/problem";

/** Problems that a file of steps in TypeScript or JavaScript may solve. */
const UNKNOWN = new Set(["unknown-class", "unknown-handler", "unknown-function"]);

/** Milliseconds without another letter before somebody looks into files. */
const PAUSE = 400;

/**
 * Names that steps find in a file beside the notebook. Nobody looks for such a file while the notebook itself has all
 * names; then once for each set of names that are missing.
 */
export class ScriptNames implements Disposable {
  private readonly known = new Map<string, ReadonlySet<string>>();
  private readonly asked = new Map<string, string>();
  private pause: Disposable | null = null;
  /** Names of all graphs' files: the same set until one of them changes. */
  all: ReadonlySet<string> = new Set();

  constructor(
    private readonly ports: Pick<SessionPorts, "host" | "scripts">,
    private readonly onChange: () => void,
  ) {}

  of(graph: string): ReadonlySet<string> | null {
    return this.known.get(graph) ?? null;
  }

  /** A graph has these problems now. */
  see(graph: string, problems: readonly Problem[]): void {
    const { host, scripts } = this.ports;
    const missing = problems.filter(({ code }) => UNKNOWN.has(code)).map(({ message }) => message);
    if (!scripts || missing.length === 0) return;
    const key = missing.join("\n");
    if (this.asked.get(graph) === key) return;
    this.pause?.dispose();
    this.pause = host.schedule(() => {
      this.asked.set(graph, key);
      this.look(graph);
    }, PAUSE);
  }

  /** The files may have changed. */
  look(graph: string): void {
    void this.ports.scripts?.names(graph).then(
      (names) => {
        const before = this.known.get(graph) ?? new Set();
        if (names.size === before.size && [...names].every((name) => before.has(name))) return;
        this.known.set(graph, names);
        this.all = new Set([...this.known.values()].flatMap((one) => [...one]));
        this.onChange();
      },
      // A file that can't be read has no names; the run says why.
      () => undefined,
    );
  }

  dispose(): void {
    this.pause?.dispose();
  }
}
