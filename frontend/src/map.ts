/* The map page: live buses of one city on the shapes of its own lines. */
import * as L from "leaflet";
import { BusLayer } from "./map/drawing";
import { Fleet } from "./map/fleet";
import { type Connection, Live } from "./map/live";
import { Streets } from "./map/network";
import { Panel, age } from "./map/panel";
import type { Network, NetworkStop, Vehicle } from "./map/shapes";
import { say } from "./words";

const OPENING_ZOOM = 13;
const LIST_EVERY_MS = 2_000;
// A snapshot is asked for with a box; this one holds the whole feed with room to spare.
const MARGIN_DEGREES = 0.5;

const stage = document.getElementById("map") as HTMLElement;
const asked = new URLSearchParams(location.search);
const [west, south, east, north] = (stage.dataset["bounds"] ?? "").split(",").map(Number) as [
  number,
  number,
  number,
  number,
];
const clockOffset = Date.parse(stage.dataset["now"] ?? "") - Date.now() || 0;
const serverNow = (): number => Date.now() + clockOffset;
const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

const whole = L.latLngBounds([south, west], [north, east]);
const chart = L.map(stage, {
  center: whole.getCenter(),
  zoom: OPENING_ZOOM,
  minZoom: 10,
  maxZoom: 18,
  zoomControl: false,
  attributionControl: false,
  maxBounds: whole.pad(0.6),
  zoomAnimation: !calm.matches,
  fadeAnimation: false,
  inertia: !calm.matches,
});
// A small network is shown whole, a city from its middle.
if (chart.getBoundsZoom(whole) > OPENING_ZOOM) chart.fitBounds(whole, { padding: [24, 24] });
stage.tabIndex = 0;
stage.setAttribute("role", "application");
stage.setAttribute("aria-label", say("map"));
L.control.zoom({ position: "topright", zoomInTitle: say("zoom_in"), zoomOutTitle: say("zoom_out") }).addTo(chart);
L.control.scale({ imperial: false, position: "bottomleft" }).addTo(chart);
if (stage.dataset["tiles"]) {
  L.control.attribution({ prefix: false }).addAttribution(stage.dataset["attribution"] ?? "").addTo(chart);
  L.tileLayer(stage.dataset["tiles"], { maxZoom: 19 }).addTo(chart);
}
chart.createPane("buses").style.zIndex = "620";

const streets = new Streets(chart);
const fleet = new Fleet((vehicle) => streets.courseOf(vehicle), calm.matches);
const buses = new BusLayer(fleet).addTo(chart);
const panel = new Panel(stage.dataset["zone"] ?? "UTC", serverNow, {
  bus: (id) => chooseBus(id, true),
  stop: (id) => chooseStop(id, true),
  nothing: () => {
    buses.selected = undefined;
    streets.highlight(askedRoute);
    buses.redraw();
  },
});
let askedRoute = asked.get("route") ?? undefined;
calm.addEventListener("change", () => (fleet.still = calm.matches));

function chooseBus(id: string, bring: boolean): void {
  const bus = fleet.buses.get(id);
  if (bus === undefined) return;
  buses.selected = id;
  streets.highlight(bus.vehicle.route?.id);
  panel.showBus(bus.vehicle);
  const place = fleet.where(bus, performance.now());
  if (bring) chart.setView([place.latitude, place.longitude], Math.max(chart.getZoom(), 15), { animate: !calm.matches });
  buses.redraw();
}

function chooseStop(id: string, bring: boolean): void {
  const stop = streets.stops.find((one) => one.id === id);
  if (stop === undefined) return;
  buses.selected = undefined;
  streets.highlight(askedRoute);
  panel.showStop(stop);
  if (bring) chart.setView([stop.position[1], stop.position[0]], Math.max(chart.getZoom(), 16), { animate: !calm.matches });
}

