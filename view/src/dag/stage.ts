import { type Disposable, Disposables, type Overlay, type Point, nodeSentence } from "@graphcell/core";
import { h } from "../element";
import { formatMs } from "../format";
import { iconButton } from "../context";
import type { TextArgs, TextKey, Translator } from "../texts";
import type { BoxLook, Motion } from "./boxes";
import { Camera, FAR } from "./camera";
import { Find } from "./find";
import { type KeyHost, answerKey } from "./keys";
import { CULLED_FROM, Layers } from "./layers";
import { Legend } from "./legend";
import { Light } from "./light";
import { Minimap } from "./minimap";
import { type Scene, type SceneItem, overlayOf, touches } from "./scene";
import { svg } from "./svg";
import { TreeTwin } from "./tree";
import { readingOrder } from "./walk";

/** What the stage shows of a scene. */
export interface Showing {
  readonly overlay: Overlay | null;
  readonly selection: string | null;
  readonly showTimes: boolean;
  /** `opened`: another graph; `changed`: another layout of it; `same`: marks only. */
  readonly fresh: "opened" | "changed" | "same";
}

export interface StageHandlers {
  select(id: string | null): void;
  reveal(id: string): void;
  fold(group: string, folded: boolean): void;
}

const NOTHING: Showing = { overlay: null, selection: null, showTimes: false, fresh: "same" };

/** The SVG and all that stands on it: layers, camera, keys, pointer, and the small parts around the picture. */
export class Stage implements Disposable {
  private readonly owned = new Disposables();
  private readonly world = svg("g", { class: "gc-world" });
  private readonly picture: SVGSVGElement;
  private readonly layers = new Layers(this.world);
  private readonly light: Light;
  private readonly minimap: Minimap;
  private readonly legend: Legend;
  private readonly finder: Find;
  private readonly tree: TreeTwin;
  private readonly live = h("div", { class: "gc-sr", role: "status", "aria-live": "polite" });
  readonly camera: Camera;
  private readonly keys: KeyHost;
  private scene: Scene | null = null;
  private showing: Showing = NOTHING;
  /** The item that has, or will get, the focus. */
  private focus: string | null = null;
  private drawing: number | null = null;
  /**
   * Where the placement's origin is drawn. A graph that grows at its start has its other steps elsewhere in the
   * placement; this keeps their elements where they are.
   */
  private offset: Point = { x: 0, y: 0 };

  constructor(
    private readonly root: HTMLElement,
    private readonly t: Translator,
    private readonly handlers: StageHandlers,
  ) {
    this.picture = svg("svg", { class: "gc-dag-svg gc-dag-marks", role: "group", tabindex: -1 }, this.world);
    this.light = new Light(this.world);
    this.camera = this.owned.add(
      new Camera(
        this.picture,
        () => this.moved(),
        () => this.still(),
      ),
    );
    this.minimap = this.owned.add(new Minimap((x, y) => this.camera.centre(x, y)));
    this.legend = this.owned.add(new Legend(t, () => this.focusItem()));
    this.finder = this.owned.add(
      new Find(t, {
        onFound: (ids) => this.light.filter(ids),
        onGo: (id) => this.go(id),
        onClose: () => this.focusItem(),
      }),
    );
    this.tree = this.owned.add(
      new TreeTwin(t, {
        sentence: (item) => this.sentence(item),
        select: (id) => handlers.select(id),
        reveal: (id) => handlers.reveal(id),
      }),
    );
    root.append(
      this.tree.el,
      this.picture,
      this.finder.el,
      this.minimap.el,
      this.legend.el,
      this.buttons(),
      this.live,
    );
    this.keys = {
      go: (id) => this.go(id),
      select: (id) => handlers.select(id),
      reveal: (id) => handlers.reveal(id),
      fold: (id, folded) => handlers.fold(id, folded),
      zoomBy: (factor) => this.camera.zoomBy(factor),
      fit: () => this.camera.fit(),
      find: () => this.find(),
      escape: () => this.escape(),
    };
    this.listen();
  }

  private buttons(): HTMLElement {
    const legend = iconButton("info", this.t("dag.legend"), () => this.legend.toggle(!this.legend.open));
    // Else the popup would close when the button takes the focus, and open again by the click.
    legend.addEventListener("pointerdown", (event) => event.preventDefault());
    return h(
      "div",
      { class: "gc-dag-buttons" },
      iconButton("add", this.t("dag.zoomIn"), () => this.camera.zoomBy(1.3)),
      iconButton("remove", this.t("dag.zoomOut"), () => this.camera.zoomBy(1 / 1.3)),
      legend,
    );
  }

  private listen(): void {
    this.picture.addEventListener("click", (event) => this.click(event));
    this.picture.addEventListener("dblclick", (event) => this.doubleClick(event));
    this.picture.addEventListener("pointerover", (event) => this.light.hover(this.scene, idAt(event.target)));
    this.picture.addEventListener("pointerleave", () => this.light.hover(this.scene, null));
    this.picture.addEventListener("focusin", (event) => {
      const id = idAt(event.target);
      if (id !== null) this.take(id);
    });
    this.root.addEventListener("keydown", (event) => {
      if (this.scene) answerKey(event, this.scene, this.focus, this.keys);
    });
  }

