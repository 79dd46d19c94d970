import type { PyMap, PyValue } from "../value/value";
import type { Raised } from "./event";
import type { WireEvent } from "./executor";

/**
 * How the engine drives a Storey step that runs as its own object in the kernel. It hands the step one thing at a
 * time; the step answers with what it emits next, is held up there until those after it are done, and at last says
 * that it is done with what it was given.
 */
export interface HostRequest {
  readonly step: string;
  readonly ref: string;
  readonly action: HostAction;
}

export type HostAction =
  /** Before the first event: names of the steps after it. */
  | { readonly type: "start"; readonly outlets: readonly string[] }
  /** An event, and the engine's number for it. */
  | { readonly type: "take"; readonly event: WireEvent; readonly origin: number }
  /** No more events come. */
  | { readonly type: "end" }
  | {
      readonly type: "stream_end";
      readonly event: WireEvent;
      readonly origin: number;
      readonly streamingStep: string;
      readonly error: string | null;
    }
  /** Those after the step are done with an emission; `value` is what a forwarded termination gave. */
  | {
      readonly type: "resume";
      readonly emission: number;
      readonly event: WireEvent | null;
      readonly value: PyValue;
    }
  /** They raised. */
  | { readonly type: "fail"; readonly emission: number; readonly error: Raised };

/** What the step's own code called meanwhile, in the order in which the calls ended. */
export interface InnerCall {
  readonly step: string;
  readonly fn: string;
  readonly args: readonly PyValue[];
  readonly kwargs?: PyMap;
  readonly result?: PyValue;
  readonly raised?: Raised;
}

interface HostTold {
  readonly calls?: readonly InnerCall[];
  readonly stdout?: string;
}

interface HostEmission extends HostTold {
  readonly emission: number;
  /** Indices of the outlets that it goes to; null for all. */
  readonly outlets: readonly number[] | null;
}

/** An emitted event, and which of the engine's events it is or is a copy of. */
interface EmittedEvent extends HostEmission {
  readonly event: WireEvent;
  readonly origin: number | null;
  /** It is that very event, not a copy. */
  readonly same: boolean;
  /** Its body is the object that came with the event. */
  readonly sharesBody: boolean;
}

export type HostReply =
  | (EmittedEvent & { readonly state: "emit" })
  | (EmittedEvent & {
      readonly state: "stream_end";
      readonly streamingStep: string;
      readonly error: string | null;
    })
  | (HostEmission & { readonly state: "forward" })
  | (HostTold & { readonly state: "done"; readonly value?: PyValue; readonly raised?: Raised });
