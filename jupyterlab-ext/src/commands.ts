import { InputDialog } from "@jupyterlab/apputils";
import type { TranslationBundle } from "@jupyterlab/translation";
import type { LabIcon } from "@jupyterlab/ui-components";
import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from "@lumino/coreutils";
import type { Intent } from "@graphcell/core";
import { simulateCell } from "./cellCard";
import { graphIcon, simulateIcon } from "./icons";
import type { IGraphcellPanels, IGraphcellSessions } from "./tokens";

export const EXPORT_FORMATS = ["svg", "mermaid", "dot", "yaml", "json"] as const;
const FORMAT_NAMES = { svg: "SVG", mermaid: "Mermaid", dot: "DOT", yaml: "YAML", json: "JSON" };

type Args = ReadonlyPartialJSONObject;

export interface GraphcellCommand {
  readonly id: string;
  readonly label: (args: Args) => string;
  readonly caption: string;
  readonly icon?: LabIcon;
  /** JSON schema of each argument. */
  readonly args?: ReadonlyJSONObject;
  /** Whether it can be run now; always when absent. */
  readonly enabled?: () => boolean;
  readonly visible?: () => boolean;
  readonly execute: (args: Args) => unknown;
}

/** The schema that the command registry shows to those who call a command by its id. */
export function describeArgs({ args }: GraphcellCommand): { args: ReadonlyJSONObject } {
  return { args: { type: "object", additionalProperties: false, properties: args ?? {} } };
}

/** All commands; what they ask for goes to the session in front. */
export function createCommands(
  sessions: IGraphcellSessions,
  panels: IGraphcellPanels,
  trans: TranslationBundle,
): readonly GraphcellCommand[] {
  const context = { sessions, panels, trans };
  return [
    ...viewCommands(context),
    ...runCommands(context),
    ...eventCommands(context),
    ...graphCommands(context),
  ];
}

interface Context {
  readonly sessions: IGraphcellSessions;
  readonly panels: IGraphcellPanels;
  readonly trans: TranslationBundle;
}

const graphOf = (sessions: IGraphcellSessions) => sessions.current?.session.state.current ?? null;
const send = (sessions: IGraphcellSessions, intent: Intent) => sessions.current?.session.send(intent);
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

function viewCommands({ sessions, panels, trans }: Context): readonly GraphcellCommand[] {
  return [
    {
      id: "graphcell:show-graph",
      label: () => trans.__("Show Graph"),
      caption: trans.__("Show the serving graph of this notebook in the sidebar"),
      icon: graphIcon,
      execute: () => {
        const cell = sessions.current?.activeCellId;
        if (cell) sessions.current?.session.follow(cell);
        panels.show();
      },
    },
    {
      id: "graphcell:open-tab",
      label: () => trans.__("Open Graph in Tab"),
      caption: trans.__("Open the graph of this notebook in a tab of its own"),
      icon: graphIcon,
      args: {
        path: { type: "string", description: trans.__("Path of the notebook; the one in front when absent") },
      },
      execute: (args) => panels.openTab(text(args.path) ?? undefined),
    },
    {
      id: "graphcell:reveal-step",
      label: () => trans.__("Reveal Step in Notebook"),
      caption: trans.__("Go to the cell and line that create the chosen step"),
      args: {
        step: { type: "string", description: trans.__("Name of the step; the chosen one when absent") },
      },
      enabled: () => graphOf(sessions) !== null,
      execute: (args) => revealStep(sessions, text(args.step)),
    },
  ];
}

function revealStep(sessions: IGraphcellSessions, named: string | null): void {
  const graph = graphOf(sessions);
  const step = named ?? graph?.selection.step ?? null;
  const origin = step === null ? null : graph?.steps.get(step)?.origin;
  const range = origin?.created ?? origin?.definition ?? graph?.range;
  if (step !== null) send(sessions, { type: "select-step", step });
  if (range) send(sessions, { type: "reveal", range });
}

/** Runs no more than the way from a step to the selected one; the person says where events enter. */
async function simulateToStep({ sessions, panels, trans }: Context, args: Args): Promise<void> {
  const to = text(args.step) ?? graphOf(sessions)?.selection.step ?? null;
  if (to === null) return;
  const starts = sessions.current?.session.startsOf(to) ?? [];
  let from = text(args.from);
  // A router and an unknown step run into the error that says so.
  if (args.from === undefined && starts.length > 0) {
    const whole = trans.__("The start of the graph");
    const { button, value } = await InputDialog.getItem({
      title: trans.__("Simulate up to “%1”", to),
      label: trans.__("Where events enter"),
      items: [whole, ...starts],
      okLabel: trans.__("Simulate"),
    });
    if (!button.accept || value === null) return;
    from = value === whole ? null : value;
  }
  panels.show();
  send(sessions, { type: "select-step", step: to });
  send(sessions, { type: "run-events", events: "all", part: { from, to } });
}

