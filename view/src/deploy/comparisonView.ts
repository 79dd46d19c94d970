import type { DeployComparison, DeployState } from "@graphcell/core/nuclio";
import { type DagView, mountDag } from "../dag/view";
import { fillOnce, h, show } from "../element";

const CHANGES = { added: "+", removed: "\u2212", changed: "~" } as const;

const LEGEND = ["dashed: new", "pale: not any more", "with a dot: changed"] as const;

/** From what is deployed, or in git, to what is written: both graphs as one picture, and a line a step. */
export class ComparisonView {
  private readonly title = h("p");
  private readonly picture = h("div", { class: "gc-deploy-picture" });
  private readonly legend = h(
    "p",
    { class: "gc-note gc-deploy-legend" },
    ...LEGEND.map((text) => h("span", {}, text)),
  );
  private readonly list = h("ul", { class: "gc-deploy-changes", "aria-label": "Changed steps" });
  readonly root = h(
    "div",
    { class: "gc-deploy-difference" },
    this.title,
    this.picture,
    this.legend,
    this.list,
  );
  private dag: DagView | null = null;
  private shown: DeployComparison | null = null;
  private revision = 0;
  private selection: string | null = null;
  private collapsed: ReadonlySet<string> = new Set();

  update({ difference }: DeployState): void {
    show(this.root, difference !== null);
    if (difference === null || difference === this.shown) return;
    const same = JSON.stringify(difference) === JSON.stringify(this.shown);
    this.shown = difference;
    if (same) return;
    this.revision++;
    this.selection = null;
    const differs = difference.steps.length > 0;
    this.title.textContent = titleOf(difference);
    show(this.picture, differs);
    show(this.legend, differs);
    fillOnce(this.list, JSON.stringify(difference.steps), () => itemsOf(difference));
    if (differs) this.draw();
  }

  dispose(): void {
    this.dag?.dispose();
  }

  private draw(): void {
    if (!this.shown) return;
    this.dag ??= mountDag(this.picture, {
      select: (step) => this.select(step),
      reveal: (step) => this.select(step),
      setCollapsed: (group, folded) => {
        const others = [...this.collapsed].filter((id) => id !== group);
        this.collapsed = new Set(folded ? [...others, group] : others);
        this.draw();
      },
    });
    this.dag.update({
      graph: `comparison with ${this.shown.revision ?? "the cluster"}`,
      picture: this.shown.picture,
      pictureRevision: this.revision,
      direction: "auto",
      overlay: null,
      selection: this.selection,
      collapsed: this.collapsed,
      compact: true,
      showTimes: false,
    });
  }

  /** Shows what has changed in a step of the picture. */
  private select(step: string | null): void {
    this.selection = step;
    this.draw();
    for (const item of this.list.querySelectorAll<HTMLElement>("[data-step]")) {
      const chosen = item.dataset["step"] === step;
      item.classList.toggle("gc-selected", chosen);
      if (chosen) item.scrollIntoView({ block: "nearest" });
    }
  }
}

function titleOf({ revision, steps }: DeployComparison): string {
  if (revision === null)
    return steps.length === 0 ? "The cluster has this very graph." : "Deploying would change";
  return steps.length === 0 ? `Git has this very graph at ${revision}.` : `Changed since ${revision}`;
}

function itemsOf({ steps }: DeployComparison): readonly HTMLElement[] {
  return steps.map(({ step, change, fields }) =>
    h(
      "li",
      { class: `gc-deploy-change gc-is-${change}`, "data-step": step },
      h("span", { class: "gc-deploy-mark", "aria-hidden": "true" }, CHANGES[change]),
      h("span", { class: "gc-sr" }, `${change}: `),
      h("strong", { dir: "auto" }, step === "" ? "the graph" : step),
      ...fields.map((text) => h("div", { class: "gc-note", dir: "auto" }, text)),
    ),
  );
}
