import type { BatchChain } from "../engine/compiled/batchrun";
import type { Segment, SegmentOutput } from "../engine/executor";
import { Failure } from "../engine/failure";
import type { FlowEvent } from "../engine/flowevent";
import type { FlowStep } from "../engine/flowstep";
import type { Coro } from "../engine/loop";
import { type Asked, answered, askSegment, leaving, traceCall } from "../engine/segment";
import { FunctionStep } from "./function-step";

/** Longest chain that goes to the kernel as one: a cancel waits for no more than that. */
const LONGEST = 500;

/** A chain of foreign steps of an async flow that one round trip serves. */
class Chain {
  /** What is known of the next event's way already. */
  private primed: SegmentOutput | null = null;

  constructor(
    private readonly steps: readonly FunctionStep[],
    readonly segment: Segment,
  ) {}

  prime(output: SegmentOutput): void {
    this.primed = output;
  }

  /** Asked for before the event's turn came. */
  private readonly asked = new WeakMap<FlowEvent, Asked>();

  /** Nothing follows the chain: once it is asked for, no more Python runs on this branch. */
  get ends(): boolean {
    return this.steps[this.steps.length - 1].outlets.length === 0;
  }

  /** Asks now for what `run` will need, so that the answers of several branches are under way at once. */
  ask(event: FlowEvent): void {
    const asked = askSegment(this.steps[0].context, this.segment, event);
    // Whoever runs the event hears of a failure; when nobody does any more, it is of no interest.
    if (asked instanceof Promise) asked.catch(() => undefined);
    this.asked.set(event, asked);
  }

  /** The first step has taken the event: runs it through the chain, and on from the last step. */
  *run(event: FlowEvent): Coro {
    const { context } = this.steps[0];
    const { primed } = this;
    this.primed = null;
    const output =
      primed ?? (yield* answered(this.asked.get(event) ?? askSegment(context, this.segment, event)));
    let at = event;
    for (const [i, done] of output.steps.entries()) {
      const step = this.steps[i];
      if (i > 0) {
        step.countVisit(at);
        context.trace?.enter(step.traceName, at);
      }
      traceCall(context, step.traceName, step.functionName, done);
      if (done.raised) {
        step.raise(at, new Failure(done.raised));
        return;
      }
      if (i === this.steps.length - 1) break;
      if (done.out.length === 0) return;
      const emitted = at.copy();
      emitted.body = done.out[0];
      context.trace?.emit(step.traceName, emitted);
      at = emitted;
    }
    yield* this.leave(at, output);
  }

  private *leave(at: FlowEvent, output: Parameters<typeof leaving>[1]): Coro {
    const last = this.steps[this.steps.length - 1];
    for (let i = 0; i < output.out.length; i++) {
      const rest = last.emit(leaving(at, output, i));
      if (rest) yield rest;
    }
  }
}

/**
 * Makes one round trip of every chain of two and more foreign steps. A chain goes through steps with one way in and
 * one way out; it ends before steps with an error handler, several outlets, streams or coroutines, whose
 * behaviour depends on what else goes on in the flow.
 */
export function fuse(steps: Iterable<FlowStep>): void {
  const joined = new Set<FlowStep>();
  const fed = new Set<FlowStep>();
  for (const step of steps) if (step.outlets.length === 1 && linkOf(step)) fed.add(step.outlets[0]);
  for (const first of steps) {
    if (joined.has(first) || !(first instanceof FunctionStep) || first.link === null) continue;
    if (fed.has(first) && first.inlets === 1) continue;
    const chain = chainFrom(first);
    if (chain.length < 2) continue;
    for (const step of chain) joined.add(step);
    const links = chain.map((step) => step.link).filter((link) => link !== null);
    first.chain = new Chain(chain, { steps: links });
  }
}

/** The steps from one on, where they are one chain to the end of the flow; nothing but the answer may follow. */
export function wholeChain(first: FlowStep): BatchChain | null {
  if (!(first instanceof FunctionStep) || first.link === null) return null;
  const steps = chainFrom(first);
  const last = steps[steps.length - 1];
  const plain = steps.every(({ link }) => link !== null && ["map", "filter"].includes(link.form));
  const ends = last.outlets.every(
    (outlet) => outlet.plainWork?.kind === "answer" && outlet.outlets.length === 0,
  );
  if (!plain || !ends || last.outlets.length > 1 || steps.length >= LONGEST) return null;
  const links = steps.map((step) => step.link).filter((link) => link !== null);
  const chain = first.chain instanceof Chain ? first.chain : new Chain(steps, { steps: links });
  first.chain = chain;
  return {
    segment: chain.segment,
    names: steps.map((step) => step.traceName),
    prime: (out) => chain.prime(out),
  };
}

function linkOf(step: FlowStep): boolean {
  return step instanceof FunctionStep && step.link !== null && step.link.form !== "flat_map";
}

function chainFrom(first: FunctionStep): FunctionStep[] {
  const chain = [first];
  for (let at = first; chain.length < LONGEST;) {
    if (!linkOf(at) || at.outlets.length !== 1) break;
    const [next] = at.outlets;
    if (!(next instanceof FunctionStep) || next.link === null || next.inlets !== 1 || chain.includes(next))
      break;
    chain.push(next);
    at = next;
  }
  return chain;
}
