import type { Box, Disposable } from "@graphcell/core";
import { h, show } from "../element";
import { boxesPath } from "./dots";
import type { Scene } from "./scene";
import { svg } from "./svg";

/** Largest size in pixels. */
const WIDTH = 120;
const HEIGHT = 90;

/** The whole picture in small, with a frame around what is in sight; a press or a drag goes there. For the eye only. */
export class Minimap implements Disposable {
  readonly el = h("div", { class: "gc-minimap", hidden: true, "aria-hidden": true });
  private readonly boxes = svg("path", { class: "gc-minimap-boxes" });
  private readonly sight = svg("rect", { class: "gc-minimap-sight" });
  private readonly picture = svg("svg", {}, this.boxes, this.sight);
  private scale = 1;
  private scene: Scene | null = null;

  constructor(private readonly go: (x: number, y: number) => void) {
    this.el.append(this.picture);
    this.el.addEventListener("pointerdown", (event) => {
      event.preventDefault();
      event.stopPropagation();
      this.el.setPointerCapture?.(event.pointerId);
      this.jump(event);
    });
    this.el.addEventListener("pointermove", (event) => {
      if (event.buttons & 1) this.jump(event);
    });
  }

  private jump(event: PointerEvent): void {
    const frame = this.el.getBoundingClientRect();
    this.go((event.clientX - frame.left) / this.scale, (event.clientY - frame.top) / this.scale);
  }

  /** Shown when the picture is much larger than what is in sight, and the panel has room for it. */
  update(scene: Scene, sight: Box, viewport: { readonly width: number; readonly height: number }): void {
    const { width, height } = scene.placement;
    const seen =
      (Math.min(sight.width, width) * Math.min(sight.height, height)) / Math.max(width * height, 1);
    const visible = scene.boxes.length > 60 && seen < 0.5 && viewport.width >= 300 && viewport.height >= 240;
    show(this.el, visible);
    if (!visible) return;
    if (this.scene !== scene) this.draw(scene);
    const attrs = { x: sight.x, y: sight.y, width: sight.width, height: sight.height };
    for (const [name, value] of Object.entries(attrs))
      this.sight.setAttribute(name, String(Math.round(value)));
  }

  private draw(scene: Scene): void {
    this.scene = scene;
    const { width, height } = scene.placement;
    this.scale = Math.min(WIDTH / width, HEIGHT / height);
    // A long thin graph still gets a map that can be hit.
    const size = { width: Math.max(width * this.scale, 16), height: Math.max(height * this.scale, 16) };
    this.el.style.width = `${size.width}px`;
    this.el.style.height = `${size.height}px`;
    this.picture.setAttribute("viewBox", `0 0 ${size.width / this.scale} ${size.height / this.scale}`);
    this.boxes.setAttribute("d", boxesPath(scene.boxes.map((item) => item.box)));
  }

  dispose(): void {
    this.el.remove();
  }
}
