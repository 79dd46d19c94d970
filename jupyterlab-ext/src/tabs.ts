import type { ILayoutRestorer, JupyterFrontEnd } from "@jupyterlab/application";
import { MainAreaWidget, WidgetTracker } from "@jupyterlab/apputils";
import type { INotebookTracker, NotebookPanel } from "@jupyterlab/notebook";
import type { TranslationBundle } from "@jupyterlab/translation";
import { createEmptyLink } from "./emptyLink";
import type { HostActions } from "./host";
import { graphIcon } from "./icons";
import { GraphPanel } from "./panel";
import type { IGraphcellSessions } from "./tokens";

type Tab = MainAreaWidget<GraphPanel>;

interface Options {
  readonly app: JupyterFrontEnd;
  readonly sessions: IGraphcellSessions;
  readonly tracker: INotebookTracker;
  readonly actions: HostActions;
  readonly trans: TranslationBundle;
  readonly restorer: ILayoutRestorer | null;
}

/** Graphs in the main area, one tab a notebook; a tab closes with its notebook and comes back with the layout. */
export class GraphTabs {
  private readonly tabs = new Map<Tab, string>();
  private readonly widgets = new WidgetTracker<Tab>({ namespace: "graphcell-tab" });

  constructor(private readonly options: Options) {
    const { restorer, tracker } = options;
    if (restorer) {
      void restorer.restore(this.widgets, {
        command: "graphcell:open-tab",
        args: (tab) => ({ path: this.tabs.get(tab) ?? "" }),
        name: (tab) => this.tabs.get(tab) ?? "",
      });
    }
    tracker.widgetAdded.connect((_, notebook) => {
      for (const [tab, path] of this.tabs) if (notebook.context.path === path) this.bind(tab, notebook);
    });
  }

  /** Opens the tab of a notebook, or brings it to the front. The notebook may still be on its way. */
  open(path?: string): void {
    const { app, tracker, sessions, actions } = this.options;
    const wanted = path || tracker.currentWidget?.context.path;
    if (!wanted) return;
    const open = [...this.tabs].find(([, other]) => other === wanted)?.[0];
    if (open) return app.shell.activateById(open.id);
    const content = new GraphPanel(createEmptyLink(actions, sessions.settings), "wide");
    const tab: Tab = new MainAreaWidget({ content });
    tab.toolbar.hide();
    tab.id = `graphcell-tab-${wanted}`;
    tab.title.icon = graphIcon;
    tab.title.closable = true;
    tab.disposed.connect(() => this.tabs.delete(tab));
    this.name(tab, wanted);
    const notebook = tracker.find((panel) => panel.context.path === wanted);
    if (notebook) this.bind(tab, notebook);
    app.shell.add(tab, "main", notebook ? { mode: "split-right", ref: notebook.id } : {});
    void this.widgets.add(tab);
    app.shell.activateById(tab.id);
  }

  private bind(tab: Tab, notebook: NotebookPanel): void {
    this.options.sessions.ready(notebook).then(
      ({ session }) => {
        if (!tab.isDisposed) tab.content.setLink(session);
      },
      () => tab.dispose(),
    );
    const rename = () => {
      this.name(tab, notebook.context.path);
      void this.widgets.save(tab);
    };
    notebook.context.pathChanged.connect(rename);
    notebook.disposed.connect(() => tab.dispose());
  }

  private name(tab: Tab, path: string): void {
    const { trans } = this.options;
    this.tabs.set(tab, path);
    const name = path.split("/").pop() ?? path;
    tab.title.label = trans.__("Graph: %1", name);
    tab.title.caption = trans.__("The serving graph of %1", path);
  }
}
