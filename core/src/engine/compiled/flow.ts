import { iterate } from "../iterate";
import type { Code } from "../expression";
import type { FlowStep } from "../flowstep";
import { truthy } from "../../value/compare";
import { PyFloat, type PyValue } from "../../value/value";
import type { Burst } from "./burst";
import type { PlainWork } from "./plain";

/** Takes a body on from a place in the flow. */
export type Node = (body: PyValue) => void;

/** Stands for the body of an event that a filter dropped. */
const DROPPED = new PyFloat(NaN);

/** Items that one step may emit for one event: Storey's limit of visits could stop more of them. */
const MOST_ITEMS = 10_000;

/** Maps in a row that are written out. */
const FEW = 4;
/** Functions that may call each other: far from the end of JavaScript's stack. */
const DEEPEST = 200;

/**
 * Makes functions of the flow behind a step; null when some step needs more than bodies, when a way leads back to
 * where it came from, or when the order of work would differ from the event loop's:
 * - below a step that emits several events there is no fan-out: its branches would have to end before the next item,
 * - no second such step: an event's copies count their visits together, up to Storey's limit,
 * - and none below a fan-out: its later items would come after the other branches.
 */
export function compileFlow(outlets: readonly FlowStep[], burst: Burst): Node | null {
  const compiler = new Compiler(burst);
  const shape = { open: new Set<FlowStep>(), several: false, forked: outlets.length > 1, depth: 0 };
  return outlets.every((outlet) => compiler.admits(outlet, shape)) ? compiler.fork(outlets) : null;
}

interface Shape {
  /** Steps between the source and here. */
  readonly open: Set<FlowStep>;
  /** Below a step that emits several events. */
  readonly several: boolean;
  /** Below a fan-out. */
  readonly forked: boolean;
  /** Functions that call each other on the way here. */
  readonly depth: number;
}

/** A unary step in a chain. */
interface Link {
  readonly step: FlowStep;
  readonly code: Code;
  readonly filters: boolean;
}

class Compiler {
  private readonly nodes = new Map<FlowStep, Node>();
  private readonly names = new Map<string, FlowStep>();
  private readonly seen = new Map<FlowStep, boolean>();

  constructor(private readonly burst: Burst) {}

  /** Whether all that can be reached from a step may run as plain functions. Walks without recursion along chains. */
  admits(first: FlowStep, shape: Shape): boolean {
    const here: FlowStep[] = [];
    let { several, depth } = shape;
    try {
      for (let step = first; ; step = step.outlets[0]) {
        const work = step.plainWork;
        if (work === null || shape.open.has(step) || !this.named(step)) return false;
        if (this.seen.get(step) === several) return true;
        if (step.inlets > 1 || (work.kind !== "map" && work.kind !== "filter")) depth++;
        if (depth > DEEPEST) return false;
        if (work.kind === "flat_map" && (several || shape.forked)) return false;
        if (work.kind === "answer" && step.outlets.length > 0) return false;
        this.seen.set(step, several);
        shape.open.add(step);
        here.push(step);
        if (work.kind === "flat_map") several = true;
        else if (work.kind === "gather") several = false;
        if (several && step.outlets.length > 1) return false;
        if (step.outlets.length === 0) return true;
        if (step.outlets.length > 1) {
          const below = { open: shape.open, several, forked: true, depth: depth + 1 };
          return step.outlets.every((outlet) => this.admits(outlet, below));
        }
      }
    } finally {
      for (const step of here) shape.open.delete(step);
    }
  }

  /** Visits are counted by name: two steps of one name would count together. */
  private named(step: FlowStep): boolean {
    const other = this.names.get(step.name);
    if (other !== undefined) return other === step || step.plainWork?.kind === "answer";
    this.names.set(step.name, step);
    return true;
  }

  /** Hands a body to several steps: the first at once, the others when all that was begun before has ended. */
  fork(outlets: readonly FlowStep[]): Node {
    if (outlets.length === 0) return () => undefined;
    if (outlets.length === 1) return this.node(outlets[0]);
    const { burst } = this;
    const [first, ...rest] = outlets.map((outlet) => this.node(outlet));
    const others = rest.map((node, i) => ({ node, step: outlets[i + 1] }));
    return (body) => {
      for (const { node, step } of others) burst.later(node, step, body);
      first(body);
    };
  }

