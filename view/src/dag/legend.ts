import type { Disposable, NodeKind, PictureNode, StepState, Truth } from "@graphcell/core";
import { h, show } from "../element";
import type { TextKey, Translator } from "../texts";
import { BoxLayer } from "./boxes";
import type { SceneItem } from "./scene";
import { svg } from "./svg";

interface Sample {
  readonly text: TextKey;
  readonly kind?: NodeKind;
  readonly truth?: Truth;
  readonly state?: StepState;
  readonly responder?: boolean;
  readonly problem?: boolean;
  readonly unknown?: boolean;
  readonly changed?: boolean;
  readonly out?: number;
  readonly frame?: "frame" | "lane";
}

const SECTIONS: readonly { readonly title: TextKey; readonly samples: readonly Sample[] }[] = [
  {
    title: "legend.kinds",
    samples: [
      { text: "legend.task", kind: "task" },
      { text: "legend.model", kind: "model" },
      { text: "legend.router", frame: "frame" },
      { text: "legend.queue", kind: "queue" },
      { text: "legend.remote", kind: "remote" },
      { text: "legend.choice", kind: "choice" },
      { text: "legend.target", kind: "target" },
      { text: "legend.error_step", kind: "error_step" },
      { text: "legend.responder", responder: true },
      { text: "legend.function", frame: "lane" },
    ],
  },
  {
    title: "legend.truth",
    samples: [
      { text: "legend.written", truth: "written" },
      { text: "legend.kernelOnly", truth: "kernel-only" },
      { text: "legend.edited", truth: "edited" },
      { text: "legend.problem", problem: true },
      { text: "legend.unknown", unknown: true },
    ],
  },
  {
    title: "legend.run",
    samples: [
      { text: "legend.waiting", state: "waiting" },
      { text: "legend.running", state: "running" },
      { text: "legend.ok", state: "ok" },
      { text: "legend.dropped", state: "dropped" },
      { text: "legend.failed", state: "failed" },
      { text: "legend.handled", state: "handled" },
      { text: "legend.counts", state: "ok", out: 37 },
      { text: "legend.changed", state: "ok", changed: true },
    ],
  },
];

/** A popup that says what each mark means, drawn as the picture draws it. */
export class Legend implements Disposable {
  readonly el: HTMLElement;

  constructor(
    private readonly t: Translator,
    private readonly onClose: () => void,
  ) {
    this.el = h("div", {
      class: "gc-legend",
      role: "dialog",
      "aria-label": t("dag.legend"),
      tabindex: -1,
      hidden: true,
    });
    this.el.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.toggle(false);
    });
    this.el.addEventListener("focusout", (event) => {
      if (event.relatedTarget instanceof Node && !this.el.contains(event.relatedTarget))
        this.toggle(false, false);
    });
  }

  get open(): boolean {
    return !this.el.hidden;
  }

  /** Opens or closes; closing gives the focus back unless it has gone elsewhere. */
  toggle(open: boolean, refocus = true): void {
    if (open === this.open) return;
    if (open && !this.el.firstChild) this.fill();
    show(this.el, open);
    if (open) this.el.focus();
    else if (refocus) this.onClose();
  }

  private fill(): void {
    for (const { title, samples } of SECTIONS) {
      const list = h("ul", {}, ...samples.map((sample) => this.row(sample)));
      this.el.append(h("h3", {}, this.t(title)), list);
    }
  }

  private row(sample: Sample): HTMLElement {
    const layer = svg("g", {});
    const picture = svg(
      "svg",
      { width: 66, height: 28, viewBox: "-5 -5 66 28", class: "gc-dag-marks", "aria-hidden": "true" },
      layer,
    );
    if (sample.frame) layer.append(frameSample(sample.frame));
    else drawSample(layer, sample);
    return h("li", {}, picture, h("span", {}, this.t(sample.text)));
  }

  dispose(): void {
    this.el.remove();
  }
}

function frameSample(role: "frame" | "lane"): Node {
  const box = svg("rect", { class: "gc-frame-box", width: 48, height: 20, rx: 5 });
  return svg("g", { class: `gc-frame gc-${role}` }, box);
}

function drawSample(layer: SVGGElement, sample: Sample): void {
  const node: PictureNode = {
    id: "sample",
    label: "",
    detail: "",
    kind: sample.kind ?? "task",
    responder: sample.responder ?? false,
    group: null,
    truth: sample.truth ?? "agreed",
    unknown: sample.unknown ? ["?"] : [],
    problems: sample.problem ? { worst: "error", count: 2 } : null,
  };
  const counted = sample.out !== undefined || sample.changed === true;
  const step = sample.state && {
    state: sample.state,
    in: counted ? 120 : 0,
    out: sample.out ?? (counted ? 120 : 0),
    ms: 0.2,
    changed: sample.changed ?? false,
  };
  const width = counted && !sample.changed ? 58 : 46;
  const box = { x: 0, y: 0, width, height: sample.changed ? 10 : 18 };
  const item: SceneItem = { id: "sample", key: "sample", node, box, role: "step", parent: null };
  new BoxLayer(layer).update(
    [item],
    {
      step: () => step,
      onPath: () => null,
      selection: null,
      focus: null,
      offset: { x: 0, y: 0 },
      sentence: () => "",
    },
    "none",
  );
  for (const el of layer.querySelectorAll("[tabindex]")) el.removeAttribute("tabindex");
  for (const el of layer.querySelectorAll("[role]")) el.removeAttribute("role");
}
