import type { Step } from "../model/graph";
import type { PyValue } from "../value/value";
import { asFailure, errorText, failure } from "./failure";
import { FlowEvent } from "./flowevent";
import { type Answer, type Coro, Later, wait } from "./loop";
import { type PlanStep, lookup } from "./plan";
import { QueueRunner } from "./queue";
import type { Server } from "./server";
import { LONGEST, SyncChain } from "./syncchain";
import { RequestContext } from "./snapshot";
import { type Place, type RunnableStep, TaskRunner, callErrorHandler, fullNameIn, noBody } from "./task";

/** A flow with its steps: the root, or one that is nested in a sync flow. */
export class FlowRunner implements RunnableStep {
  readonly name: string;
  readonly fullName: string;
  readonly children = new Map<string, RunnableStep>();
  protected onError: RunnableStep | null = null;
  private readonly chains = new Map<PlanStep, SyncChain | null>();

  constructor(
    readonly plan: PlanStep,
    protected readonly start: readonly PlanStep[],
    protected readonly server: Server,
    parent: string | null,
  ) {
    this.name = parent === null ? "" : plan.name;
    this.fullName = parent === null ? "" : fullNameIn(parent, plan.name);
    const place: Place = {
      server,
      parent: this.fullName,
      engine: this.step.field("engine") === "sync" ? "sync" : "async",
      handlerOf: (name) => server.stepAt(name),
    };
    for (const [key, child] of plan.children) this.children.set(key, this.runnerOf(child, place));
  }

  get step(): Step {
    return this.plan.step;
  }

  private runnerOf(child: PlanStep, place: Place): RunnableStep {
    if (child.kind === "queue") return new QueueRunner(child, place);
    if (child.kind === "flow" || child.kind === "root") return this.server.nestedFlow(child, this.fullName);
    return new TaskRunner(child, place);
  }

  /** After its steps are ready. */

  *init(): Coro {
    if (this.step.onError !== null) this.onError = this.server.stepAt(this.step.onError);
  }

  /** What the streams of the flow's queues hold. */
  *streams(): Iterable<readonly [string, readonly PyValue[]]> {
    for (const [key, child] of this.children) {
      if (child instanceof QueueRunner && child.stream !== null) yield [key, child.stream.items];
    }
  }

  run(event: FlowEvent): Answer<PyValue> {
    return new Later(this.walk(event));
  }

  /** One step after the other; stops where the event is terminated. */
  private *walk(first: FlowEvent): Coro<PyValue> {
    let event = this.server.unwrap(first);
    let at: PlanStep | null = this.start[0] ?? null;
    while (at !== null) {
      const chain = this.chainFrom(at);
      if (chain !== null && !(event.body instanceof RequestContext)) {
        yield* chain.run(event);
        at = this.follower(event, chain.last);
        continue;
      }
      const runner = this.children.get(at.key);
      if (!runner) throw failure("KeyError", at.key);
      let given: PyValue;
      try {
        given = yield* wait(runner.run(event));
      } catch (error) {
        return yield* this.recover(event, at, error);
      }
      if (!(given instanceof FlowEvent)) return yield* this.walkOn(given, at);
      event = given;
      if (event.terminated) return event;
      at = this.follower(event, at);
    }
    return event;
  }

  /** The flow as one chain, where it is that. */
  get wholeChain(): SyncChain | null {
    const chain = this.start.length === 1 ? this.chainFrom(this.start[0]) : null;
    return chain !== null && chain.last.next.length === 0 ? chain : null;
  }

  /** The chain of foreign steps that one round trip serves, from this step on; null when there is none. */
  private chainFrom(first: PlanStep): SyncChain | null {
    if (!this.server.fuses || this.step.onError !== null) return null;
    const known = this.chains.get(first);
    if (known !== undefined) return known;
    const runners: TaskRunner[] = [];
    let last = first;
    for (let at: PlanStep | null = first; at !== null && runners.length < LONGEST;) {
      const runner = this.children.get(at.key);
      if (!(runner instanceof TaskRunner) || runner.segmentCall === null || runners.includes(runner)) break;
      runners.push(runner);
      last = at;
      at = at.next.length === 1 ? lookup(this.plan.children, at.next[0]) : null;
    }
    const chain = runners.length < 2 ? null : new SyncChain(this.server, runners, last);
    this.chains.set(first, chain);
    return chain;
  }

  /** What is no event goes on all the same: to steps that take the event, whatever it is. */
  private *walkOn(first: PyValue, from: PlanStep): Coro<PyValue> {
    let value = first;
    for (let at = this.after(from); at !== null; at = this.after(at)) {
      const runner = this.children.get(at.key);
      if (runner instanceof QueueRunner) throw runner.refuse(noBody(value));
      if (!(runner instanceof TaskRunner)) throw noBody(value);
      try {
        value = yield* wait(runner.runValue(value));
      } catch (error) {
        // Telling the error handler of it fails: it asks for the body.
        throw this.onError === null && at.step.onError === null ? error : noBody(value);
      }
    }
    return value;
  }

  private after(step: PlanStep): PlanStep | null {
    if (step.next.length > 1) {
      throw failure(
        "GraphError",
        `synchronous flow engine doesnt support branches use async, step=${step.name}`,
      );
    }
    return step.next.length === 0 ? null : lookup(this.plan.children, step.next[0]);
  }

  private follower(event: FlowEvent, at: PlanStep): PlanStep | null {
    let from = at;
    if (event.error instanceof Map && event.error.has(at.name)) {
      from = lookup(this.plan.children, at.step.onError ?? "None");
    }
    return this.after(from);
  }

  /** The graph's own error handler ends the flow: what it gives is the event's body. */
  private *recover(event: FlowEvent, at: PlanStep, error: unknown): Coro<PyValue> {
    const ex = asFailure(error);
    if (this.onError === null) throw ex;
    const text = errorText(ex.raised);
    const args = new Map<PyValue, PyValue>([["failed_step", at.name]]);
    this.server.pushError(event, `${text}\n${ex.raised.traceback ?? ""}`, this.fullName, args);
    this.server.trace?.handled(at.name, this.onError.fullName, ex, event);
    const name = this.fullName === "" ? null : this.name;
    event.body = yield* wait(callErrorHandler(this.onError, event, name, this.fullName, text));
    event.terminated = true;
    return event;
  }
}
