/* Beside the map: everything it shows, as words and buttons. The map is never the only way. */
import { addressOf, element, lineSign } from "../elements";
import { Refreshing } from "../refreshing";
import { local, say } from "../words";
import type { NetworkStop, Vehicle } from "./shapes";

const LISTED = 12;

export function age(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 90) return say("seconds", { seconds });
  if (seconds < 5400) return say("minutes", { minutes: Math.round(seconds / 60) });
  return say("hours", { hours: Math.round(seconds / 3600) });
}

export function punctuality(vehicle: Vehicle): string {
  if (vehicle.delay_seconds === undefined) return say("no_forecast");
  const minutes = Math.max(1, Math.round(Math.abs(vehicle.delay_seconds) / 60));
  if (vehicle.delay_seconds > 90) return say("late", { minutes });
  if (vehicle.delay_seconds < -90) return say("early", { minutes });
  return say("on_time");
}

export class Panel {
  private readonly chosen = document.getElementById("chosen") as HTMLElement;
  private readonly lists = document.getElementById("in-view") as HTMLElement;
  private board: Refreshing | undefined;
  private facts: HTMLElement | undefined;
  private returnTo: string | undefined;

  constructor(
    private readonly zone: string,
    private readonly serverNow: () => number,
    private readonly wish: { bus(id: string): void; stop(id: string): void; nothing(): void },
  ) {
    this.lists.hidden = false;
    this.chosen.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.close();
    });
  }

  showBus(vehicle: Vehicle): void {
    this.open(
      [...(vehicle.route ? [lineSign(vehicle.route)] : []), `${say("to")} ${local(vehicle.headsign)}`],
      (body) => {
        this.facts = element("dl", { class: "facts" });
        const links = element("p", { class: "actions" });
        if (vehicle.route) {
          links.append(element("a", { href: addressOf("routes", vehicle.route.id) }, say("line_page")));
        }
        body.append(this.facts, links);
      },
    );
    this.updateBus(vehicle);
  }

  updateBus(vehicle: Vehicle): void {
    if (!this.facts) return;
    const rows: [string, Node | string][] = [[say("punctuality"), punctuality(vehicle)]];
    if (vehicle.next_stop) {
      const stop = element("a", { href: addressOf("stops", vehicle.next_stop.id) }, local(vehicle.next_stop.name));
      const when = vehicle.next_stop.expected_at ? ` · ${this.clock(vehicle.next_stop.expected_at)}` : "";
      rows.push([say("next_stop"), element("span", {}, stop, when)]);
    }
    const seen = say("ago", { age: age(this.serverNow() - Date.parse(vehicle.reported_at)) });
    rows.push([say("position"), vehicle.stale ? `${seen} · ${say("stale")}` : seen]);
    const occupancy = say(`occupancy_${vehicle.occupancy ?? ""}`);
    if (occupancy) rows.push([say("occupancy"), occupancy]);
    rows.push([say("vehicle"), vehicle.label ?? vehicle.id]);
    // Keep the focus where it is: links are reused, only words change.
    const focused = this.facts.contains(document.activeElement);
    if (focused) return;
    this.facts.replaceChildren(
      ...rows.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
    );
  }

  busGone(): void {
    this.facts?.replaceChildren(element("dt", {}, say("position")), element("dd", {}, say("gone")));
  }

  showStop(stop: NetworkStop): void {
    this.open([local(stop.name)], (body) => {
      const place = element("div");
      body.append(place, element("p", {}, element("a", { href: addressOf("stops", stop.id) }, say("whole_board"))));
      this.board = new Refreshing(place, `${addressOf("stops", stop.id)}/board?rows=5&brief=1`);
      this.board.start(true);
    });
  }

  close(): void {
    this.clear();
    this.chosen.hidden = true;
    this.wish.nothing();
    // The list may have been written anew meanwhile, or the row be gone from it.
    const from = this.returnTo;
    this.returnTo = undefined;
    if (!from) return;
    const rows = [...this.lists.querySelectorAll<HTMLElement>("[data-row]")];
    (rows.find((row) => row.dataset.row === from) ?? rows[0])?.focus();
  }

  listBuses(vehicles: Vehicle[]): void {
    this.list("buses", vehicles, (vehicle) => ({
      id: vehicle.id,
      sign: vehicle.route ? lineSign(vehicle.route) : element("span"),
      text: local(vehicle.headsign) || (vehicle.label ?? vehicle.id),
      side: vehicle.stale ? say("stale_short") : punctuality(vehicle),
      press: () => this.wish.bus(vehicle.id),
    }));
  }

  listStops(stops: NetworkStop[]): void {
    this.list("stops", stops, (stop) => ({
      id: stop.id,
      sign: element("span", { "aria-hidden": "true" }, "●"),
      text: local(stop.name),
      side: "",
      press: () => this.wish.stop(stop.id),
    }));
  }

  private open(heading: (Node | string)[], fill: (body: HTMLElement) => void): void {
    this.clear();
    const pressed = document.activeElement;
    const byKey = pressed instanceof HTMLElement && this.lists.contains(pressed);
    if (byKey) this.returnTo = pressed.dataset.row;
    const title = element("h2", { tabindex: "-1" }, ...heading);
    const close = element("button", { type: "button", class: "chosen__close", "aria-label": say("close") }, "×");
    close.addEventListener("click", () => this.close());
    const body = element("div");
    this.chosen.replaceChildren(title, close, body);
    fill(body);
    this.chosen.hidden = false;
    if (byKey) title.focus();
    else this.chosen.scrollIntoView({ block: "nearest" });
  }

  private clear(): void {
    this.board?.stop();
    this.board = undefined;
    this.facts = undefined;
  }

  private clock(when: string): string {
    return new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: this.zone }).format(
      new Date(when),
    );
  }

  /* Rows are not moved while one of them has the focus. */
  private list<T>(
    name: string,
    all: T[],
    describe: (one: T) => { id: string; sign: HTMLElement; text: string; side: string; press: () => void },
  ): void {
    const list = this.lists.querySelector<HTMLElement>(`[data-list="${name}"]`);
    const count = this.lists.querySelector(`[data-count="${name}"]`);
    const more = this.lists.querySelector<HTMLElement>(`[data-more="${name}"]`);
    if (!list || !count || !more) return;
    count.textContent = `(${all.length})`;
    more.hidden = all.length <= LISTED;
    more.textContent = say("more", { count: all.length - LISTED });
    if (list.contains(document.activeElement)) return;
    list.replaceChildren(
      ...all.slice(0, LISTED).map((one) => {
        const { id, sign, text, side, press } = describe(one);
        const button = element("button", { type: "button", "data-row": id }, sign, element("span", {}, text), element("small", {}, side));
        button.addEventListener("click", press);
        return element("li", {}, button);
      }),
    );
    list.hidden = all.length === 0;
  }
}
