import type { Box, Disposable, Placement } from "@graphcell/core";
import * as d3 from "d3";

/** Scale below which labels give way to the colours of kinds. */
export const FAR = 0.45;
/** Least scale at which a graph is opened: rather a part of it that can be read than all of it in dots. */
const READABLE = 0.5;
/** Largest scale at which a graph is opened that does not fit: much of it is to be seen. */
const OPENED = 0.8;
/** Least scale: even 4,500 steps in a row fit into a panel. */
const LEAST = 0.004;
const MARGIN = 6;
/** Share of the scale, and of the panel, by which a picture may be off its best place before it is moved there. */
const CALM = 0.08;

/** How the view is moved: `glide` in 150 ms, where motion is wanted. */
type Motion = "jump" | "glide";

/** Pan and zoom of the picture. The transform belongs to it alone. */
export class Camera implements Disposable {
  private readonly zoom: d3.ZoomBehavior<SVGSVGElement, unknown>;
  private readonly svg: d3.Selection<SVGSVGElement, unknown, null, undefined>;
  private size = { width: 0, height: 0 };
  private content = { width: 1, height: 1 };
  /** Flows from left to right: such a picture stands in the middle, others hang from the top. */
  private flat = false;
  /** Nobody has moved it since it last fitted the graph: it may fit again by itself. */
  automatic = true;

  constructor(
    private readonly element: SVGSVGElement,
    private readonly onMove: (transform: d3.ZoomTransform) => void,
    private readonly reducedMotion: () => boolean,
  ) {
    this.svg = d3.select(element);
    this.zoom = d3
      .zoom<SVGSVGElement, unknown>()
      .scaleExtent([LEAST, 3])
      .extent((): [[number, number], [number, number]] => [
        [0, 0],
        [this.size.width, this.size.height],
      ])
      .filter((event: Event) => allowed(event))
      .clickDistance(4)
      .on("start", (event: d3.D3ZoomEvent<SVGSVGElement, unknown>) => this.mark(event, true))
      .on("end", (event: d3.D3ZoomEvent<SVGSVGElement, unknown>) => this.mark(event, false))
      .on("zoom", (event: d3.D3ZoomEvent<SVGSVGElement, unknown>) => this.moved(event));
    this.svg.call(this.zoom).on("dblclick.zoom", null);
    // After d3's own listener: the wheel without a modifier pans, as everywhere.
    this.svg.on("wheel.pan", (event: WheelEvent) => this.wheel(event), { passive: false });
  }

  get transform(): d3.ZoomTransform {
    return d3.zoomTransform(this.element);
  }

  /** What is in sight, in the picture's coordinates. */
  get sight(): Box {
    const { x, y, k } = this.transform;
    return { x: -x / k, y: -y / k, width: this.size.width / k, height: this.size.height / k };
  }

  get viewport(): { readonly width: number; readonly height: number } {
    return this.size;
  }

  setSize(width: number, height: number): void {
    this.size = { width, height };
  }

  setContent(placement: Placement): void {
    this.flat = placement.direction === "LR";
    this.content = { width: Math.max(placement.width, 1), height: Math.max(placement.height, 1) };
    const { width, height } = this.content;
    this.zoom.translateExtent([
      [-width - 400, -height - 400],
      [2 * width + 400, 2 * height + 400],
    ]);
  }

  private mark(event: d3.D3ZoomEvent<SVGSVGElement, unknown>, on: boolean): void {
    this.element.classList.toggle("gc-panning", on && event.sourceEvent instanceof MouseEvent);
  }

  private moved(event: d3.D3ZoomEvent<SVGSVGElement, unknown>): void {
    if (event.sourceEvent) this.automatic = false;
    this.onMove(event.transform);
  }

  private wheel(event: WheelEvent): void {
    if (event.ctrlKey || event.metaKey) return;
    const { x, y, k } = this.transform;
    const unit = event.deltaMode === 1 ? 18 : 1;
    const [dx, dy] = event.shiftKey ? [event.deltaY, event.deltaX] : [event.deltaX, event.deltaY];
    const to = {
      x: within(x - dx * unit, this.size.width, this.content.width * k),
      y: within(y - dy * unit, this.size.height, this.content.height * k),
    };
    // At the end of the way the page around scrolls on.
    if (Math.abs(to.x - x) < 0.5 && Math.abs(to.y - y) < 0.5) return;
    event.preventDefault();
    this.automatic = false;
    this.set(d3.zoomIdentity.translate(to.x, to.y).scale(k), "jump");
  }

  private set(to: d3.ZoomTransform, motion: Motion): void {
    this.svg.interrupt();
    if (same(this.transform, to)) return;
    // A glide is measured by the room, and a hidden picture has none.
    const shown = this.size.width > 0 && this.size.height > 0;
    if (motion === "glide" && shown && !this.reducedMotion()) {
      this.svg.transition().duration(150).ease(d3.easeCubicOut).call(this.zoom.transform, to);
    } else this.svg.call(this.zoom.transform, to);
  }

  /** All of the picture. */
  fit(motion: Motion = "glide"): void {
    this.set(this.fitted(0), motion);
    this.automatic = true;
  }