  resize(width: number, height: number): void {
    this.camera.setSize(width, height);
    this.picture.setAttribute("width", String(width));
    this.picture.setAttribute("height", String(height));
  }

  /** The panel has another size: fits again as long as nobody has moved the picture. */
  resized(): void {
    if (this.camera.automatic) this.camera.open("jump");
    // More is in sight now, also where the picture stays.
    this.draw("none");
  }

  /** Shows the graph as it is shown when it is opened. */
  open(): void {
    this.camera.open("jump");
    this.draw("none");
  }

  /** Says a sentence to people who listen. */
  say(key: TextKey, args: TextArgs): void {
    this.live.textContent = this.t(key, args);
  }

  find(): void {
    this.finder.toggle(true);
  }

  /** Opens the search; the keyboard goes there unless somebody uses it elsewhere, as in a cell. */
  offerFind(): void {
    const { activeElement, body } = this.root.ownerDocument;
    this.finder.toggle(true, activeElement === body || this.root.contains(activeElement));
  }

  update(scene: Scene, showing: Showing): void {
    const before = this.scene;
    const chosen = showing.selection !== this.showing.selection ? showing.selection : null;
    this.scene = scene;
    this.showing = showing;
    if (showing.fresh !== "same" || !before) {
      this.camera.setContent(scene.placement);
      const start = scene.boxes.find((item) => item.node.kind === "start") ?? scene.boxes[0];
      if (start) this.camera.setAnchor(start.box.x + start.box.width / 2, start.box.y);
      const n = scene.boxes.filter((item) => item.node.kind !== "start").length;
      this.picture.setAttribute("aria-label", this.t("dag.label", { n }));
    }
    if (this.focus === null || !scene.items.has(this.focus))
      this.focus = this.renamedFocus(before, scene) ?? this.firstFocus(scene);
    if (chosen !== null && scene.items.has(chosen)) this.focus = chosen;
    if (showing.fresh === "opened" || !before) {
      this.offset = { x: 0, y: 0 };
      this.camera.open("jump");
    } else if (showing.fresh === "changed") this.settle(before, scene);
    this.root.classList.toggle("gc-times", showing.showTimes);
    this.root.classList.toggle("gc-outdated", showing.overlay?.outdated === true);
    const held = this.world.contains(this.root.ownerDocument.activeElement);
    this.draw(showing.fresh === "opened" || !before || this.still() ? "none" : "glide");
    // A frame that was folded is another element now: the keyboard stays with it.
    if (held && !this.world.contains(this.root.ownerDocument.activeElement)) this.focusItem();
    this.tree.update(scene, showing.selection);
    this.finder.update(scene);
    const item = chosen === null ? undefined : scene.items.get(chosen);
    if (item) this.camera.reveal(item.box, false);
  }

  /** The item that had the focus, under another name. */
  private renamedFocus(before: Scene | null, after: Scene): string | null {
    const key = this.focus === null ? undefined : before?.items.get(this.focus)?.key;
    if (key !== undefined) for (const item of after.items.values()) if (item.key === key) return item.id;
    return null;
  }

  private firstFocus(scene: Scene): string | null {
    const { selection } = this.showing;
    if (selection !== null && scene.items.has(selection)) return selection;
    return readingOrder(scene)[0]?.id ?? null;
  }

  /** After another layout: what stayed stays where the eye has it; the view fits again when it did before. */
  private settle(before: Scene, after: Scene): void {
    const anchor = this.anchor(before, after);
    const [a, b] = [anchor && before.items.get(anchor), anchor && after.items.get(anchor)];
    if (a && b && before.placement.direction === after.placement.direction) {
      const [dx, dy] = [b.box.x - a.box.x, b.box.y - a.box.y];
      if (dx !== 0 || dy !== 0) {
        const automatic = this.camera.automatic;
        this.offset = { x: this.offset.x - dx, y: this.offset.y - dy };
        this.camera.shift(dx, dy);
        this.camera.automatic = automatic;
      }
    } else this.camera.automatic = true;
    if (this.camera.automatic) this.camera.keepFitting();
  }

  /** The chosen item, or else the first that both scenes have. */
  private anchor(before: Scene, after: Scene): string | null {
    const known = (id: string | null) => id !== null && before.items.has(id) && after.items.has(id);
    if (known(this.showing.selection)) return this.showing.selection;
    for (const id of after.items.keys()) if (before.items.has(id)) return id;
    return null;
  }

  private moved(): void {
    this.place();
    if (!this.scene) return;
    if (this.scene.boxes.length < CULLED_FROM)
      return this.minimap.update(this.scene, this.camera.sight, this.camera.viewport);
    this.drawing ??= requestAnimationFrame(() => {
      this.drawing = null;
      this.draw("none");
    });
  }

