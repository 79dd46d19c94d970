import { Disposables, type GraphChoice, type Intent, type SessionState } from "@graphcell/core";
import { type Panel, type ViewContext, iconButton, relabel } from "./context";
import { fillOnce, h, setAttr, show } from "./element";
import type { IconName } from "./icon";
import { type MenuItem, menuOn } from "./menu";
import type { Part } from "./parts";

type Direction = "LR" | "TB" | "auto";

/** What the header asks of the picture and the search. */
export interface HeaderHandlers {
  fit(): void;
  search(): void;
}

const NEXT: Readonly<Record<Direction, Direction>> = { auto: "LR", LR: "TB", TB: "auto" };
const ICONS: Readonly<Record<Direction, IconName>> = { auto: "auto", LR: "leftRight", TB: "topDown" };
const FORMATS = ["svg", "mermaid", "dot", "yaml", "json"] as const;

/** Controls beside the title: graph chooser, direction, fit, search, and the menu of the rest. */
export class HeaderPanel implements Panel {
  private readonly owned = new Disposables();
  private readonly chooser: HTMLSelectElement;
  private readonly direction: HTMLButtonElement;
  private readonly more: HTMLButtonElement;
  private readonly buttons: readonly HTMLButtonElement[];
  private state: SessionState | null = null;

  constructor(
    part: Part,
    private readonly context: ViewContext,
    handlers: HeaderHandlers,
  ) {
    const { t, link } = context;
    this.chooser = h("select", { class: "gc-chooser", "aria-label": t("header.graph") });
    this.chooser.addEventListener("change", () =>
      link.send({ type: "choose-graph", graph: this.chooser.value }),
    );
    this.direction = iconButton("auto", "", () =>
      link.send({ type: "set-direction", direction: NEXT[this.now] }),
    );
    const fit = iconButton("fit", t("header.fit"), () => handlers.fit());
    const search = iconButton("search", t("header.search"), () => handlers.search());
    this.more = iconButton("more", t("header.more"), () => {});
    this.buttons = [this.direction, fit, search];
    this.owned.add(menuOn(this.more, context.root, () => this.menu()));
    part.controls.append(this.chooser, this.direction, fit, search, this.more);
  }

  private get now(): Direction {
    return this.state?.current?.direction ?? "auto";
  }

  update(state: SessionState): void {
    this.state = state;
    const { t } = this.context;
    const { current, graphs } = state;
    show(this.chooser, graphs.length > 0);
    fillOnce(this.chooser, JSON.stringify(graphs), () => graphs.map((graph) => this.option(graph)));
    const id = current?.id ?? "";
    if (this.chooser.value !== id && graphs.some((g) => g.id === id)) this.chooser.value = id;
    setAttr(this.chooser, "title", current?.name ?? null);
    for (const button of this.buttons) show(button, current !== null);
    const direction = t(`header.direction.${this.now}`);
    relabel(this.direction, ICONS[this.now], t("header.direction", { direction }));
  }

  private option(graph: GraphChoice): HTMLOptionElement {
    const { t } = this.context;
    const { name } = graph;
    const text = graph.where === "kernel" ? t("graph.kernelOnly", { name }) : name;
    return h("option", { value: graph.id }, text);
  }

  private menu(): readonly MenuItem[] {
    const { t, link } = this.context;
    const send = (intent: Intent) => () => link.send(intent);
    const none = !this.state?.current;
    const autoRun = this.state?.settings.autoRun ?? false;
    const showTimes = this.state?.settings.showTimes ?? false;
    const exports = FORMATS.map((format, i) => ({
      label: t(`header.export.${format}`),
      disabled: none,
      separated: i === 0,
      run: send({ type: "export", format }),
    }));
    return [
      { label: t("header.openTab"), disabled: none, run: send({ type: "open-tab" }) },
      ...exports,
      {
        label: t("header.autoRun"),
        checked: autoRun,
        separated: true,
        run: send({ type: "set-setting", name: "autoRun", value: !autoRun }),
      },
      {
        label: t("header.showTimes"),
        checked: showTimes,
        run: send({ type: "set-setting", name: "showTimes", value: !showTimes }),
      },
    ];
  }

  dispose(): void {
    this.owned.dispose();
  }
}
