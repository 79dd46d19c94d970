import type { DeployAnswer, DeployIntent, DeployState, SourceLine } from "@graphcell/core/nuclio";
import { fillOnce, h } from "../element";
import { formatMs } from "../format";

/** Events for a graph that is up, its answers beside those of the simulation, and its log. */
export class RunningView {
  private readonly events = h("div", { class: "gc-deploy-buttons" });
  private readonly answer = h("div", { class: "gc-deploy-answers", "aria-live": "polite" });
  private readonly log = h("div");
  readonly root = h("div", { class: "gc-deploy-after" }, this.events, this.answer, this.log);

  constructor(
    private readonly send: (intent: DeployIntent) => void,
    /** A link to a place of the notebook. */
    private readonly place: (place: SourceLine) => HTMLElement,
  ) {}

  update(state: DeployState, events: readonly { readonly id: string; readonly name: string }[]): void {
    const idle = state.phase === "idle";
    const up = state.functions.some((fn) => fn.key === "" && isUp(fn.phase));
    fillOnce(this.events, JSON.stringify([up, idle, events]), () =>
      up && events.length > 0 ? this.eventParts(events, idle) : [],
    );
    fillOnce(this.answer, JSON.stringify(state.answer), () => answerParts(state.answer));
    fillOnce(this.log, JSON.stringify(state.log), () => this.logParts(state.log));
  }

  private eventParts(
    events: readonly { readonly id: string; readonly name: string }[],
    idle: boolean,
  ): readonly HTMLElement[] {
    const choice = h(
      "select",
      { class: "gc-input", "aria-label": "Event to send" },
      ...events.map((event) => h("option", { value: event.id }, event.name)),
    );
    const button = (label: string, compare: boolean): HTMLButtonElement => {
      const click = (): void => this.send({ type: "invoke", event: choice.value, compare });
      return h("button", { type: "button", class: "gc-button", disabled: !idle, on: { click } }, label);
    };
    const compare = button("Send and compare", true);
    compare.title = "Runs the event in the simulation, too";
    return [choice, button("Send event", false), compare];
  }

  private logParts(log: DeployState["log"]): readonly HTMLElement[] {
    if (log === null) return [];
    const places = new Map(log.places.map(({ line, place }) => [line, place]));
    const parts = log.text.split("\n").flatMap((line, i): (HTMLElement | string)[] => {
      const place = places.get(i);
      return place ? [`${line} `, this.place(place), "\n"] : [`${line}\n`];
    });
    return [h("p", {}, `Log of ${log.name}`), h("pre", { class: "gc-deploy-text" }, ...parts)];
  }
}

function isUp(phase: DeployState["functions"][number]["phase"]): boolean {
  return phase === "ready" || phase === "unchanged";
}

function answerParts(answer: DeployAnswer | null): readonly HTMLElement[] {
  if (answer === null) return [];
  const { event, status, body, ms, explanation, simulated } = answer;
  const head = h("p", { class: "gc-deploy-answer" }, h("strong", {}, event), ` ${status}, ${formatMs(ms)}`);
  const note = explanation === "" ? [] : [h("p", { class: "gc-note" }, explanation)];
  if (!simulated || simulated.text === null) {
    const why = simulated ? [h("p", { class: "gc-note" }, simulated.reason)] : [];
    return [head, h("pre", { class: "gc-deploy-text" }, body), ...note, ...why];
  }
  if (simulated.same === true) {
    const text = h("pre", { class: "gc-deploy-text" }, body);
    return [head, text, ...note, h("p", { class: "gc-deploy-same" }, "The simulation answers the same.")];
  }
  const [cluster, simulation] = marked(lines(body), lines(simulated.text));
  return [
    head,
    ...note,
    h("p", { class: "gc-deploy-differs" }, "The simulation answers otherwise."),
    h("p", { class: "gc-note" }, "Cluster"),
    cluster,
    h("p", { class: "gc-note" }, "Simulation"),
    simulation,
  ];
}

/** A text by lines; JSON with a line for each value. */
function lines(text: string): readonly string[] {
  try {
    return JSON.stringify(JSON.parse(text), null, 2).split("\n");
  } catch {
    return text.split("\n");
  }
}

/** Both texts, the lines marked that the other has not. */
function marked(one: readonly string[], other: readonly string[]): readonly [HTMLElement, HTMLElement] {
  const common = (line: string): string => line.replace(/,$/, "");
  const text = (own: readonly string[], against: readonly string[]): HTMLElement => {
    const there = new Set(against.map(common));
    return h(
      "pre",
      { class: "gc-deploy-text" },
      ...own.flatMap((line) => [there.has(common(line)) ? line : h("mark", {}, line), "\n"]),
    );
  };
  return [text(one, other), text(other, one)];
}