  /** Puts the picture where the camera looks at it. */
  private place(): void {
    const { x, y, k } = this.camera.transform;
    const { offset } = this;
    const to = `translate(${x - offset.x * k},${y - offset.y * k}) scale(${k})`;
    if (this.world.getAttribute("transform") !== to) this.world.setAttribute("transform", to);
    this.root.classList.toggle("gc-far", k < FAR);
  }

  private draw(motion: Motion): void {
    const { scene, showing, camera } = this;
    if (!scene) return;
    this.place();
    const { sight, transform } = camera;
    const { overlay } = showing;
    this.layers.draw(scene, { ...this.look(scene), overlay, sight, far: transform.k < FAR, motion });
    this.light.refresh(scene);
    this.minimap.update(scene, camera.sight, camera.viewport);
  }

  private look(scene: Scene): BoxLook {
    const { overlay, selection } = this.showing;
    return {
      step: (item) => overlayOf(item, overlay, (id) => this.heldBy(id)),
      onPath: (id) => (overlay?.path ? this.isOnPath(scene, overlay.path.nodes, id) : null),
      selection,
      focus: this.focus,
      offset: this.offset,
      sentence: (item) => this.sentence(item),
    };
  }

  /** A folded group is on the path when anything in it is. */
  private isOnPath(scene: Scene, nodes: ReadonlySet<string>, id: string): boolean {
    if (nodes.has(id)) return true;
    return this.heldBy(id).some((inner) => nodes.has(inner)) && scene.items.has(id);
  }

  private sentence(item: SceneItem): string {
    const step = overlayOf(item, this.showing.overlay, (id) => this.heldBy(id));
    if (item.role === "lane") return this.t("dag.function", { name: item.node.label });
    const time = step && step.in > 0 ? `, ${this.t("dag.time", { time: formatMs(step.ms) })}` : "";
    const n = this.heldBy(item.id).length;
    const folded = item.role === "folded" && n > 0 ? `, ${this.t("dag.folded", { n })}` : "";
    return nodeSentence(item.node, step) + folded + time;
  }

  private heldBy(group: string): readonly string[] {
    return this.scene?.held.get(group) ?? [];
  }

  private still(): boolean {
    return window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? true;
  }

  private click(event: MouseEvent): void {
    const id = idAt(event.target) ?? this.dotAt(event);
    const item = id === null ? undefined : this.scene?.items.get(id);
    if (item && item.role !== "lane") {
      this.take(item.id);
      this.handlers.select(item.id);
      this.focusItem();
    }
  }

  /** From afar boxes are no elements: the one under the pointer is looked up. */
  private dotAt(event: MouseEvent): string | null {
    const scene = this.scene;
    if (!scene || this.camera.transform.k >= FAR) return null;
    const frame = this.picture.getBoundingClientRect();
    const [x, y] = this.camera.transform.invert([event.clientX - frame.left, event.clientY - frame.top]);
    const slack = 4 / this.camera.transform.k;
    const point = { x: x - slack, y: y - slack, width: 2 * slack, height: 2 * slack };
    return scene.boxes.find((item) => touches(item.box, point))?.id ?? null;
  }

  private doubleClick(event: MouseEvent): void {
    const id = idAt(event.target);
    const item = id === null ? undefined : this.scene?.items.get(id);
    if (!item) this.camera.fit();
    else if (item.role === "step") this.handlers.reveal(item.id);
    else this.handlers.fold(item.id, item.role !== "folded");
  }

  /** Gives up what is open or chosen; false when there is nothing, so that the host may use the key. */
  private escape(): boolean {
    if (this.legend.open) this.legend.toggle(false);
    else if (this.finder.open) this.finder.toggle(false);
    else if (this.showing.selection !== null) this.handlers.select(null);
    else return false;
    return true;
  }

  /** Makes an item the one that has the focus when the picture gets it. */
  private take(id: string): void {
    if (this.focus === id) return;
    this.elementOf(this.focus)?.setAttribute("tabindex", "-1");
    this.focus = id;
    this.elementOf(id)?.setAttribute("tabindex", "0");
  }

  /** Brings an item into sight and gives it the focus. */
  private go(id: string): void {
    const item = this.scene?.items.get(id);
    if (!item) return;
    this.take(id);
    this.camera.reveal(item.box, this.camera.transform.k < FAR);
    const searching = this.finder.open;
    // What was out of sight is drawn first.
    if (!this.elementOf(id)) this.draw("none");
    this.light.mark(id);
    if (!searching) this.focusItem();
  }

  private focusItem(): void {
    (this.elementOf(this.focus) ?? this.picture).focus({ preventScroll: true });
  }

  private elementOf(id: string | null): SVGElement | null {
    if (id === null) return null;
    // By comparing, not by a selector: names hold any character.
    const all = this.world.querySelectorAll<SVGElement>("[data-id][tabindex]");
    return [...all].find((el) => el.getAttribute("data-id") === id) ?? null;
  }

  dispose(): void {
    if (this.drawing !== null) cancelAnimationFrame(this.drawing);
    this.owned.dispose();
  }
}

function idAt(target: EventTarget | null): string | null {
  return target instanceof Element ? (target.closest("[data-id]")?.getAttribute("data-id") ?? null) : null;
}
