import {
  type Direction,
  type Disposable,
  type LayoutOptions,
  type Overlay,
  type Picture,
  type Placement,
  compactSize,
  labelSize,
  layout,
} from "@graphcell/core";
import { h } from "../element";
import { type Translator, englishTexts } from "../texts";
import { Stage } from "./stage";
import { Identities } from "./identity";
import { type Scene, buildScene } from "./scene";
import { rowsKey, rowsThatFit } from "./rows";

/** What a drawing of a graph is given. */
export interface DagInput {
  /** Which graph it is: another one is opened afresh, without gliding. */
  readonly graph: string;
  readonly picture: Picture;
  /** The layout is made anew only when this, the direction or what is folded changes. */
  readonly pictureRevision: number;
  /** `auto` follows the shape of the panel. */
  readonly direction: Direction | "auto";
  readonly overlay: Overlay | null;
  /** Id of the chosen step. */
  readonly selection: string | null;
  /** Ids of folded groups. */
  readonly collapsed: ReadonlySet<string>;
  /** Rows of 28 px with one line, for sidebars and cards; else 36 px with two. */
  readonly compact: boolean;
  /** Times stand at all steps that ran, not only under the pointer. */
  readonly showTimes: boolean;
}

/** What people do to a drawing. */
export interface DagHandlers {
  /** A step was chosen; null when the choice was given up. */
  select(step: string | null): void;
  /** The code of a step is to be shown. */
  reveal(step: string): void;
  setCollapsed(group: string, collapsed: boolean): void;
  readonly texts?: Translator;
}

/** A drawing of a graph in an element. */
export interface DagView extends Disposable {
  update(input: DagInput): void;
  /** Shows all of the graph. */
  fit(): void;
  /** Opens the field that finds steps. */
  find(): void;
}

/** Above so many steps frames fold by themselves, and the search is open. */
const FOLDED_FROM = 1000;
/** The panel must be so much longer on one side before `auto` turns the graph. */
const TURN = 1.15;

/** Draws a graph in `el`, which must have a size of its own. Nothing is drawn before the first `update`. */
export function mountDag(el: HTMLElement, handlers: DagHandlers): DagView {
  return new MountedDag(el, handlers);
}

class MountedDag implements DagView {
  private readonly root = h("div", { class: "gc-dag" });
  private readonly stage: Stage;
  private readonly observer: ResizeObserver | null;
  private input: DagInput | null = null;
  private scene: Scene | null = null;
  /** The last layout, whose ids are keys of `identities`. */
  private placement: Placement | null = null;
  private readonly identities = new Identities();
  private key = "";
  private direction: Direction = "TB";
  /** How many routes stand side by side; the layout decides when undefined. */
  private rowLength: number | undefined = undefined;
  private rowsKey = "";
  /** Groups that were folded because the graph is large, less those that somebody has opened. */
  private autoFolded: ReadonlySet<string> = new Set();

  constructor(
    el: HTMLElement,
    private readonly handlers: DagHandlers,
  ) {
    el.append(this.root);
    this.stage = new Stage(this.root, handlers.texts ?? englishTexts, {
      select: (id) => handlers.select(id),
      reveal: (id) => handlers.reveal(id),
      fold: (id, folded) => this.fold(id, folded),
    });
    this.observer = typeof ResizeObserver === "undefined" ? null : new ResizeObserver(() => this.resize());
    this.observer?.observe(this.root);
    this.resize();
  }

  update(input: DagInput): void {
    const before = this.input;
    this.input = input;
    const other = before?.graph !== input.graph;
    if (other) {
      this.key = "";
      this.rowsKey = "";
      this.placement = null;
      this.identities.clear();
      this.autoFolded = this.foldsOf(input.picture);
    }
    this.direction = this.directionFor(input.direction);
    const fresh = this.place(input);
    if (!this.scene) return;
    this.stage.update(this.scene, {
      overlay: input.overlay,
      selection: input.selection,
      showTimes: input.showTimes,
      fresh: other ? "opened" : fresh ? "changed" : "same",
    });
    if (!other || input.picture.nodes.length <= FOLDED_FROM) return;
    if (this.autoFolded.size > 0) this.stage.say("dag.autoFolded", { n: input.picture.nodes.length });
    this.stage.offerFind();
  }

  private foldsOf(picture: Picture): ReadonlySet<string> {
    return picture.nodes.length > FOLDED_FROM ? new Set(picture.groups.map((group) => group.id)) : new Set();
  }

  /** Lays the picture out when it, its direction or its folds have changed; says whether it did. */
  private place(input: DagInput): boolean {
    const collapsed = new Set([...input.collapsed, ...this.autoFolded]);
    const options = { direction: this.direction, sizes: input.compact ? compactSize : labelSize, collapsed };
    this.chooseRows(input.picture, options);
    const { rowLength, identities } = this;
    const key = [input.pictureRevision, this.direction, input.compact, rowLength, ...[...collapsed].sort()];
    if (key.join("\n") === this.key && this.scene) return false;
    this.key = key.join("\n");
    const keyOf = (id: string) => identities.keyOf(id);
    identities.follow(input.picture);
    this.placement = layout(identities.keyed(input.picture), {
      ...options,
      collapsed: new Set([...collapsed].map(keyOf)),
      rowLength,
      previous: this.placement ?? undefined,
    });
    this.scene = buildScene(input.picture, identities.named(this.placement), keyOf);
    return true;
  }

  private get hasRoutes(): boolean {
    return this.input?.picture.groups.some(({ kind }) => kind === "router") === true;
  }

  private chooseRows(picture: Picture, options: LayoutOptions): void {
    const { viewport } = this.stage.camera;
    const key = rowsKey(picture, options, viewport);
    if (key === this.rowsKey) return;
    this.rowsKey = key;
    const rowLength = rowsThatFit(picture, options, viewport);
    if (rowLength === this.rowLength) return;
    this.rowLength = rowLength;
    this.placement = null;
  }

  private fold(id: string, folded: boolean): void {
    if (!folded && this.autoFolded.has(id)) {
      this.autoFolded = new Set([...this.autoFolded].filter((other) => other !== id));
      if (this.input && !this.input.collapsed.has(id)) return this.update(this.input);
    }
    this.handlers.setCollapsed(id, folded);
  }

  private directionFor(wanted: Direction | "auto"): Direction {
    if (wanted !== "auto") return wanted;
    const { width, height } = this.stage.camera.viewport;
    if (width === 0 || height === 0) return this.direction;
    // Near a square it stays as it is, so that a border that is dragged does not turn it to and fro.
    if (width > height * TURN && width >= 480) return "LR";
    return height > width / TURN || width < 480 ? "TB" : this.direction;
  }

  private resize(): void {
    const { clientWidth, clientHeight } = this.root;
    if (clientWidth === 0 || clientHeight === 0) return;
    const first = this.stage.camera.viewport.width === 0;
    this.stage.resize(clientWidth, clientHeight);
    if (!this.input || !this.scene) return;
    const before = this.scene;
    if (this.directionFor(this.input.direction) !== this.direction || this.hasRoutes) this.update(this.input);
    if (first || this.scene !== before) this.stage.open();
    else this.stage.resized();
  }

  fit(): void {
    this.stage.camera.fit();
  }

  find(): void {
    this.stage.find();
  }

  dispose(): void {
    this.observer?.disconnect();
    this.stage.dispose();
    this.root.remove();
  }
}