chart.on("click", (event: L.LeafletMouseEvent) => {
  const bus = buses.at(event.containerPoint);
  if (bus !== undefined) {
    chooseBus(bus, false);
    return;
  }
  const stop = streets.stopAt(event.containerPoint);
  if (stop !== undefined) chooseStop(stop.id, false);
  else panel.close();
});
chart.on("mousemove", (event: L.LeafletMouseEvent) => {
  const over = buses.at(event.containerPoint) !== undefined || streets.stopAt(event.containerPoint) !== undefined;
  stage.style.cursor = over ? "pointer" : "";
});

// What is in view, as a list: nearest to the middle first.

function nearest<T>(all: T[], place: (one: T) => L.LatLngExpression): T[] {
  const middle = chart.getSize().divideBy(2);
  const far = (one: T): number => chart.latLngToContainerPoint(place(one)).distanceTo(middle);
  return all
    .map((one) => [far(one), one] as const)
    .sort((left, right) => left[0] - right[0])
    .map(([, one]) => one);
}

function listWhatIsInView(): void {
  const bounds = chart.getBounds();
  const place = (vehicle: Vehicle): L.LatLngTuple => {
    const [longitude, latitude] = vehicle.position.coordinates;
    return [latitude, longitude];
  };
  const seen = [...fleet.buses.values()].map((bus) => bus.vehicle).filter((vehicle) => bounds.contains(place(vehicle)));
  panel.listBuses(nearest(seen, place));
  panel.listStops(nearest(streets.inView(), (stop: NetworkStop) => [stop.position[1], stop.position[0]]));
}

// How fresh it is

const connection = document.querySelector<HTMLElement>(".connection");
let state: Connection | "starting" = "starting";

function tellConnection(): void {
  if (!connection) return;
  connection.hidden = false;
  const count = fleet.buses.size;
  const old = serverNow() - fleet.generatedAt;
  const late = fleet.generatedAt > 0 && old > 30_000;
  const shown = state !== "lost" && late ? "old" : state;
  const words = say(`connection_${shown}`, { count, age: fleet.generatedAt > 0 ? age(old) : "" });
  connection.dataset["state"] = shown;
  if (connection.textContent !== words) connection.textContent = words;
}

const box = [west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES];
const feed = encodeURIComponent(stage.dataset["feed"] ?? "");
const stream = stage.dataset["stream"];
const live = new Live(
  stream ? `${stream}?feed=${feed}` : "",
  `/v1/transit/vehicles?feed=${feed}&bbox=${box.map((edge) => edge.toFixed(5)).join(",")}`,
  {
    vehicles: (update, whole) => {
      const first = fleet.buses.size === 0;
      fleet.take(update, whole, performance.now());
      if (first || fleet.still) listWhatIsInView();
      if (buses.selected !== undefined) {
        const bus = fleet.buses.get(buses.selected);
        if (bus) panel.updateBus(bus.vehicle);
        else panel.busGone();
      }
      buses.redraw();
      // For whoever tests this page: how often positions arrived.
      stage.dataset["updates"] = String(Number(stage.dataset["updates"] ?? 0) + 1);
    },
    connection: (next) => {
      state = next;
      tellConnection();
    },
  },
);
live.start();
window.setInterval(() => {
  listWhatIsInView();
  tellConnection();
}, LIST_EVERY_MS);
chart.on("moveend", listWhatIsInView);

async function openNetwork(): Promise<void> {
  const answer = await fetch(stage.dataset["network"] ?? "");
  if (!answer.ok) return;
  streets.show((await answer.json()) as Network);
  fleet.findCourses();
  if (askedRoute !== undefined) {
    const bounds = streets.boundsOf(askedRoute);
    if (bounds) chart.fitBounds(bounds.pad(0.1), { animate: false });
    else askedRoute = undefined;
    streets.highlight(askedRoute);
  }
  const stop = asked.get("stop");
  if (stop !== null) chooseStop(stop, true);
  listWhatIsInView();
}
void openNetwork();