  /** As much of the picture as can be read, from its start. */
  open(motion: Motion = "jump"): void {
    this.set(this.fitted(READABLE), motion);
    this.automatic = true;
  }

  /**
   * After a change of the picture: opens it anew when that shows much more of it, or shows it much larger. Else it
   * stays where it is: a picture that moves with every letter of a name is not calm.
   */
  keepFitting(): void {
    const [now, then] = [this.transform, this.fitted(READABLE)];
    const scale = Math.abs(then.k / now.k - 1);
    const off = Math.max(
      Math.abs(then.x - now.x) / Math.max(this.size.width, 1),
      Math.abs(then.y - now.y) / Math.max(this.size.height, 1),
    );
    const lost = this.holds(then) && !this.holds(now);
    if (lost || scale > CALM || off > CALM) this.open("glide");
  }

  private fitted(least: number): d3.ZoomTransform {
    const { width, height } = this.size;
    if (width === 0 || height === 0) return d3.zoomIdentity;
    const across = (width - MARGIN) / this.content.width;
    const down = (height - MARGIN) / this.content.height;
    const whole = Math.min(across, down, 1);
    // What does not fit is opened as large as its width across the flow allows.
    const k = Math.max(
      0.02,
      whole >= least ? whole : Math.min(OPENED, Math.max(this.flat ? down : across, least)),
    );
    const [w, h] = [this.content.width * k, this.content.height * k];
    const x = w <= width ? (width - w) / 2 : this.startOffset(width, k, "x");
    const y =
      h <= height ? Math.min((height - h) / 2, this.flat ? Infinity : 24) : this.startOffset(height, k, "y");
    return d3.zoomIdentity.translate(x, y).scale(k);
  }

  private anchor = { x: 0, y: 0 };

  /** The point that is shown when not all fits: where events come in. */
  setAnchor(x: number, y: number): void {
    this.anchor = { x, y };
  }

  private startOffset(room: number, k: number, axis: "x" | "y"): number {
    const size = (axis === "x" ? this.content.width : this.content.height) * k;
    const wanted = room / 2 - this.anchor[axis] * k;
    return Math.min(0, Math.max(room - size, wanted));
  }

  /** Whether all of the picture would be in sight. */
  private holds({ x, y, k }: d3.ZoomTransform): boolean {
    const slack = 1;
    return (
      x >= -slack &&
      y >= -slack &&
      x + this.content.width * k <= this.size.width + slack &&
      y + this.content.height * k <= this.size.height + slack
    );
  }

  zoomBy(factor: number): void {
    this.automatic = false;
    this.svg.interrupt();
    const shown = this.size.width > 0 && this.size.height > 0;
    if (this.reducedMotion() || !shown) this.svg.call(this.zoom.scaleBy, factor);
    else this.svg.transition().duration(150).call(this.zoom.scaleBy, factor);
  }

  /** Moves the picture by so much without a change of scale: keeps in place what a new layout has shifted. */
  shift(dx: number, dy: number): void {
    const { x, y, k } = this.transform;
    this.set(d3.zoomIdentity.translate(x - dx * k, y - dy * k).scale(k), "jump");
  }

  /** Brings a box into sight, when it is not; at a scale at which it can be read, when that is asked for. */
  reveal(box: Box, readable: boolean): void {
    const { x, y, k } = this.transform;
    const { width, height } = this.size;
    const scale = readable ? Math.max(k, 0.8) : k;
    const left = box.x * k + x;
    const top = box.y * k + y;
    const inside = left >= 0 && top >= 0 && left + box.width * k <= width && top + box.height * k <= height;
    if (inside && scale === k) return;
    const centre = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
    const to = d3.zoomIdentity
      .translate(width / 2 - centre.x * scale, height / 2 - centre.y * scale)
      .scale(scale);
    this.automatic = false;
    this.set(to, "glide");
  }

  /** Puts a point of the picture into the middle. */
  centre(x: number, y: number): void {
    const { k } = this.transform;
    this.automatic = false;
    this.set(
      d3.zoomIdentity.translate(this.size.width / 2 - x * k, this.size.height / 2 - y * k).scale(k),
      "jump",
    );
  }

  dispose(): void {
    this.svg.interrupt().on(".zoom", null).on("wheel.pan", null);
  }
}

/** Too near to each other for the eye: gliding there would only draw the same picture again and again. */
function same(a: d3.ZoomTransform, b: d3.ZoomTransform): boolean {
  return Math.abs(a.x - b.x) < 0.01 && Math.abs(a.y - b.y) < 0.01 && Math.abs(a.k - b.k) < 1e-6;
}

/** Zoom by wheel needs a modifier (a pinch comes as one); a drag needs the main or the middle button. */
function allowed(event: Event): boolean {
  if (event instanceof WheelEvent) return event.ctrlKey || event.metaKey;
  if (event instanceof MouseEvent) return !event.ctrlKey && event.button <= 1;
  return true;
}

/** Keeps a border of the content in sight. */
function within(at: number, room: number, size: number): number {
  const low = Math.min(0, room - size);
  const high = Math.max(0, room - size);
  return Math.min(Math.max(at, low), high);
}