function runCommands({ sessions, panels, trans }: Context): readonly GraphcellCommand[] {
  const running = () => ["loading", "running"].includes(graphOf(sessions)?.run?.phase ?? "");
  const buildsGraph = () => {
    const { current } = sessions;
    const cell = current?.activeCellId;
    return !!current && !!cell && current.session.graphsOf(cell).length > 0;
  };
  return [
    {
      id: "graphcell:simulate-cell",
      label: () => trans.__("Simulate This Cell's Graph"),
      caption: trans.__("Send the saved events through the graph of this cell and show the result below it"),
      icon: simulateIcon,
      enabled: buildsGraph,
      visible: buildsGraph,
      execute: () => (sessions.current ? simulateCell(sessions.current) : undefined),
    },
    {
      id: "graphcell:simulate-all",
      label: () => trans.__("Simulate All Events"),
      caption: trans.__("Send all saved events through the graph"),
      icon: simulateIcon,
      args: {
        graph: { type: "string", description: trans.__("Name of the graph; the chosen one when absent") },
      },
      enabled: () => graphOf(sessions) !== null,
      execute: (args) => {
        const graph = text(args.graph);
        if (graph) send(sessions, { type: "choose-graph", graph });
        panels.show();
        send(sessions, { type: "run-events", events: "all" });
      },
    },
    {
      id: "graphcell:simulate-to-step",
      label: () => trans.__("Simulate from Here to the Selected Step…"),
      caption: trans.__("Send all saved events through no more than the way to the selected step"),
      icon: simulateIcon,
      args: {
        step: {
          type: "string",
          description: trans.__("Name of the last step; the selected one when absent"),
        },
        from: {
          type: "string",
          description: trans.__(
            "Name of the step at which events enter; empty for the start, asked for when absent",
          ),
        },
      },
      enabled: () => (graphOf(sessions)?.selection.step ?? null) !== null,
      execute: (args) => simulateToStep({ sessions, panels, trans }, args),
    },
    {
      id: "graphcell:verify",
      label: () => trans.__("Verify against MLRun"),
      caption: trans.__(
        "Send all saved events through MLRun's own mock server, too, and show where it differs",
      ),
      icon: simulateIcon,
      args: {
        graph: { type: "string", description: trans.__("Name of the graph; the chosen one when absent") },
      },
      enabled: () => graphOf(sessions) !== null,
      execute: (args) => {
        const graph = text(args.graph);
        if (graph) send(sessions, { type: "choose-graph", graph });
        panels.show();
        send(sessions, { type: "verify-events", events: "all" });
      },
    },
    {
      id: "graphcell:cancel-run",
      label: () => trans.__("Cancel Simulation"),
      caption: trans.__("End the simulation that is under way"),
      enabled: running,
      execute: () => send(sessions, { type: "cancel-run" }),
    },
  ];
}

function eventCommands({ sessions, panels, trans }: Context): readonly GraphcellCommand[] {
  return [
    {
      id: "graphcell:new-event",
      label: () => trans.__("New Event"),
      caption: trans.__("Add an event to the graph, to be sent by a simulation"),
      args: {
        name: { type: "string", description: trans.__("Name of the event") },
        body: { type: "string", description: trans.__("Body as JSON text") },
      },
      enabled: () => graphOf(sessions) !== null,
      execute: (args) => {
        const body = text(args.body);
        send(sessions, {
          type: "add-event",
          after: null,
          ...(body === null ? {} : { event: { bodyText: body, bodyError: null } }),
          ...(text(args.name) === null ? {} : { name: text(args.name) ?? "" }),
        });
        panels.editEvent();
      },
    },
    {
      id: "graphcell:edit-event",
      label: () => trans.__("Edit Event"),
      caption: trans.__("Show an event of the graph and put the keyboard into it"),
      args: {
        event: {
          type: "string",
          description: trans.__("Id of the event; the chosen or first one when absent"),
        },
      },
      enabled: () => (graphOf(sessions)?.events.length ?? 0) > 0,
      execute: (args) => {
        const graph = graphOf(sessions);
        const event = text(args.event) ?? graph?.selection.event ?? graph?.events[0]?.id ?? null;
        send(sessions, { type: "select-event", event });
        panels.editEvent();
      },
    },
  ];
}

function graphCommands({ sessions, panels, trans }: Context): readonly GraphcellCommand[] {
  return [
    {
      id: "graphcell:check-graph",
      label: () => trans.__("Check Graph"),
      caption: trans.__("Show what is wrong with the graph, and go to the first problem"),
      enabled: () => graphOf(sessions) !== null,
      execute: () => {
        panels.show();
        const problems = graphOf(sessions)?.problems ?? [];
        const worst = problems.find((p) => p.severity === "error") ?? problems[0];
        if (worst?.step != null) send(sessions, { type: "select-step", step: worst.step });
        if (worst?.range) send(sessions, { type: "reveal", range: worst.range });
      },
    },
    {
      id: "graphcell:export-graph",
      label: (args) => {
        const format = EXPORT_FORMATS.find((f) => f === args.format);
        return format ? trans.__("Export Graph as %1", FORMAT_NAMES[format]) : trans.__("Export Graph");
      },
      caption: trans.__("Save the graph as a file"),
      args: { format: { type: "string", enum: [...EXPORT_FORMATS] } },
      enabled: () => graphOf(sessions) !== null,
      execute: (args) => {
        const format = EXPORT_FORMATS.find((f) => f === args.format) ?? "svg";
        send(sessions, { type: "export", format });
      },
    },
    {
      id: "graphcell:insert-example",
      label: () => trans.__("Insert Example Graph"),
      caption: trans.__("Insert cells with a step, a graph and an event after the active cell"),
      enabled: () => sessions.current !== null && !sessions.current.notebook.readOnly,
      execute: () => send(sessions, { type: "insert-example" }),
    },
  ];
}
