import type { Problem, SessionState } from "@graphcell/core";
import { type Panel, type ViewContext, linkButton, textButton } from "./context";
import { fillOnce, h, setText } from "./element";
import { formatCount } from "./format";
import { icon } from "./icon";
import { type Keyed, KeyedList } from "./keyed";
import type { Part } from "./parts";
import { placeLink } from "./place";

/** Problems that are listed at once. */
const SHOWN = 200;

/** The problems part: what is wrong, where, what to do, and a button where the remedy is mechanical. */
export class ProblemsPanel implements Panel {
  private readonly list = h("ul", { class: "gc-problems" });
  private readonly count = h("span", { class: "gc-summary" });
  private readonly items: KeyedList<Problem>;
  private readonly indices = new Map<string, number>();
  private readOnly = false;

  constructor(
    part: Part,
    private readonly context: ViewContext,
  ) {
    part.controls.append(this.count);
    part.body.append(h("div", { class: "gc-scroll" }, this.list));
    this.items = new KeyedList<Problem>(this.list, problemKey, (problem) => this.item(problem));
  }

  update(state: SessionState): void {
    const problems = state.current?.problems ?? [];
    this.readOnly = state.notebook?.readOnly ?? false;
    this.indices.clear();
    const rows: { item: Problem; index: number }[] = [];
    problems.forEach((item, index) => {
      const key = problemKey(item);
      if (this.indices.has(key) || rows.length >= SHOWN) return;
      this.indices.set(key, index);
      rows.push({ item, index });
    });
    const rank = { error: 0, warning: 1, info: 2 };
    rows.sort((a, b) => rank[a.item.severity] - rank[b.item.severity]);
    setText(this.count, this.context.t("problems.count", { n: formatCount(problems.length) }));
    this.items.update(rows);
  }

  private item(first: Problem): Keyed<Problem> {
    const el = h("li", { class: "gc-problem" });
    return {
      el,
      update: (problem) =>
        void fillOnce(el, JSON.stringify([problem, this.readOnly]), () => this.content(problem, first)),
    };
  }

  private content(problem: Problem, first: Problem): readonly HTMLElement[] {
    const { t, link } = this.context;
    const severity = t(`severity.${problem.severity}`);
    const mark = h(
      "span",
      { class: `gc-severity gc-is-${problem.severity}` },
      icon(problem.severity),
      h("span", { class: "gc-sr" }, `${severity}: `),
    );
    const { step, range, fix } = problem;
    const where = h("span", { class: "gc-where" });
    if (step !== null) where.append(linkButton(step, () => link.send({ type: "select-step", step })));
    if (range) where.append(placeLink(range, this.context));
    const text = h("div", { class: "gc-problem-text" }, h("p", {}, mark, problem.message));
    if (problem.remedy !== "") text.append(h("p", { class: "gc-note" }, problem.remedy));
    const foot = h("div", { class: "gc-problem-foot" }, where);
    if (fix) {
      const apply = () =>
        link.send({ type: "apply-fix", problem: this.indices.get(problemKey(first)) ?? -1 });
      const button = textButton(t("problems.fixHere"), apply);
      button.setAttribute("aria-label", t("problems.fix", { title: fix.title }));
      button.title = fix.title;
      button.disabled = this.readOnly;
      foot.append(button);
    }
    text.append(foot);
    return [text];
  }

  dispose(): void {
    this.items.dispose();
  }
}

/** Two problems with the same words at the same step are one. */
function problemKey(problem: Problem): string {
  return JSON.stringify([problem.code, problem.step, problem.message]);
}