  private node(step: FlowStep): Node {
    let node = this.nodes.get(step);
    if (node === undefined) {
      node = this.make(step);
      this.nodes.set(step, node);
    }
    return node;
  }

  private make(step: FlowStep): Node {
    const work = step.plainWork;
    if (work === null) throw new TypeError("a step that is not plain"); // `admits` has seen to it
    if (work.kind === "answer") return this.burst.answer;
    if (work.kind === "flat_map") return this.several(step, work.code);
    if (work.kind === "gather") return this.gather(step, work);
    return this.chain(step);
  }

  /** Steps in a row that make one body of one, in one loop. */
  private chain(first: FlowStep): Node {
    const links: Link[] = [];
    let last = first;
    for (let step: FlowStep | undefined = first; step;) {
      const work: PlainWork | null = step.plainWork;
      if (work?.kind !== "map" && work?.kind !== "filter") break;
      if (step !== first && step.inlets > 1) break;
      links.push({ step, code: work.code, filters: work.kind === "filter" });
      last = step;
      step = step.outlets.length === 1 ? step.outlets[0] : undefined;
    }
    const next = this.fork(last.outlets);
    return this.burst.traces ? this.tracedChain(links, next) : this.bareChain(links, next);
  }

  private bareChain(links: readonly Link[], next: Node): Node {
    const { burst } = this;
    const codes = links.map(({ code, filters }) => (filters ? filterOf(code) : code));
    const count = codes.length;
    if (count <= FEW && !links.some((link) => link.filters)) return this.fewMaps(links, next);
    return (body) => {
      let value = body;
      let at = 0;
      try {
        for (; at < count; at++) {
          value = codes[at](value);
          if (value === DROPPED) return;
        }
      } catch {
        burst.leave(links[at].step, value);
        return;
      }
      next(value);
    };
  }

  /** The loop above for a few maps, written out: each call has a place of its own for the compiler to look at. */
  private fewMaps(links: readonly Link[], next: Node): Node {
    const { burst } = this;
    const [first, second, third, fourth] = links.map(({ code }) => code);
    const count = links.length;
    return (body) => {
      let value = body;
      let at = 0;
      try {
        value = first(value);
        if (count > 1) {
          at = 1;
          value = second(value);
        }
        if (count > 2) {
          at = 2;
          value = third(value);
        }
        if (count > 3) {
          at = 3;
          value = fourth(value);
        }
      } catch {
        burst.leave(links[at].step, value);
        return;
      }
      next(value);
    };
  }

  private tracedChain(links: readonly Link[], next: Node): Node {
    const { burst } = this;
    const codes = links.map(({ code, filters }) => (filters ? filterOf(code) : code));
    const steps = links.map(({ step }) => burst.traced(step));
    const count = codes.length;
    return (body) => {
      let value = body;
      let at = 0;
      try {
        for (; at < count; at++) {
          const made = codes[at](value);
          if (made === DROPPED) {
            steps[at].dropped(value);
            return;
          }
          steps[at].gave(value, made);
          value = made;
        }
      } catch {
        burst.leave(links[at].step, value);
        return;
      }
      next(value);
    };
  }

  private several(step: FlowStep, code: Code): Node {
    const { burst } = this;
    const next = this.fork(step.outlets);
    const trace = burst.traces ? burst.traced(step) : null;
    return (body) => {
      let items: readonly PyValue[];
      try {
        items = iterate(code(body));
      } catch {
        burst.leave(step, body);
        return;
      }
      if (items.length >= MOST_ITEMS) {
        burst.leave(step, body);
        return;
      }
      trace?.gaveSeveral(body, items);
      for (let i = 0; i < items.length; i++) {
        next(items[i]);
        if (burst.held) {
          burst.emitLater(step, items.slice(i + 1));
          return;
        }
      }
    };
  }

  private gather(step: FlowStep, work: Extract<PlainWork, { kind: "gather" }>): Node {
    const next = this.fork(step.outlets);
    const trace = this.burst.traces ? this.burst.traced(step) : null;
    const { burst } = this;
    return (body) => {
      const made = work.take(body);
      trace?.gathered(body, made?.body);
      if (made === undefined) return;
      const before = burst.enclose(made);
      next(made.body);
      burst.enclose(before);
    };
  }
}

function filterOf(code: Code): Code {
  return (body) => (truthy(code(body)) ? body : DROPPED);
}
