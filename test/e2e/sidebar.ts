import type { Locator } from "playwright-core";
import { until, untilEqual } from "./wait";

/** The sidebar (or a tab) as a person uses it. All that the scenarios know of its DOM is here. */
export class Sidebar {
  constructor(readonly root: Locator) {}

  /** The drawn box of a step. */
  step(name: string): Locator {
    return this.root.locator(`.gc-dag .gc-node[data-id="${name}"]`).first();
  }

  /** Names of the drawn steps, in alphabetical order. */
  async steps(): Promise<readonly string[]> {
    const names = await this.root
      .locator(".gc-dag .gc-node[data-id]")
      .evaluateAll((nodes) => nodes.map((node) => (node as SVGElement).dataset.id ?? ""));
    return names.filter((name) => name !== "" && !name.startsWith(":")).sort();
  }

  untilSteps(expected: readonly string[]): Promise<void> {
    return untilEqual("the drawn steps", [...expected].sort(), () => this.steps());
  }

  /** Classes of a step's box: its marks. */
  async marks(name: string): Promise<string> {
    return (await this.step(name).getAttribute("class")) ?? "";
  }

  untilMark(name: string, mark: string, there = true): Promise<void> {
    const what = `step ${name} ${there ? "has" : "has no"} mark ${mark}`;
    return until(what, async () => (await this.marks(name)).split(" ").includes(mark) === there);
  }

  event(name: string): Locator {
    return this.root.locator(".gc-event", { has: this.root.page().getByText(name, { exact: true }) });
  }

  /** Text of an event's body in the list, which a narrow sidebar hides. */
  async body(name: string): Promise<string> {
    return ((await this.event(name).locator(".gc-event-body").textContent()) ?? "").trim();
  }

  /** What stands beside an event after a run: its code or status. */
  async result(name: string): Promise<string> {
    return (await this.event(name).locator(".gc-event-status").innerText()).trim();
  }

  untilResult(name: string, expected: string): Promise<void> {
    return untilEqual(`the result of event ${name}`, expected, () => this.result(name));
  }

  runAll(): Promise<void> {
    return this.root.getByRole("button", { name: "Run all events" }).click();
  }

  /** Opens an event's editor by the keyboard, as F2 does. */
  async edit(name: string): Promise<Locator> {
    await this.event(name).focus();
    await this.event(name).press("F2");
    const editor = this.root.locator(".gc-editor");
    await editor.waitFor();
    return editor;
  }

  /** Waits for a sentence to stand anywhere in the sidebar. */
  async untilText(text: string | RegExp): Promise<void> {
    await this.root.getByText(text).first().waitFor();
  }
}
