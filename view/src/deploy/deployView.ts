import type { Disposable, SourceRange } from "@graphcell/core";
import {
  type DeployFunctionState,
  type DeployIntent,
  type DeployState,
  liveText,
} from "@graphcell/core/nuclio";
import { fillOnce, h, setText } from "../element";
import { formatMs } from "../format";
import { icon } from "../icon";
import { ComparisonView } from "./comparisonView";
import { RunningView } from "./runningView";
import { SettingsView } from "./settingsView";
import { SourceView, fold } from "./sourceView";

/** Where a deploy view gets its state, and what it asks for. */
export interface DeployLink {
  readonly state: DeployState;
  onChange(listener: (state: DeployState) => void): Disposable;
  send(intent: DeployIntent): void;
  /** Saved events of the graph that may be sent to the cluster. */
  events(): readonly { readonly id: string; readonly name: string }[];
  reveal(place: { readonly cellId: string; readonly line: number }): void;
}

const PHASES: Readonly<Record<NonNullable<DeployFunctionState["phase"]>, string>> = {
  absent: "not in the cluster",
  waiting: "waiting",
  unchanged: "runs as it is written",
  sending: "sending",
  building: "building",
  starting: "starting",
  ready: "ready",
  failed: "failed",
  left: "left to the cluster",
};

const BUSY: Readonly<Record<DeployState["phase"], string>> = {
  idle: "",
  looking: "Looking at the cluster",
  pushing: "Pushing",
  calling: "Waiting for the cluster",
  following: "Following the log",
  watching: "Watching",
  deleting: "Deleting",
};

const STOPS: Partial<Record<DeployState["phase"], string>> = {
  following: "Stop following",
  watching: "Stop watching",
};

/** Mounts the form, the state of each function, its log, and what went wrong. Dispose it to take all away. */
export function mountDeploy(el: HTMLElement, link: DeployLink): Disposable {
  const view = new DeployView(el, link);
  const changes = link.onChange((state) => view.update(state));
  view.update(link.state);
  link.send({ type: "refresh" });
  return {
    dispose() {
      changes.dispose();
      // What only shows something ends when nobody looks: it keeps functions awake.
      if (STOPS[link.state.phase] !== undefined) link.send({ type: "cancel" });
      view.dispose();
    },
  };
}

class DeployView implements Disposable {
  private readonly connection = h("select", {
    class: "gc-input",
    id: "gc-deploy-connection",
    on: { change: () => this.link.send({ type: "choose-connection", connection: this.connection.value }) },
  });
  private readonly project = h("input", {
    class: "gc-input",
    id: "gc-deploy-project",
    spellcheck: false,
    on: { change: () => this.link.send({ type: "set-project", project: this.project.value.trim() }) },
  });
  private readonly check = this.button("Check", () => ({ type: "check" }));
  private readonly push = this.button("Deploy", () => ({ type: "push" }), "gc-primary");
  private readonly settings = this.button("Settings", () => ({ type: "show-settings", scope: "functions" }));
  private readonly revision = h("input", {
    class: "gc-input",
    "aria-label": "Compare with: a revision of git, or the cluster when empty",
    placeholder: "the cluster, or HEAD, main, a tag",
    spellcheck: false,
  });
  private readonly compare = this.button("Compare", () => ({
    type: "compare",
    revision: this.revision.value.trim() || null,
  }));
  private readonly watch = this.button("Watch", () => ({ type: "watch" }));
  private readonly stop = this.button("Cancel", () => ({ type: "cancel" }));
  private readonly status = h("p", { class: "gc-note", role: "status" });
  private readonly failure = h("div", { class: "gc-deploy-failure", role: "alert" });
  private readonly problems = h("ul", { class: "gc-problems", "aria-label": "Problems of the deployment" });
  private readonly functions = h("ul", { class: "gc-deploy-functions", "aria-label": "Functions" });
  private readonly difference = new ComparisonView();
  private readonly source = new SourceView((intent) => this.link.send(intent));
  private readonly form = new SettingsView((intent) => this.link.send(intent));
  private readonly after = new RunningView(
    (intent) => this.link.send(intent),
    (place) => this.place(place),
  );
  private readonly list = this.button("List functions", () => ({ type: "list" }));
  private readonly exporting = this.button("Export", () => ({ type: "export" }));
  private readonly listed = h("ul", { class: "gc-deploy-listed", "aria-label": "Listed functions" });
  private readonly root: HTMLElement;
  /** Where the name of a function is typed to delete it: a state that comes meanwhile takes nothing from it. */
  private readonly confirms = new Map<string, HTMLInputElement>();

