import { type Disposable, Disposables, type SessionLink, type SessionState } from "@graphcell/core";
import { conditionsOf } from "./condition";
import { type ViewContext, type ViewStorage, browserStorage } from "./context";
import { DagPart, type Drawing } from "./dagPart";
import { h, show } from "./element";
import { EventsPanel } from "./events/panel";
import { HeaderPanel } from "./header";
import { InspectorPanel } from "./inspector/panel";
import { NoticesPanel } from "./notices";
import { type Part, Stack, makePart } from "./parts";
import { ProblemsPanel } from "./problems";
import { Strips, emptyState } from "./strips";
import { type Translator, englishTexts } from "./texts";

export interface SidebarOptions {
  /** Narrow stacks all parts; wide puts the step to the right of the picture. */
  readonly layout: "narrow" | "wide";
  readonly texts?: Translator;
  /** Where sizes and folds are remembered; in the browser when absent. */
  readonly storage?: ViewStorage;
  /** Draws the graph. */
  readonly draw: (el: HTMLElement, link: SessionLink, t: Translator) => Drawing;
}

/** Builds the whole view in `el`, and keeps it up to date until it is disposed. */
export function buildSidebar(el: HTMLElement, link: SessionLink, options: SidebarOptions): Disposable {
  const view = new Sidebar(el, link, options);
  view.update(link.state);
  const listening = link.onChange((state) => view.update(state));
  return {
    dispose() {
      listening.dispose();
      view.dispose();
    },
  };
}

class Sidebar implements Disposable {
  private readonly owned = new Disposables();
  private readonly root: HTMLElement;
  private readonly context: ViewContext;
  private readonly empty = h("div", { class: "gc-empty", hidden: true });
  private readonly content: HTMLElement;
  private readonly strips: Strips;
  private readonly notices: NoticesPanel;
  private readonly header: HeaderPanel;
  private readonly dag: DagPart;
  private readonly events: EventsPanel;
  private readonly inspector: InspectorPanel;
  private readonly problems: ProblemsPanel;
  private readonly problemsPart: Part;
  private readonly stacks: readonly Stack[];

  constructor(el: HTMLElement, link: SessionLink, options: SidebarOptions) {
    const t = options.texts ?? englishTexts;
    const live = h("div", { class: "gc-sr", role: "status", "aria-live": "polite" });
    this.root = h("div", {
      class: `gc-root gc-sidebar gc-${options.layout}`,
      role: "region",
      "aria-label": t("app.label"),
    });
    const storage = scoped(options.storage ?? browserStorage(), options.layout);
    this.context = { link, t, storage, reveals: true, root: this.root, announce: (text) => say(live, text) };
    const { context } = this;
    const dagPart = makePart({ id: "graph", title: t("app.name"), weight: 4, shrinks: false });
    const eventsPart = makePart({ id: "events", title: t("events.title"), weight: 2, shrinks: true });
    const stepPart = makePart({ id: "step", title: t("inspector.title"), weight: 2.5, shrinks: true });
    this.problemsPart = makePart({ id: "problems", title: t("problems.title"), weight: 1, shrinks: true });
    this.notices = this.owned.add(new NoticesPanel(context));
    this.content = h("div", { class: "gc-content" });
    this.stacks = this.stack(options.layout, [dagPart, eventsPart, stepPart, this.problemsPart]);
    this.root.append(this.notices.el, this.empty, this.content, live);
    // In the page before the picture is made: it looks at its size.
    el.append(this.root);
    const fit = () => this.dag.drawing.fit();
    const search = () => this.dag.drawing.find();
    this.header = this.owned.add(new HeaderPanel(dagPart, context, { fit, search }));
    this.dag = this.owned.add(new DagPart(dagPart, context, (box) => options.draw(box, link, t)));
    this.strips = new Strips(context);
    eventsPart.body.append(this.strips.el);
    this.events = this.owned.add(new EventsPanel(eventsPart, context));
    this.inspector = this.owned.add(new InspectorPanel(stepPart, context));
    this.problems = this.owned.add(new ProblemsPanel(this.problemsPart, context));
  }

  /** One column, or two: picture and events left, step and problems right. */
  private stack(layout: SidebarOptions["layout"], parts: readonly Part[]): readonly Stack[] {
    const groups = layout === "narrow" ? [parts] : [parts.slice(0, 2), parts.slice(2)];
    return groups.map((group) => {
      const column = h("div", { class: "gc-column" });
      this.content.append(column);
      return this.owned.add(new Stack(group, this.context, column));
    });
  }

  update(state: SessionState): void {
    const conditions = conditionsOf(state, this.context.t);
    const whole = conditions.find((c) => c.place === "whole");
    show(this.empty, whole !== undefined);
    show(this.content, whole === undefined);
    if (whole) emptyState(this.empty, whole, this.context);
    this.notices.update(state);
    this.header.update(state);
    this.dag.showConditions(conditions);
    this.dag.update(state);
    this.strips.update(conditions.filter((c) => c.place === "events"));
    this.events.update(state);
    this.inspector.update(state);
    this.problems.update(state);
    this.stacks.at(-1)?.setVisible(this.problemsPart, (state.current?.problems.length ?? 0) > 0);
  }

  dispose(): void {
    this.owned.dispose();
    this.root.remove();
  }
}

/** The sidebar and the tab remember their own sizes. */
function scoped(storage: ViewStorage, scope: string): ViewStorage {
  return {
    get: (key) => storage.get(`${scope}.${key}`),
    set: (key, value) => storage.set(`${scope}.${key}`, value),
  };
}

/** The same sentence twice is said twice: a live region speaks only when its text changes. */
function say(live: HTMLElement, text: string): void {
  live.textContent = live.textContent === text ? `${text}\u00a0` : text;
}
