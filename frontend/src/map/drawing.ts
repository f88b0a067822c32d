/* Draws the buses on one canvas above the map: a sign with the line's number and a beak that points
   where it goes. Without WebGL, so that it runs on old phones and in a browser without graphics. */
import * as L from "leaflet";
import { inkOn, NO_COLOUR } from "../elements";
import type { Bus, Fleet } from "./fleet";

const SIGN_ZOOM = 14;
const REACH_PX = 22;
const FONT = '700 12px "Onest", "Noto Sans CJK SC", system-ui, sans-serif';

interface Drawn {
  id: string;
  x: number;
  y: number;
}

export class BusLayer extends L.Layer {
  selected: string | undefined;
  private canvas!: HTMLCanvasElement;
  private pen!: CanvasRenderingContext2D;
  private drawn: Drawn[] = [];
  private frame = 0;
  private lastDrawnAt = 0;
  private chart!: L.Map;
  private ground = "#ffffff";
  private ink = "#10263a";

  constructor(private readonly fleet: Fleet) {
    super();
    L.setOptions(this, { pane: "buses" });
  }

  override onAdd(chart: L.Map): this {
    this.chart = chart;
    this.canvas = L.DomUtil.create("canvas", "buses-canvas", this.getPane());
    const pen = this.canvas.getContext("2d");
    if (pen === null) throw new Error("no canvas");
    this.pen = pen;
    chart.on("move viewreset resize zoomend", this.draw, this);
    chart.on("zoomstart", () => (this.canvas.style.visibility = "hidden"));
    chart.on("zoomend", () => (this.canvas.style.visibility = ""));
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.readColours());
    this.readColours();
    this.animate();
    return this;
  }

  override onRemove(): this {
    cancelAnimationFrame(this.frame);
    this.canvas.remove();
    return this;
  }

  /* The bus drawn nearest to a point of the map's window, if a finger would mean it. */
  at(point: L.Point): string | undefined {
    let best: string | undefined;
    let reach = REACH_PX;
    for (const bus of this.drawn) {
      const off = Math.hypot(bus.x - point.x, bus.y - point.y);
      if (off <= reach) {
        reach = off;
        best = bus.id;
      }
    }
    return best;
  }

  redraw(): void {
    this.draw();
  }

  private readColours(): void {
    const style = getComputedStyle(document.documentElement);
    this.ground = style.getPropertyValue("--surface").trim() || this.ground;
    this.ink = style.getPropertyValue("--ink").trim() || this.ink;
    this.draw();
  }

  /* Far out a bus moves less than a pixel in many frames: draw as often as it can be seen. */
  private animate(): void {
    const step = (): void => {
      this.frame = requestAnimationFrame(step);
      const now = performance.now();
      const pause = this.chart.getZoom() >= 15 ? 33 : 80;
      if (now - this.lastDrawnAt >= pause && this.fleet.moving(now)) this.draw();
    };
    step();
  }

  private draw(): void {
    const { chart, canvas, pen } = this;
    const size = chart.getSize();
    const scale = Math.min(2, window.devicePixelRatio || 1);
    if (canvas.width !== size.x * scale || canvas.height !== size.y * scale) {
      canvas.width = size.x * scale;
      canvas.height = size.y * scale;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, chart.containerPointToLayerPoint([0, 0]));
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    pen.font = FONT;
    pen.textAlign = "center";
    pen.textBaseline = "middle";
    const now = performance.now();
    this.lastDrawnAt = now;
    this.drawn = [];
    const taken = new Set<string>();
    const signs = chart.getZoom() >= SIGN_ZOOM;
    const inFront: [Bus, L.Point, number][] = [];
    let chosen: [Bus, L.Point, number] | undefined;
    for (const bus of this.fleet.buses.values()) {
      const place = this.fleet.where(bus, now);
      const point = chart.latLngToContainerPoint([place.latitude, place.longitude]);
      if (point.x < -30 || point.y < -30 || point.x > size.x + 30 || point.y > size.y + 30) continue;
      this.drawn.push({ id: bus.vehicle.id, x: point.x, y: point.y });
      if (bus.vehicle.id === this.selected) {
        chosen = [bus, point, place.bearing];
        continue;
      }
      // From afar only the first bus of each small square shows its number; the others are arrows.
      const square = `${Math.round(point.x / 38)}:${Math.round(point.y / 26)}`;
      if (signs || !taken.has(square)) inFront.push([bus, point, place.bearing]);
      else this.arrow(bus, point, place.bearing);
      taken.add(square);
    }
    for (const bus of inFront) this.sign(...bus, false);
    if (chosen) this.sign(...chosen, true);
  }

  private arrow(bus: Bus, point: L.Point, bearing: number): void {
    const { pen } = this;
    pen.save();
    pen.translate(point.x, point.y);
    pen.beginPath();
    if (Number.isNaN(bearing)) pen.arc(0, 0, 4.5, 0, Math.PI * 2);
    else {
      pen.rotate((bearing * Math.PI) / 180);
      pen.moveTo(0, -7);
      pen.lineTo(5, 5);
      pen.lineTo(0, 2.5);
      pen.lineTo(-5, 5);
      pen.closePath();
    }
    this.fill(bus, 1.5);
    pen.restore();
  }

  private sign(bus: Bus, point: L.Point, bearing: number, chosen: boolean): void {
    const { pen } = this;
    const text = bus.vehicle.route?.short_name ?? "?";
    const half = Math.max(12, pen.measureText(text).width / 2 + 6);
    const high = 10;
    pen.save();
    pen.translate(point.x, point.y);
    if (!Number.isNaN(bearing)) {
      const angle = ((bearing - 90) * Math.PI) / 180;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      // Where the ray leaves the sign's frame, so that the beak sits on its edge.
      const edge = Math.min(half / Math.abs(x || 1e-6), high / Math.abs(y || 1e-6));
      pen.beginPath();
      pen.moveTo(x * (edge + 7), y * (edge + 7));
      pen.lineTo(x * (edge - 3) - y * 6, y * (edge - 3) + x * 6);
      pen.lineTo(x * (edge - 3) + y * 6, y * (edge - 3) - x * 6);
      pen.closePath();
      this.fill(bus, chosen ? 3 : 2);
    }
    this.frameOf(half, high);
    this.fill(bus, chosen ? 3 : 2);
    pen.setLineDash([]);
    pen.fillStyle = bus.vehicle.stale ? this.ink : inkOn(bus.vehicle.route?.color ?? NO_COLOUR);
    pen.fillText(text, 0, 0.5);
    if (chosen) {
      this.frameOf(half + 5, high + 5);
      pen.strokeStyle = this.ink;
      pen.lineWidth = 2.5;
      pen.stroke();
    }
    pen.restore();
  }

  private frameOf(half: number, high: number): void {
    const { pen } = this;
    const round = 6;
    pen.beginPath();
    pen.moveTo(-half + round, -high);
    pen.arcTo(half, -high, half, high, round);
    pen.arcTo(half, high, -half, high, round);
    pen.arcTo(-half, high, -half, -high, round);
    pen.arcTo(-half, -high, half, -high, round);
    pen.closePath();
  }

  /* A stale bus is hollow with a broken edge: the look says that it may not be there any more. */
  private fill(bus: Bus, edge: number): void {
    const { pen } = this;
    const colour = bus.vehicle.route?.color ?? NO_COLOUR;
    pen.lineWidth = edge;
    if (bus.vehicle.stale) {
      pen.setLineDash([3, 2]);
      pen.fillStyle = this.ground;
      pen.strokeStyle = this.ink;
      pen.fill();
      pen.stroke();
    } else {
      pen.setLineDash([]);
      pen.strokeStyle = this.ground;
      pen.fillStyle = colour;
      pen.stroke();
      pen.fill();
    }
  }
}
