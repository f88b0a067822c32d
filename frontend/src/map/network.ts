/* The lines and stops of one feed, as the ground the buses move on. */
import * as L from "leaflet";
import { NO_COLOUR } from "../elements";
import { local } from "../words";
import { Course } from "./courses";
import type { Network, NetworkStop, Vehicle } from "./shapes";

const STOPS_FROM_ZOOM = 13.5;
const NAMES_FROM_ZOOM = 15.5;
const REACH_PX = 18;

export class Streets {
  stops: NetworkStop[] = [];
  private readonly courses = new Map<string, Course>();
  private readonly lines = L.layerGroup();
  private readonly dots = L.layerGroup();
  private readonly names = L.layerGroup();
  private readonly renderer = L.canvas({ padding: 0.4 });
  private highlighted: string | undefined;
  private drawnLines: { route: string; halo: L.Polyline; line: L.Polyline }[] = [];

  constructor(private readonly chart: L.Map) {
    this.lines.addTo(chart);
    this.dots.addTo(chart);
    this.names.addTo(chart);
    chart.on("moveend", () => this.drawStops());
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.restyle());
  }

  show(network: Network): void {
    this.stops = network.stops;
    for (const route of network.routes) {
      for (const { direction, coordinates } of route.courses) {
        if (coordinates.length < 2) continue;
        this.courses.set(`${route.id}|${direction}`, new Course(coordinates));
        const places = coordinates.map(([longitude, latitude]) => [latitude, longitude] as L.LatLngTuple);
        const options = { renderer: this.renderer, interactive: false, lineJoin: "round" as const };
        const halo = L.polyline(places, { ...options, weight: 4 }).addTo(this.lines);
        const line = L.polyline(places, { ...options, color: route.color ?? NO_COLOUR, weight: 2 }).addTo(this.lines);
        this.drawnLines.push({ route: route.id, halo, line });
      }
    }
    for (const { halo } of this.drawnLines) halo.bringToBack();
    this.restyle();
    this.drawStops();
  }

  courseOf(vehicle: Vehicle): Course | undefined {
    if (!vehicle.route) return undefined;
    return this.courses.get(`${vehicle.route.id}|${vehicle.direction ?? 0}`);
  }

  /* One line stands out, the others step back. */
  highlight(route: string | undefined): void {
    if (route === this.highlighted) return;
    this.highlighted = route;
    this.restyle();
  }

  boundsOf(route: string): L.LatLngBounds | undefined {
    const own = this.drawnLines.filter((drawn) => drawn.route === route);
    if (own.length === 0) return undefined;
    return own.reduce((bounds, drawn) => bounds.extend(drawn.line.getBounds()), L.latLngBounds([]));
  }

  stopAt(point: L.Point): NetworkStop | undefined {
    if (this.chart.getZoom() < STOPS_FROM_ZOOM) return undefined;
    let best: NetworkStop | undefined;
    let reach = REACH_PX;
    for (const stop of this.inView()) {
      const off = this.chart.latLngToContainerPoint([stop.position[1], stop.position[0]]).distanceTo(point);
      if (off <= reach) {
        reach = off;
        best = stop;
      }
    }
    return best;
  }

  inView(): NetworkStop[] {
    const bounds = this.chart.getBounds();
    return this.stops.filter((stop) => bounds.contains([stop.position[1], stop.position[0]]));
  }

  private colour(token: string): string {
    return getComputedStyle(document.documentElement).getPropertyValue(token).trim();
  }

  private restyle(): void {
    const [halo, edge] = [this.colour("--map-halo"), this.colour("--map-edge")];
    for (const drawn of this.drawnLines) {
      const back = this.highlighted !== undefined && drawn.route !== this.highlighted;
      drawn.halo.setStyle({ color: this.highlighted && !back ? edge : halo, opacity: back ? 0 : 1, weight: this.highlighted && !back ? 9 : 4 });
      drawn.line.setStyle({ opacity: back ? 0.15 : this.highlighted ? 1 : 0.6, weight: this.highlighted && !back ? 5 : 2 });
      if (this.highlighted && !back) {
        drawn.halo.bringToFront();
        drawn.line.bringToFront();
      }
    }
    this.drawStops();
  }

  private drawStops(): void {
    this.dots.clearLayers();
    this.names.clearLayers();
    const zoom = this.chart.getZoom();
    if (zoom < STOPS_FROM_ZOOM) return;
    const [ground, ink] = [this.colour("--surface"), this.colour("--ink")];
    const named = new Set<string>();
    for (const stop of this.inView()) {
      const place: L.LatLngTuple = [stop.position[1], stop.position[0]];
      L.circleMarker(place, {
        renderer: this.renderer,
        interactive: false,
        radius: zoom < 15 ? 3.5 : 5,
        weight: 2,
        color: ink,
        fillColor: ground,
        fillOpacity: 1,
      }).addTo(this.dots);
      const name = local(stop.name);
      if (zoom < NAMES_FROM_ZOOM || named.has(name)) continue;
      named.add(name);
      const text = document.createElement("span");
      text.textContent = name;
      const icon = L.divIcon({ className: "stop-name", html: text, iconSize: [0, 0], iconAnchor: [-10, 10] });
      L.marker(place, { icon, interactive: false, keyboard: false }).addTo(this.names);
    }
  }
}