  constructor(
    el: HTMLElement,
    private readonly link: DeployLink,
  ) {
    const field = (label: string, input: HTMLElement): HTMLElement =>
      h("div", { class: "gc-deploy-field" }, h("label", { for: input.id }, label), input);
    this.root = h(
      "section",
      { class: "gc-root gc-deploy", "aria-label": "Deploy to a Nuclio cluster" },
      field("Cluster", this.connection),
      field("Project", this.project),
      h("div", { class: "gc-deploy-buttons" }, this.check, this.push, this.settings, this.watch, this.stop),
      this.status,
      this.failure,
      this.form.root,
      this.problems,
      this.functions,
      this.source.root,
      h("div", { class: "gc-deploy-buttons" }, this.revision, this.compare),
      this.difference.root,
      this.after.root,
      h("div", { class: "gc-deploy-buttons" }, this.list, this.exporting),
      this.listed,
    );
    el.append(this.root);
  }

  dispose(): void {
    this.difference.dispose();
    this.root.remove();
  }

  update(state: DeployState): void {
    const idle = state.phase === "idle";
    this.fillConnections(state);
    if (document.activeElement !== this.project) this.project.value = state.project;
    this.check.disabled = this.push.disabled = !idle || state.connection === null;
    this.watch.hidden = !state.functions.some(({ phase }) => phase === "ready" || phase === "unchanged");
    this.watch.disabled = !idle;
    this.watch.title = "Shows calls, errors and times of the running graph at its steps";
    this.list.disabled = !idle || state.connection === null;
    this.exporting.disabled = !idle || state.graph === null;
    this.exporting.title = "Writes function.yaml and source of each function beside the notebook";
    fillOnce(this.listed, JSON.stringify([state.listed, state.project]), () => listedItems(state));
    this.settings.disabled = !idle || state.graph === null;
    this.compare.disabled = !idle || state.graph === null;
    this.stop.hidden = idle;
    this.stop.textContent = STOPS[state.phase] ?? "Cancel";
    setText(this.status, this.statusText(state));
    fillOnce(this.failure, JSON.stringify(state.failure), () => failureParts(state));
    this.failure.hidden = state.failure === null;
    fillOnce(this.problems, JSON.stringify([state.problems, state.canCreateProject, idle]), () =>
      this.problemItems(state),
    );
    const typing = [...this.confirms.values()].find((field) => field === document.activeElement);
    fillOnce(this.functions, JSON.stringify([state.functions, idle]), () =>
      state.functions.map((fn) => this.functionItem(fn, idle)),
    );
    if (typing?.isConnected) typing.focus();
    this.difference.update(state);
    this.source.update(state);
    this.form.update(state);
    this.after.update(state, this.link.events());
  }

  private statusText(state: DeployState): string {
    if (state.connections.length === 0)
      return (
        "There is no connection yet. Write one into graphcell/connections.yaml in your configuration folder " +
        '(~/.config, %APPDATA% on Windows): connections: {dev: {url: "http://localhost:8070"}}. ' +
        "Then open this panel again."
      );
    if (state.phase !== "idle") return `${BUSY[state.phase]} …`;
    if (state.summary !== "") return state.summary;
    return state.cluster === ""
      ? `Graph: ${state.graph ?? "none"}`
      : `Graph: ${state.graph ?? "none"}. Cluster: ${state.cluster}.`;
  }

  private fillConnections(state: DeployState): void {
    fillOnce(this.connection, JSON.stringify(state.connections), () =>
      state.connections.map(({ name, url }) => h("option", { value: name }, `${name} (${url})`)),
    );
    this.connection.value = state.connection ?? "";
    this.connection.disabled = state.connections.length === 0 || state.phase !== "idle";
  }

  private problemItems({ problems, canCreateProject, project, phase }: DeployState): readonly HTMLElement[] {
    return problems.map((problem) => {
      const text = h(
        "div",
        { class: "gc-problem-text" },
        h(
          "p",
          {},
          h(
            "span",
            { class: `gc-severity gc-is-${problem.severity}` },
            icon(problem.severity),
            h("span", { class: "gc-sr" }, `${problem.severity}: `),
          ),
          problem.message,
        ),
        h("p", { class: "gc-note" }, problem.remedy),
      );
      if (problem.range) text.append(this.place(problem.range));
      if (problem.code === "deploy-no-project" && canCreateProject) {
        const make = this.button(`Make project ${project}`, () => ({ type: "create-project" }));
        make.disabled = phase !== "idle";
        text.append(make);
      }
      return h("li", { class: "gc-problem" }, text);
    });
  }

  private place(range: Pick<SourceRange, "cell" | "cellId" | "line">): HTMLElement {
    const go = (): void => this.link.reveal(range);
    return h(
      "button",
      { type: "button", class: "gc-link", on: { click: go } },
      `cell ${range.cell + 1}, line ${range.line}`,
    );
  }

