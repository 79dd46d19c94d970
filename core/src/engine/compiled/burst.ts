import type { PyValue } from "../../value/value";
import { clock } from "../clock";
import type { FlowEvent } from "../flowevent";
import { Mailbox } from "../flowevent";
import type { FlowStep } from "../flowstep";
import type { Coro, Loop, Run } from "../loop";
import type { PathNode } from "../paths";
import type { StepDigest } from "../stepdigest";
import type { TraceStore } from "../tracestore";
import type { Node } from "./flow";

/** A branch whose turn comes when what was begun before has ended. */
interface Branch {
  readonly node: Node;
  readonly step: FlowStep;
  readonly body: PyValue;
  readonly made: FlowEvent | null;
}

/** Work of an event that the event loop has to go on with. */
export interface Held {
  /** The event as it was sent: its mailbox is where the answer comes. */
  readonly event: FlowEvent;
  /** What was begun and waits, in its order. */
  readonly works: readonly Coro[];
}

/**
 * The event that a compiled flow works on. As long as everything is plain, nothing of it is made but its answer. A step
 * that raises, or needs Python, gets a real event; the rest of that event's way is the event loop's.
 */
export class Burst {
  answered = false;
  value: PyValue = null;
  /** Virtual milliseconds since the run began. */
  start = 0;
  private index = 0;
  private branches: Branch[] = [];
  private event: FlowEvent | null = null;
  /** The event that a step made of several, while its way goes on: nobody waits for its answer. */
  private made: FlowEvent | null = null;
  private works: Coro[] = [];
  private at: PathNode | null;
  private since = 0;

  constructor(
    private readonly loop: Loop,
    private readonly store: TraceStore | null,
    /** The event of that index, as it is sent. */
    private readonly eventOf: (index: number) => FlowEvent,
    /** Whoever follows the general trace has to know whose turn it is. */
    private readonly turn: (index: number) => void,
  ) {
    this.at = store?.start ?? null;
  }

  get traces(): boolean {
    return this.store !== null;
  }

  /** Branches wait for their turn. */
  get branching(): boolean {
    return this.branches.length > 0;
  }

  /** Some of the event's work waits: what follows it has to wait, too. */
  get held(): boolean {
    return this.works.length > 0;
  }

  /** A step took a real event: what became of it is in its mailbox, or is still to come. */
  left = false;

  /** Where the event's way has come to. */
  get way(): PathNode | null {
    return this.at;
  }

  /** What follows belongs to this event; gives the one before. */
  enclose(made: FlowEvent | null): FlowEvent | null {
    const before = this.made;
    this.made = made;
    return before;
  }

  begin(index: number): void {
    this.index = index;
    this.answered = false;
    if (this.left) {
      this.left = false;
      this.event = null;
      this.made = null;
    }
    if (this.store !== null) {
      this.at = this.store.start;
      this.since = clock();
    }
  }

  /** Runs the branches that were put off, in their order, until there is none or one of them has to wait. */
  drain(): void {
    for (let i = 0; i < this.branches.length; i++) {
      const { node, body, made } = this.branches[i];
      this.made = made;
      node(body);
      if (this.held) {
        this.branches.splice(0, i + 1);
        return;
      }
    }
    this.branches.length = 0;
    this.made = null;
  }

  /** The event's way is over, as far as it went here. */
  end(): void {
    if (this.at !== null && this.at !== this.store?.start) this.at.ended++;
  }

  readonly answer: Node = (body) => {
    if (this.made !== null) return;
    if (this.event !== null) {
      this.event.awaitable?.setResult(body);
    } else if (!this.answered) {
      this.answered = true;
      this.value = body;
    }
  };

  later(node: Node, step: FlowStep, body: PyValue): void {
    this.branches.push({ node, step, body, made: this.made });
  }

