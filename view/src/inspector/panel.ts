import type { SessionState, StepInfo, TraceRecord } from "@graphcell/core";
import { type Panel, type ViewContext, iconButton, linkButton } from "../context";
import { fillOnce, h, hasFocus, setAttr, setText, show } from "../element";
import { formatCount } from "../format";
import type { Part } from "../parts";
import { cellIdsOf, placeLink } from "../place";
import { type RecordMemory, recordMemory, recordView } from "./record";

/** The step part: name, kind and place in the heading; what the step did with an event; its arguments. */
export class InspectorPanel implements Panel {
  private readonly kind = h("span", { class: "gc-step-kind" });
  private readonly place = h("span", { class: "gc-step-place" });
  private readonly pager = h("div", { class: "gc-pager" });
  private readonly pagerText = h("span", { class: "gc-pager-text", "aria-live": "polite" });
  private readonly previous: HTMLButtonElement;
  private readonly next: HTMLButtonElement;
  private readonly records = h("div", { class: "gc-records" });
  private readonly facts = h("div", { class: "gc-facts" });
  private readonly hint = h("p", { class: "gc-note gc-none" });
  private memory: RecordMemory = recordMemory();
  private state: SessionState | null = null;
  /** Which step and event the page belongs to, and the page: an index into the records. */
  private pageOf = "";
  private page = 0;

  constructor(
    private readonly part: Part,
    private readonly context: ViewContext,
  ) {
    const { t } = context;
    this.previous = iconButton("back", t("inspector.previous"), () => this.turn(-1));
    this.next = iconButton("chevron", t("inspector.next"), () => this.turn(1));
    this.pager.append(this.previous, this.pagerText, this.next);
    part.controls.append(this.kind, this.place);
    const scroller = h(
      "div",
      { class: "gc-scroll gc-padded" },
      this.hint,
      this.pager,
      this.records,
      this.facts,
    );
    part.body.append(scroller);
  }

  update(state: SessionState): void {
    this.state = state;
    const { current } = state;
    const id = current?.selection.step ?? null;
    const step = id === null ? undefined : current?.steps.get(id);
    this.showHead(id, step);
    const { records, total } = current?.selection ?? { records: [], total: 0 };
    const owner = JSON.stringify([current?.id, id, current?.selection.event]);
    if (owner !== this.pageOf) {
      this.pageOf = owner;
      this.page = Math.max(
        0,
        records.findIndex((r) => r.error !== null),
      );
    }
    this.page = Math.max(0, Math.min(this.page, records.length - 1));
    this.showRecords(id === null ? [] : records, total);
    this.showHint(id, records.length === 0);
    this.showFacts(step);
  }

  private showHead(id: string | null, step: StepInfo | undefined): void {
    const { t } = this.context;
    const name = step?.name ?? id ?? t("inspector.title");
    setText(this.part.title, name);
    setAttr(this.part.title, "title", name);
    setAttr(this.part.title, "dir", "auto");
    const code = step ? (step.className ?? step.handler) : null;
    const kind = step ? [step.kind, code].filter((x) => x).join(" \u00b7 ") : "";
    setText(this.kind, kind);
    setAttr(this.kind, "title", kind || null);
    const range = step?.origin?.created ?? step?.origin?.definition ?? null;
    fillOnce(this.place, JSON.stringify(range), () => (range ? [placeLink(range, this.context)] : []));
  }

  private showHint(id: string | null, none: boolean): void {
    const { t, link } = this.context;
    const can = (this.state?.current?.events.length ?? 0) > 0;
    show(this.hint, id === null || none);
    fillOnce(this.hint, `${id ?? ""} ${can}`, () => {
      if (id === null) return [t("inspector.none")];
      const run = linkButton(t("inspector.runHint"), () => link.send({ type: "run-events", events: "all" }));
      const part = { from: null, to: id };
      const runTo = linkButton(t("inspector.runToHint"), () =>
        link.send({ type: "run-events", events: "all", part }),
      );
      return [t("inspector.notRun"), ...(can ? [" ", run, " \u00b7 ", runTo] : [])];
    });
  }

  private showRecords(records: readonly TraceRecord[], total: number): void {
    const { t } = this.context;
    show(this.pager, records.length > 1);
    const numbers = {
      n: formatCount(this.page + 1),
      total: formatCount(total),
      kept: formatCount(records.length),
    };
    setText(this.pagerText, t(total > records.length ? "inspector.recordKept" : "inspector.record", numbers));
    this.previous.disabled = this.page === 0;
    this.next.disabled = this.page >= records.length - 1;
    const record = records[this.page];
    const cellIds = this.state ? cellIdsOf(this.state) : [];
    const focused = hasFocus(this.records);
    const signature = record ? JSON.stringify([record, cellIds]) : "";
    const changed = fillOnce(this.records, signature, () =>
      record ? recordView(record, this.context, { memory: this.memory, cellIds }) : [],
    );
    if (changed && focused) this.records.querySelector<HTMLElement>("[tabindex='0'], button")?.focus();
  }

  private turn(by: number): void {
    this.page += by;
    if (this.state) this.update(this.state);
  }

  private showFacts(step: StepInfo | undefined): void {
    if (!step) {
      fillOnce(this.facts, "", () => []);
      return;
    }
    const { t } = this.context;
    fillOnce(this.facts, JSON.stringify(step), () => {
      const rows = step.fields.flatMap(({ name, text }) => [
        h("dt", {}, name),
        h("dd", { dir: "auto" }, text),
      ]);
      const list =
        rows.length > 0 ? h("dl", {}, ...rows) : h("p", { class: "gc-note" }, t("inspector.noArguments"));
      const { definition, created } = step.origin ?? { definition: null, created: null };
      const code =
        definition && created && definition.cellId + definition.line !== created.cellId + created.line
          ? h(
              "p",
              { class: "gc-note" },
              `${step.className ?? step.handler ?? ""}: `,
              placeLink(definition, this.context),
            )
          : null;
      const unknown = step.unknown.map((what) =>
        h("p", { class: "gc-note" }, t("inspector.unknown", { what })),
      );
      return [
        h("details", { open: true }, h("summary", {}, t("inspector.arguments")), list),
        code,
        ...unknown,
      ];
    });
  }

  dispose(): void {
    this.memory = recordMemory();
    this.part.controls.replaceChildren();
    this.part.body.replaceChildren();
  }
}
