import { clock } from "../clock";
import type { MockEvent } from "../event";
import type { EventList } from "../eventlist";
import type { EventResults } from "../results";
import { ID_ANSWER } from "../results";
import { PyBytes, PyObject, type PyValue } from "../../value/value";
import { RequestContext } from "../snapshot";
import type { Burst } from "./burst";
import type { Node } from "./flow";

/** Events between two looks at the clock. */
export const LOOK = 64;

/** Why the tight loop stopped at an event. */
export type Stop = "time" | "end" | "general" | "left";

/** Sends events through a compiled flow, one after the other. */
export class Driver {
  constructor(
    private readonly flow: Node,
    private readonly burst: Burst,
    private readonly events: EventList,
    private readonly results: EventResults,
    /** Callers get a responder's answer; else the event's id. */
    private readonly waits: boolean,
    /** Moves the virtual clock to an event's own time; gives milliseconds since the run began. */
    private readonly timeOf: (mock: MockEvent) => number,
  ) {}

  /**
   * Works until `until` (real milliseconds), from the first event without a result. Stops before an event that needs
   * the whole server (`general`), and at one that the event loop has to end (`left`: it has no result yet).
   */
  run(until: number): Stop {
    const { results, events } = this;
    const list = events.plain;
    const first = results.length;
    const begun = clock();
    let stop: Stop = "end";
    for (let index = first; index < events.length; index++) {
      const mock = list === null ? events.mock(index) : list[index];
      if (!isPlain(mock)) {
        stop = "general";
        break;
      }
      if (!this.send(index, mock)) {
        stop = "left";
        break;
      }
      if (index % LOOK === LOOK - 1 && clock() > until) {
        stop = "time";
        break;
      }
    }
    const done = results.length - first;
    if (done > 0) results.time(first, (clock() - begun) / done);
    return stop;
  }

  /** False when the event has left the tight loop. */
  private send(index: number, mock: MockEvent): boolean {
    const { burst, results } = this;
    if (mock.time !== undefined) burst.start = this.timeOf(mock);
    burst.begin(index);
    this.flow(mock.body ?? null);
    if (burst.branching && !burst.held) burst.drain();
    if (burst.left) return false;
    burst.end();
    if (!this.waits) results.addOk(ID_ANSWER);
    else if (!burst.answered) results.add("timeout", undefined);
    else if (isResponse(burst.value)) results.add(statusOf(burst.value), burst.value);
    else results.addOk(burst.value);
    return true;
  }
}

/** Nothing about the event but its body says how it is taken. */
export function isPlain({ body, headers, contentType }: MockEvent): boolean {
  if (typeof body === "number" && headers === undefined) return true;
  if (headers !== undefined && headers.size > 0) return false;
  if (body === undefined || body === null || typeof body !== "object") {
    return typeof body !== "string";
  }
  if (body instanceof Map) return !body.has("full_event_wrapper") && !(body instanceof RequestContext);
  return !(body instanceof PyBytes) || (contentType !== undefined && !/json|^$/.test(contentType));
}

function isResponse(value: PyValue): value is PyObject {
  return value instanceof PyObject && value.type === "Response";
}

function statusOf(response: PyObject): "ok" | "error_response" {
  const status = response.fields.get("status_code");
  return typeof status === "number" && status >= 300 ? "error_response" : "ok";
}
