import type { PyMap, PyValue } from "../value/value";
import type { Raised } from "./event";
import type { EventList } from "./eventlist";
import type { EventResult, EventStatus } from "./simulate";
import { snapshot } from "./snapshot";

const STATUSES: readonly EventStatus[] = ["ok", "error_response", "error", "timeout", "emitted", "cancelled"];

/** What a flow without a responder answers: `{"id": id}`, made when it is looked at. */
export const ID_ANSWER = Symbol("id");

/** What became of each event, a column for each part: a million results take a few words each. */
export class EventResults {
  private readonly states: Uint8Array;
  private readonly times: Float32Array;
  private readonly answers: (PyValue | typeof ID_ANSWER | undefined)[] = [];
  private readonly errors = new Map<number, Raised>();
  private made: readonly EventResult[] | null = null;
  length = 0;

  constructor(private readonly events: EventList) {
    this.states = new Uint8Array(events.length);
    this.times = new Float32Array(events.length);
  }

  /** Adds the result of the next event. The response is not changed any more. */
  add(status: EventStatus, response: PyValue | typeof ID_ANSWER | undefined, error?: Raised): void {
    const index = this.length++;
    this.states[index] = STATUSES.indexOf(status);
    this.answers.push(response);
    if (error) this.errors.set(index, error);
    this.made = null;
  }

  /** Adds the answer of an event that went well. */
  addOk(response: PyValue | typeof ID_ANSWER): void {
    this.length++;
    this.answers.push(response);
  }

  /** Nobody wants the rest any more. */
  cancelRest(): void {
    this.states.fill(STATUSES.indexOf("cancelled"), this.length);
    this.length = this.events.length;
    this.made = null;
  }

  /** Tells the real milliseconds of the events from that index on, each. */
  time(from: number, ms: number): void {
    this.times.fill(ms, from, this.length);
  }

  status(index: number): EventStatus {
    return STATUSES[this.states[index]];
  }

  response(index: number): PyValue | undefined {
    const answer = this.answers[index];
    if (answer === undefined) return undefined;
    return answer === ID_ANSWER ? idAnswer(this.events.id(index)) : snapshot(answer);
  }

  /** Real milliseconds. */
  ms(index: number): number {
    return this.times[index];
  }

  error(index: number): Raised | undefined {
    return this.errors.get(index);
  }

  at(index: number): EventResult {
    const [response, error] = [this.response(index), this.error(index)];
    return {
      id: this.events.id(index),
      status: this.status(index),
      ...(response === undefined ? {} : { response }),
      ...(error === undefined ? {} : { error }),
      ms: this.times[index],
    };
  }

  /** All of them, each as an object. */
  list(): readonly EventResult[] {
    this.made ??= Array.from({ length: this.length }, (_, i) => this.at(i));
    return this.made;
  }
}

function idAnswer(id: PyValue): PyMap {
  return new Map<PyValue, PyValue>([["id", id]]);
}
