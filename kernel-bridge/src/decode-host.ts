/** The door for what Storey steps tell that run as their own objects, and sources with data of their own. */
import type { HostReply, PyMap, Raised, WireEvent } from "@graphcell/core";
import { decodeCalls, decodeEvent, decodeRaised, list, map, number, odd, string, stringOr } from "./decode";

/** What a step did next. */
export function decodeHostReply(data: PyMap): HostReply {
  const stdout = data.get("stdout");
  const told = { ...decodeCalls(data.get("calls")), ...(typeof stdout === "string" ? { stdout } : {}) };
  const state = string(data.get("state"), "state");
  if (state === "done") {
    const raised = data.get("raised");
    const value = data.get("value") ?? null;
    return { ...told, state, ...(raised === undefined ? { value } : { raised: decodeRaised(raised) }) };
  }
  const outlets = data.get("outlets") ?? null;
  const emission = {
    ...told,
    emission: number(data.get("emission"), "emission"),
    outlets: outlets === null ? null : list(outlets, "outlets").map((index) => number(index, "outlet")),
  };
  if (state === "forward") return { ...emission, state };
  const origin = data.get("origin") ?? null;
  const emitted = {
    ...emission,
    event: decodeEvent(map(data.get("event"), "event")),
    origin: origin === null ? null : number(origin, "origin"),
    same: data.get("same") === true,
    sharesBody: data.get("shares_body") === true,
  };
  if (state === "emit") return { ...emitted, state };
  if (state !== "stream_end") throw odd("state of a step");
  return {
    ...emitted,
    state,
    streamingStep: string(data.get("streaming_step"), "streaming step"),
    error: stringOr(data.get("error"), null),
  };
}

/** What a source emits, and what it raised when it could not go on. */
export interface Emitted {
  readonly events: readonly WireEvent[];
  readonly raised?: Raised;
}

export function decodeEmitted(data: PyMap): Emitted {
  const raised = data.get("raised");
  return {
    events: list(data.get("events"), "events").map((event) => decodeEvent(map(event, "event"))),
    ...(raised === undefined ? {} : { raised: decodeRaised(raised) }),
  };
}
