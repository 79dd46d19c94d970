/** What a session asks of its notebook's kernel, answered by the agent in it: the same in every host. */
import {
  type CancelToken,
  Disposables,
  Emitter,
  type Executor,
  GraphcellError,
  type KernelLink,
  type NamespaceReport,
  type Preview,
  type PyValue,
  type RunReal,
} from "@graphcell/core";
import type { KernelAgent } from "./agent";
import { type AttachOptions, attachAgent } from "./attach";
import type { KernelPort } from "./port";
import type { AnswerSimulate } from "./protocol";

/** What the agent needs of the host. */
export type AgentHost = Pick<AttachOptions, "timers" | "onProblem">;

/** The kernel of a notebook, whichever it is now. A host says which that is, and how to get one. */
export abstract class AgentLink extends Disposables {
  protected readonly statusChanged = this.add(new Emitter<void>());
  protected readonly reported = this.add(new Emitter<void>());
  readonly onStatus = this.statusChanged.event;
  readonly onReport = this.reported.event;
  /** Answers the kernel's `%%simulate` cells; set by whoever holds the session. */
  onSimulate: AnswerSimulate = () => Promise.reject(noSession());

  /** The agent in the kernel, once it is there. */
  protected abstract get agent(): KernelAgent | null;

  /** Waits until the agent is in the kernel. Throws `GraphcellError` when the notebook has no kernel of use. */
  protected abstract needAgent(): Promise<KernelAgent>;

  get report(): NamespaceReport | null {
    return this.agent?.report ?? null;
  }

  async executor(graph: Parameters<KernelLink["executor"]>[0], cancel: CancelToken): Promise<Executor> {
    return (await this.needAgent()).executor(graph, cancel);
  }

  readonly runReal: RunReal = async (...request) => (await this.needAgent()).runReal(...request);

  async evaluate(expression: string, cancel?: CancelToken): Promise<PyValue> {
    return (await this.needAgent()).evaluate(expression, cancel);
  }

  async preview(handle: string, bytes: number): Promise<Preview> {
    return (await this.needAgent()).preview(handle, bytes);
  }

  /** Puts the agent into a kernel, for as long as `owned` lasts, and tells its reports. */
  protected async attach(port: KernelPort, owned: Disposables, host: AgentHost): Promise<KernelAgent> {
    const simulate: AnswerSimulate = (request, tell) => this.onSimulate(request, tell);
    const agent = await attachAgent(port, { ...host, simulate });
    owned.add(agent);
    owned.add(agent.onReport(() => this.reported.fire()));
    return agent;
  }
}

function noSession(): GraphcellError {
  return new GraphcellError(
    "GC_NO_SESSION",
    "Nobody simulates for this notebook.",
    "Close it and open it again.",
  );
}