  private functionItem(fn: DeployFunctionState, idle: boolean): HTMLElement {
    const { phase, explanation } = fn;
    const elapsed =
      phase === "building" || phase === "starting" || phase === "sending" ? ` ${formatMs(fn.elapsedMs)}` : "";
    const item = h(
      "li",
      { class: "gc-deploy-function", "data-function": fn.name, "data-phase": phase },
      h(
        "p",
        { class: "gc-deploy-name" },
        h("strong", {}, fn.name),
        h("span", { class: "gc-note" }, ` ${phase === null ? "" : PHASES[phase]}${elapsed}`),
      ),
      h("p", { class: "gc-note" }, fn.steps.join(", ")),
      ...(fn.live === null ? [] : [h("p", { class: "gc-deploy-live" }, liveText(fn.live))]),
    );
    if (explanation !== null) {
      const said = h(
        "div",
        { class: "gc-deploy-failure", role: "alert" },
        h("p", {}, explanation.sentence),
        h("p", { class: "gc-note" }, explanation.remedy),
      );
      if (explanation.place) said.append(this.place(explanation.place));
      if (explanation.raw !== "") said.append(fold("What the cluster said", explanation.raw));
      item.append(said);
    }
    if (fn.log.length > 0) item.append(fold("Log of the deployment", fn.log.join("\n")));
    const source = this.button("Show source", () => ({ type: "show-source", key: fn.key }));
    source.disabled = !idle;
    item.append(h("div", { class: "gc-deploy-buttons" }, source));
    if (phase === "ready" || phase === "unchanged") item.append(this.functionButtons(fn, idle));
    return item;
  }

  private functionButtons({ name, versions }: DeployFunctionState, idle: boolean): HTMLElement {
    const log = this.button("Show log", () => ({ type: "show-log", name }));
    const follow = this.button("Follow log", () => ({ type: "follow-log", name }));
    const again = this.button("Redeploy", () => ({ type: "redeploy", name }));
    again.title = `Starts ${name} again from its image, without a build`;
    const confirm = this.confirmField(name);
    const remove = this.button("Delete", () => ({ type: "delete", name, confirm: confirm.value }));
    const back = this.button("Roll back", () => ({ type: "roll-back", name, at: version.value }));
    const version = h(
      "select",
      { class: "gc-input", "aria-label": `Version of ${name} to go back to` },
      ...versions.map((at) => h("option", { value: at }, `until ${timeText(at)}`)),
    );
    for (const button of [log, follow, again, back]) button.disabled = !idle;
    const allow = () => void (remove.disabled = !idle || confirm.value !== name);
    allow();
    confirm.oninput = allow;
    remove.addEventListener("click", () => (confirm.value = ""));
    const row = (...parts: HTMLElement[]) => h("div", { class: "gc-deploy-buttons" }, ...parts);
    return h(
      "div",
      { class: "gc-deploy-rows" },
      row(log, follow, again),
      ...(versions.length > 0 ? [row(version, back)] : []),
      row(confirm, remove),
    );
  }

  private confirmField(name: string): HTMLInputElement {
    const known = this.confirms.get(name);
    if (known) return known;
    const made = h("input", {
      class: "gc-input",
      "aria-label": `Type ${name} to delete it`,
      placeholder: `type ${name} to delete it`,
      spellcheck: false,
    });
    this.confirms.set(name, made);
    return made;
  }

  private button(label: string, intent: () => DeployIntent, more = ""): HTMLButtonElement {
    return h(
      "button",
      { type: "button", class: `gc-button ${more}`.trim(), on: { click: () => this.link.send(intent()) } },
      label,
    );
  }
}

/** `2026-11-26T22-14-03.512Z` as a person reads it. */
function timeText(at: string): string {
  const date = new Date(at.replace(/T(\d\d)-(\d\d)-/, "T$1:$2:"));
  return Number.isNaN(date.getTime()) ? at : date.toLocaleString();
}

/** All functions of the project, those of other graphs too. */
function listedItems({ listed, project }: DeployState): readonly HTMLElement[] {
  if (listed === null) return [];
  if (listed.length === 0) return [h("li", {}, `There is no function in project "${project}".`)];
  return listed.map(({ name, state, graph, urls }) =>
    h(
      "li",
      {},
      h("strong", {}, name),
      h("span", { class: "gc-note" }, ` ${state}${graph === null ? "" : `, graph ${graph}`}`),
      ...urls.map((url) => h("div", { class: "gc-note" }, url)),
    ),
  );
}

function failureParts({ failure }: DeployState): readonly HTMLElement[] {
  if (failure === null) return [];
  return [h("p", {}, failure.message), h("p", { class: "gc-note" }, failure.remedy)];
}
