import { clock } from "../clock";
import type { MockEvent } from "../event";
import type { EventList } from "../eventlist";
import type { Code } from "../expression";
import type { EventResults } from "../results";
import { RequestContext } from "../snapshot";
import { PyObject, type PyValue } from "../../value/value";
import { LOOK, type Stop } from "./driver";

/** A router that does nothing but choose a route, whose routes are all small functions of the body. */
export interface PlainRoutes {
  /** The function of the route that a path names; null where that needs more than the path. */
  codeOf(path: string): Code | null;
  /** What MLRun adds to each request. */
  readonly state: PyValue;
}

/** Paths that are looked up only once. */
const KNOWN = 10_000;

/** Sends events through such a router, one after the other, without making them. */
export class RouterDriver {
  private readonly codes = new Map<string, Code | null>();

  constructor(
    private readonly routes: PlainRoutes,
    private readonly events: EventList,
    private readonly results: EventResults,
  ) {}

  /** As `Driver.run`: stops before what the whole server has to take. */
  run(until: number): Stop {
    const { events, results } = this;
    const first = results.length;
    const begun = clock();
    let stop: Stop = "end";
    for (let index = first; index < events.length; index++) {
      if (!this.send(events.mock(index))) {
        stop = "general";
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

  private send({ body, path, method, headers, time }: MockEvent): boolean {
    if (headers !== undefined || time !== undefined || path === undefined) return false;
    if (method !== undefined && method !== "" && method !== "POST") return false;
    if (!(body instanceof Map) || body.size === 0 || body instanceof RequestContext) return false;
    if (body.has("data_url")) return false;
    const code = this.codeOf(path);
    if (code === null) return false;
    // An error leaves all to the server, which does this once more.
    body.set("background_task_state", this.routes.state);
    let value: PyValue;
    try {
      value = code(body);
    } catch {
      return false;
    }
    if (value instanceof PyObject) return false;
    this.results.addOk(value);
    return true;
  }

  private codeOf(path: string): Code | null {
    let code = this.codes.get(path);
    if (code === undefined) {
      code = this.routes.codeOf(path);
      if (this.codes.size < KNOWN) this.codes.set(path, code);
    }
    return code;
  }
}
