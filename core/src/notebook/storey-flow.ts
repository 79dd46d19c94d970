import { StepBuilder } from "../model/builder";
import type { PyMap, PyValue } from "../value/value";
import { ArgumentReader } from "./argument";
import { libraryClass } from "./library-class";
import type { Building } from "./building";
import { stepBase } from "./step-dict";
import { type Arg, Datum, Instance, type Place, Sequence, UserClass, type Val } from "./values";

/** The name that a step has: its class's when it was given none. */
function ownName(step: Instance): string {
  const given = step.args.keyword.get("name")?.value;
  return given instanceof Datum && typeof given.value === "string" ? given.value : step.className;
}

/** The key that the kernel gives a step of that name too: `Map`, `Map#2`. */
function keyOf(name: string, counts: Map<string, number>): string {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count === 1 ? name : `${name}#${count}`;
}

/** Flows that are built of Storey's own steps: `build_flow([...])` and `source.to(step)`. */
export class StoreyFlows {
  private readonly outlets = new Map<Instance, Instance[]>();
  private readonly inlets = new Set<Instance>();
  private readonly madeAt = new Map<Instance, Place>();

  constructor(private readonly building: Building) {}

  /** An object of one of Storey's step classes, or of a class of the notebook that comes from one. */
  static isStep(v: Val): v is Instance {
    if (!(v instanceof Instance)) return false;
    const base = stepBase(v.of);
    return base !== null && (base.startsWith("storey.") || libraryClass(base) !== undefined);
  }

  /** `step.to(next)`: gives `next`. */
  link(from: Instance, to: Val, at: Place): Val {
    if (!StoreyFlows.isStep(to)) return to;
    const after = this.outlets.get(from) ?? [];
    if (!after.includes(to)) after.push(to);
    this.outlets.set(from, after);
    this.inlets.add(to);
    this.madeAt.set(from, this.madeAt.get(from) ?? at);
    return to;
  }

  /** `build_flow([a, b, [c, d], e])`: a chain in which a list is a branch; gives the first step. */
  build(steps: readonly Val[], at: Place): Val | undefined {
    let last: Val | undefined;
    for (const step of steps) {
      const branch = step instanceof Sequence ? this.build(step.items, at) : undefined;
      if (last instanceof Instance) this.link(last, branch ?? step, at);
      if (!branch) last = step;
    }
    const first = steps[0];
    if (first && StoreyFlows.isStep(first)) this.madeAt.set(first, at);
    return first;
  }

  /** The first steps of all flows, in the order in which they were built. */
  sources(): readonly { readonly source: Instance; readonly at: Place }[] {
    return [...this.madeAt]
      .filter(([step]) => !this.inlets.has(step) && (this.outlets.get(step)?.length ?? 0) > 0)
      .map(([source, at]) => ({ source, at }));
  }

  /** The flow that starts at `source` as a graph of tasks; each step's name is unique. */
  graph(source: Instance, at: Place): StepBuilder | null {
    const order = this.reachable(source);
    const names = new Map<Instance, string>();
    const counts = new Map<string, number>();
    for (const step of order) names.set(step, keyOf(ownName(step), counts));
    const steps: PyMap = new Map<PyValue, PyValue>();
    const readers = new Map<string, ArgumentReader>();
    for (const step of order) {
      const name = names.get(step) ?? "";
      const reader = new ArgumentReader();
      const before = order.filter((other) => this.outlets.get(other)?.includes(step));
      const struct: PyMap = new Map<PyValue, PyValue>([
        ["kind", "task"],
        ...(ownName(step) === name ? [] : [["name", ownName(step)] as const]),
        ["class_name", step.of instanceof UserClass ? step.of.name : step.of.path],
        ["class_args", this.argsOf(step, reader)],
      ]);
      if (before.length > 0)
        struct.set(
          "after",
          before.map((other) => names.get(other) ?? ""),
        );
      steps.set(name, struct);
      readers.set(name, reader);
    }
    const root = StepBuilder.load(
      new Map<PyValue, PyValue>([
        ["engine", "async"],
        ["steps", steps],
      ]),
    );
    if (!root) return null;
    this.building.touch(root, at);
    for (const step of order) {
      const name = names.get(step) ?? "";
      const child = root.children.get(name);
      if (child) this.noteStep(child, step, readers.get(name));
    }
    return root;
  }

  private noteStep(child: StepBuilder, step: Instance, reader: ArgumentReader | undefined): void {
    const name = step.args.keyword.get("name")?.value;
    this.building.origins.set(child, {
      created: step.at,
      reference: step.at,
      name: name instanceof Datum ? name.at : null,
    });
    this.building.touch(child, step.at);
    for (const m of reader?.missing ?? []) {
      this.building.note(child, { what: `class_args${m.path}`, reason: m.reason, at: m.at });
    }
  }

  private reachable(source: Instance): Instance[] {
    const seen = new Set<Instance>();
    const waiting = [source];
    for (let step = waiting.pop(); step; step = waiting.pop()) {
      if (seen.has(step)) continue;
      seen.add(step);
      waiting.push(...[...(this.outlets.get(step) ?? [])].reverse());
    }
    return [...seen];
  }

  private argsOf(step: Instance, reader: ArgumentReader): PyMap {
    const base = stepBase(step.of);
    const parameters = (base ? libraryClass(base)?.parameters : undefined) ?? [];
    const made: PyMap = new Map<PyValue, PyValue>();
    const put = (name: string, arg: Arg) => {
      const value = reader.read(arg);
      if (!StepBuilder.isBuilder(value)) made.set(name, value as PyValue);
    };
    step.args.positional.forEach((arg, i) => put(parameters[i] ?? `argument ${i + 1}`, arg));
    for (const [name, arg] of step.args.keyword) if (name !== "name") put(name, arg);
    return made;
  }
}
