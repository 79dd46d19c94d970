/** What of a notebook's session a deployment is made from: an entry of its own, loaded when somebody deploys. */
import { runItem } from "./events";
import type { NotebookPort } from "./ports";
import type { Session } from "./session";
import type { MockEvent } from "../engine/event";
import type { CancelToken } from "../lifetime";
import type { Problem } from "../model/problem";
import type { Unknown } from "../notebook/parsed";
import type { DeployGraph } from "../nuclio/deploy-folder";
import { dumpJson } from "../value/json";
import { fromWire } from "../value/wire";

/**
 * The chosen graph as it is deployed: as it is written, or as the kernel holds it where the text leaves something open.
 * With it go the problems of `check`, and what can't be known. Null when there is no graph.
 */
export function deployGraph(
  session: Session,
  notebook: Pick<NotebookPort, "cells" | "name">,
): DeployGraph | null {
  const entry = session.graphs.current;
  if (!entry) return null;
  const { parsed, kernel } = entry;
  const derived = session.graphs.derived(entry);
  const open = parsed?.unknowns ?? [];
  const common = { name: entry.name, cells: notebook.cells, notebook: notebook.name };
  if (kernel && (!parsed || open.length > 0)) {
    const differs = derived.picture.nodes.some(({ truth }) => truth !== "agreed");
    return {
      ...common,
      graph: kernel.graph,
      spec: kernel.info.spec,
      graphNames: kernel.info.variables,
      problems: [...derived.problems, ...(parsed && differs ? [behind()] : [])],
    };
  }
  if (!parsed) return null;
  const { graph, spec, variables } = parsed;
  const problems = [...derived.problems, ...open.map(openProblem)];
  return { ...common, graph, spec, graphNames: variables, problems };
}

/** Saved events of the chosen graph, as they are sent. */
export function deployEvents(
  session: Session,
): readonly { readonly id: string; readonly name: string; readonly event: MockEvent }[] {
  return (session.state.current?.events ?? []).map(({ id, name, event }) => ({
    id,
    name,
    event: runItem({ id, name, event, rest: {} }).event,
  }));
}

/** What the simulation answers to a saved event, as a function would send it. */
async function simulatedAnswer(
  session: Session,
  event: string,
  cancel: CancelToken,
): Promise<{ readonly text: string | null; readonly reason: string }> {
  const off = cancel.onCancel(() => session.send({ type: "cancel-run" }));
  const card = await session.simulate({ saved: [event] }).finally(() => off.dispose());
  const run = card.events[0]?.run;
  if (!run) return { text: null, reason: card.failure?.message ?? "The event did not run." };
  if (run.error) return { text: `${run.error.class}: ${run.error.message}`, reason: "" };
  if (!run.response) return { text: "null", reason: "" };
  const { json, text } = run.response;
  if (json === null) return { text: null, reason: `The answer is too large to be compared: ${text}` };
  const value = fromWire(JSON.parse(json));
  return { text: typeof value === "string" ? value : dumpJson(value), reason: "" };
}

/** The part of a host of deployments that comes from the notebook's session. */
export abstract class SessionDeployHost {
  constructor(
    private readonly session: Session,
    private readonly notebook: Pick<NotebookPort, "cells" | "name">,
  ) {}

  graph(): DeployGraph | null {
    return deployGraph(this.session, this.notebook);
  }

  events(): ReturnType<typeof deployEvents> {
    return deployEvents(this.session);
  }

  simulate(event: string, cancel: CancelToken): ReturnType<typeof simulatedAnswer> {
    return simulatedAnswer(this.session, event, cancel);
  }
}

function behind(): Problem {
  return {
    code: "deploy-not-run",
    severity: "warning",
    step: null,
    message: "What is deployed is the graph in the kernel: the text has changed since it ran.",
    remedy: "Run the notebook's cells first.",
    range: null,
  };
}

function openProblem({ step, what, reason, range }: Unknown): Problem {
  return {
    code: "deploy-unknown",
    severity: "error",
    step,
    message: `${step === null ? "The graph" : `Step "${step}"`}: ${what} can't be known from the text (${reason}).`,
    remedy: "Run the notebook's cells: then the graph is taken from the kernel.",
    range,
  };
}
