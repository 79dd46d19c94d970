import type { EventList } from "../eventlist";
import type { Loop } from "../loop";
import type { EventResults } from "../results";
import type { Server } from "../server";
import { millisOf } from "../time";
import type { TraceStore } from "../tracestore";
import { Burst } from "./burst";
import { Driver, type Stop } from "./driver";
import { compileFlow } from "./flow";
import { RouterDriver } from "./router";

/** What a run gives to its tight loop. */
export interface BurstParts {
  readonly loop: Loop;
  readonly store: TraceStore | null;
  readonly events: EventList;
  readonly results: EventResults;
  /** Virtual begin, epoch milliseconds. */
  readonly began: number;
  /** Told the index of an event that leaves the tight loop. */
  readonly turn: (index: number) => void;
}

export interface PlainRun {
  /** Works until that time; tells why it stopped. */
  readonly driver: { run(until: number): Stop };
  /** The event that has left the tight loop; null where none can. */
  readonly burst: Burst | null;
}

/** The tight loop of a started graph; null where its steps need more than bodies. */
export function plainRun(server: Server, parts: BurstParts): PlainRun | null {
  const routes = parts.store === null ? server.plainRoutes : null;
  if (routes !== null) return { driver: new RouterDriver(routes, parts.events, parts.results), burst: null };
  const outlets = server.plainOutlets;
  if (outlets === null || outlets.length === 0) return null;
  const { loop, store, events, results, began, turn } = parts;
  const eventOf = (index: number) => {
    const event = server.eventOf(events.mock(index), events.id(index));
    event.time ??= server.nowValue();
    return event;
  };
  const burst = new Burst(loop, store, eventOf, turn);
  const flow = compileFlow(outlets, burst);
  if (flow === null) return null;
  const driver = new Driver(flow, burst, events, results, server.waits, (mock) => {
    const at = millisOf(mock.time);
    if (at !== null) loop.advance(at);
    return loop.now - began;
  });
  return { driver, burst };
}