  /** The step takes the event itself: it raises again, or has Python do it. */
  leave(step: FlowStep, body: PyValue): void {
    this.left = true;
    const rest = step.enter(this.real(body));
    if (rest) this.works.push(rest);
  }

  /** What a step still has to emit once all that is held has ended. */
  emitLater(step: FlowStep, bodies: readonly PyValue[]): void {
    const [work] = this.works.splice(0);
    this.works.push(
      emitRest(
        work,
        step,
        bodies.map((body) => this.real(body)),
      ),
    );
  }

  private real(body: PyValue): FlowEvent {
    this.turn(this.index);
    const event = (this.made ?? this.sent).copy();
    event.body = body;
    return event;
  }

  /** The event as it was sent, with the mailbox for its answer. */
  private get sent(): FlowEvent {
    if (this.event === null) {
      this.event = this.eventOf(this.index);
      const mailbox = new Mailbox(this.loop);
      if (this.answered) mailbox.setResult(this.value);
      this.event.awaitable = mailbox;
    }
    return this.event;
  }

  /** Hands over what waits, with the branches behind it. */
  takeHeld(): Held {
    const works = this.works.splice(0);
    for (const { step, body, made } of this.branches.splice(0)) {
      this.made = made;
      works.push(enterLater(step, this.real(body)));
    }
    this.made = null;
    return { event: this.sent, works };
  }

  /** Tells the trace of a step's plain work. */
  traced(step: FlowStep): TracedStep {
    const { store } = this;
    if (store === null) throw new TypeError("nothing is traced");
    return new TracedStep(this, store, store.steps[store.step(step.traceName)]);
  }

  /** A record of one step with one output or none, and how long it took since the last one. */
  record(store: TraceStore, digest: StepDigest, input: PyValue, made: PyValue, emitted: 0 | 1): void {
    if (this.made !== null) {
      this.recordSeveral(store, digest, input, emitted === 1 ? [made] : []);
      return;
    }
    const { index, start } = this;
    const seq = store.nextSeq();
    const ms = this.lap();
    digest.add(index, seq, input, made, emitted, ms);
    store.kept.add(seq, digest.number, index, start, ms, emitted, input, made);
    if (this.at !== null) this.at = this.at.to(digest.number, emitted);
  }

  recordSeveral(store: TraceStore, digest: StepDigest, input: PyValue, out: readonly PyValue[]): void {
    const { index, start, made } = this;
    const { number: step } = digest;
    const emitted = out.length;
    const seq = store.nextSeq();
    const ms = this.lap();
    digest.add(index, seq, input, out[0] ?? null, emitted, ms);
    const event = made === null ? null : { event: String(made.id) };
    store.kept.addWith({ seq, step, index, start, ms, input, out, emitted }, event);
    if (this.at !== null) this.at = this.at.to(step, emitted);
  }

  private lap(): number {
    const now = clock();
    const ms = now - this.since;
    this.since = now;
    return ms;
  }
}

class TracedStep {
  constructor(
    private readonly burst: Burst,
    private readonly store: TraceStore,
    private readonly digest: StepDigest,
  ) {}

  dropped(input: PyValue): void {
    this.burst.record(this.store, this.digest, input, null, 0);
  }

  gave(input: PyValue, made: PyValue): void {
    this.burst.record(this.store, this.digest, input, made, 1);
  }

  gaveSeveral(input: PyValue, items: readonly PyValue[]): void {
    this.burst.recordSeveral(this.store, this.digest, input, items);
  }

  gathered(input: PyValue, made: PyValue | undefined): void {
    if (made === undefined) this.dropped(input);
    else this.gave(input, made);
  }
}

function* emitRest(work: Coro, step: FlowStep, events: readonly FlowEvent[]): Coro {
  yield work;
  for (const event of events) {
    const rest: Run = step.handOn(event);
    if (rest) yield rest;
  }
}

function* enterLater(step: FlowStep, event: FlowEvent): Coro {
  const rest = step.enter(event);
  if (rest) yield rest;
}
