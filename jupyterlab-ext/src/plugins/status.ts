import type { JupyterFrontEndPlugin } from "@jupyterlab/application";
import { ISettingRegistry } from "@jupyterlab/settingregistry";
import { IStatusBar } from "@jupyterlab/statusbar";
import { ITranslator, nullTranslator, type TranslationBundle } from "@jupyterlab/translation";
import { Widget } from "@lumino/widgets";
import type { GraphState } from "@graphcell/core";
import { SETTINGS_ID } from "../actions";
import { IGraphcellPanels, IGraphcellSessions } from "../tokens";

/** One short text in the status bar: the graph, its problems, its last run. A click shows the sidebar. */
export const statusPlugin: JupyterFrontEndPlugin<void> = {
  id: "graphcell:status",
  description: "Graphcell's item in the status bar.",
  autoStart: true,
  requires: [IGraphcellSessions, IGraphcellPanels],
  optional: [IStatusBar, ISettingRegistry, ITranslator],
  activate: (
    _app,
    sessions: IGraphcellSessions,
    panels: IGraphcellPanels,
    bar: IStatusBar | null,
    registry: ISettingRegistry | null,
    translator: ITranslator | null,
  ) => {
    if (!bar) return;
    const trans = (translator ?? nullTranslator).load("graphcell");
    const item = new StatusItem(trans.__("Show the graph"), () => panels.show());
    let shown = true;
    const active = () => shown && sessions.current?.session.state.current != null;
    const refresh = () => {
      const graph = sessions.current?.session.state.current;
      item.text = graph ? statusText(graph, trans) : "";
      item.setHidden(!active());
    };
    bar.registerStatusItem("graphcell:status", { item, align: "left", rank: 10 });
    sessions.stateChanged.connect(refresh);
    refresh();
    const onSettings = (settings: ISettingRegistry.ISettings) => {
      shown = settings.composite.statusBar !== false;
      refresh();
    };
    registry?.load(SETTINGS_ID).then(
      (settings) => {
        settings.changed.connect(onSettings);
        onSettings(settings);
      },
      () => undefined,
    );
  },
};

class StatusItem extends Widget {
  private readonly button = document.createElement("button");

  constructor(caption: string, onClick: () => void) {
    super();
    this.addClass("gc-lab-status");
    this.button.type = "button";
    this.button.title = caption;
    this.button.addEventListener("click", onClick);
    this.node.append(this.button);
  }

  set text(text: string) {
    if (this.button.textContent !== text) this.button.textContent = text;
  }
}

function statusText(graph: GraphState, trans: TranslationBundle): string {
  const problems = graph.problems.filter((p) => p.severity !== "info").length;
  const parts = [trans.__("Graph %1", graph.name)];
  if (problems > 0) parts.push(trans._n("%1 problem", "%1 problems", problems));
  if (graph.run) parts.push(runText(graph.run, graph.events, trans));
  return parts.join(" · ");
}

function runText(
  run: NonNullable<GraphState["run"]>,
  events: GraphState["events"],
  trans: TranslationBundle,
): string {
  switch (run.phase) {
    case "loading":
      return trans.__("starting");
    case "running":
      return trans.__("%1 of %2 events", run.done, run.total);
    case "cancelled":
      return trans.__("cancelled");
    case "failed":
      return trans.__("failed");
    case "done": {
      const bad = events.filter(({ result }) => result && !["ok", "emitted"].includes(result.status)).length;
      return bad > 0 ? trans._n("%1 event failed", "%1 events failed", bad) : trans.__("ok");
    }
    default:
      return run.phase satisfies never;
  }
}
