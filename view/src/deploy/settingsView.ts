import type { DeployForm, DeployIntent, DeployState, FormField } from "@graphcell/core/nuclio";
import { fill, h, setText, show } from "../element";

type Input = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

interface Row {
  readonly root: HTMLElement;
  readonly input: Input;
  readonly problem: HTMLElement;
}

/** The form of `graphcell.deploy.yaml`. What is set is written to the file at once; the rest shows what holds anyway. */
export class SettingsView {
  private readonly scope = h("select", {
    class: "gc-input",
    id: "gc-deploy-scope",
    on: { change: () => this.send({ type: "show-settings", scope: this.scope.value }) },
  });
  private readonly fields = h("div", { class: "gc-deploy-fields" });
  private readonly close = h(
    "button",
    {
      type: "button",
      class: "gc-button",
      on: { click: () => this.send({ type: "show-settings", scope: null }) },
    },
    "Close",
  );
  readonly root = h(
    "section",
    { class: "gc-deploy-part", "aria-label": "Settings" },
    h("div", { class: "gc-deploy-field" }, h("label", { for: "gc-deploy-scope" }, "Settings of"), this.scope),
    h("p", { class: "gc-note" }, "Kept in graphcell.deploy.yaml beside the notebook."),
    this.fields,
    h("div", { class: "gc-deploy-buttons" }, this.close),
  );
  private readonly rows = new Map<string, Row>();
  private shape = "";

  constructor(private readonly send: (intent: DeployIntent) => void) {}

  update({ form, phase }: DeployState): void {
    show(this.root, form !== null);
    if (form === null) {
      this.shape = "";
      return;
    }
    const shape = JSON.stringify([form.scope, form.scopes, form.fields.map(({ id }) => id)]);
    const opened = this.shape === "";
    if (shape !== this.shape) this.build(form);
    this.shape = shape;
    this.scope.value = form.scope;
    for (const field of form.fields) this.show(field, form.refused, phase === "idle");
    if (opened) this.scope.focus();
  }

  private build({ scopes, fields }: DeployForm): void {
    fill(this.scope, ...scopes.map(({ id, label }) => h("option", { value: id }, label)));
    this.rows.clear();
    const groups = [...new Set(fields.map(({ group }) => group))];
    fill(
      this.fields,
      ...groups.map((group, i) =>
        h(
          "details",
          { open: i === 0 || fields.some((one) => one.group === group && one.value !== "") },
          h("summary", {}, group),
          ...fields.filter((one) => one.group === group).map((one) => this.row(one).root),
        ),
      ),
    );
  }

  private row(field: FormField): Row {
    const id = `gc-deploy-set-${field.id.replace(/\W/g, "-")}`;
    const input = this.input(field, id);
    const problem = h("p", { class: "gc-deploy-refused", id: `${id}-problem`, role: "alert", hidden: true });
    const root = h(
      "div",
      { class: `gc-deploy-setting gc-is-${field.kind}` },
      h("label", { for: id }, field.label),
      input,
      problem,
    );
    const row = { root, input, problem };
    this.rows.set(field.id, row);
    return row;
  }

  private input({ id: field, kind, choices }: FormField, id: string): Input {
    const change = (): void => this.send({ type: "set-setting", field, text: input.value });
    const common = { class: "gc-input", id, on: { change } };
    const options = kind === "flag" ? ["true", "false"] : choices;
    const input: Input =
      kind === "yaml" || kind === "lines"
        ? h("textarea", { ...common, rows: 2, spellcheck: false, dir: "ltr" })
        : kind === "choice" || kind === "flag"
          ? h("select", common, ...["", ...options].map((value) => h("option", { value }, value)))
          : h("input", { ...common, spellcheck: false, inputmode: kind === "number" ? "numeric" : null });
    return input;
  }

  private show(field: FormField, refused: DeployForm["refused"], idle: boolean): void {
    const row = this.rows.get(field.id);
    if (!row) return;
    const { input, problem } = row;
    const mine = refused?.field === field.id ? refused : null;
    const value = mine?.text ?? field.value;
    if (input.value !== value && document.activeElement !== input) input.value = value;
    if (input instanceof HTMLSelectElement)
      setText(input.options[0], field.otherwise || "as the cluster has it");
    else input.placeholder = field.otherwise;
    if (input instanceof HTMLTextAreaElement) input.rows = Math.min(8, Math.max(2, value.split("\n").length));
    input.disabled = !idle;
    input.setAttribute("aria-invalid", String(mine !== null));
    if (mine) input.setAttribute("aria-describedby", problem.id);
    else input.removeAttribute("aria-describedby");
    setText(problem, mine?.problem ?? "");
    show(problem, mine !== null);
  }
}
