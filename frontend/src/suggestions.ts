/* The combobox pattern of the ARIA Authoring Practices, on top of a form that works without it. */
import { addressOf, element, lineSign } from "./elements";
import { local } from "./words";

interface Found {
  id: string;
  name: Record<string, string>;
  sign?: { short_name: string; color?: string };
  href: string;
}

interface Stop {
  id: string;
  name: Record<string, string>;
  code?: string;
}

interface Route {
  id: string;
  short_name: string;
  long_name: Record<string, string>;
  color?: string;
}

const PAUSE_MS = 160;
let lists = 0;

async function items<T>(path: string, q: string, signal: AbortSignal): Promise<T[]> {
  const answer = await fetch(`${path}?q=${encodeURIComponent(q)}&limit=5`, { signal });
  return answer.ok ? ((await answer.json()) as { items: T[] }).items : [];
}

async function find(q: string, signal: AbortSignal): Promise<Found[]> {
  const [routes, stops] = await Promise.all([
    items<Route>("/v1/transit/routes", q, signal),
    items<Stop>("/v1/transit/stops", q, signal),
  ]);
  return [
    ...routes.map((route) => ({ id: route.id, name: route.long_name, sign: route, href: addressOf("routes", route.id) })),
    ...stops.map((stop) => ({ id: stop.id, name: stop.name, href: addressOf("stops", stop.id) })),
  ];
}

export function suggestWhileTyping(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=search]");
  if (!input) return;
  const list = element("ul", { class: "search__list", role: "listbox", id: `suggestions-${++lists}`, hidden: true });
  list.setAttribute("aria-label", form.querySelector("label")?.textContent ?? "");
  form.append(list);
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.setAttribute("aria-controls", list.id);

  let found: Found[] = [];
  let chosen = -1;
  let pause = 0;
  let asking: AbortController | undefined;

  const close = (): void => {
    list.hidden = true;
    chosen = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const choose = (index: number): void => {
    chosen = index;
    [...list.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === index)));
    const row = list.children[index];
    if (row) {
      input.setAttribute("aria-activedescendant", row.id);
      row.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  };

  const show = (): void => {
    list.replaceChildren(
      ...found.map((one, at) => {
        const sign = one.sign ? lineSign(one.sign) : element("span", { class: "pin", "aria-hidden": "true" }, "●");
        const row = element("li", { role: "option", id: `${list.id}-${at}`, "aria-selected": "false" }, sign, local(one.name));
        row.addEventListener("mousedown", (event) => {
          event.preventDefault();
          location.href = one.href;
        });
        return row;
      }),
    );
    list.hidden = found.length === 0;
    chosen = -1;
    input.setAttribute("aria-expanded", String(!list.hidden));
    input.removeAttribute("aria-activedescendant");
  };

  const ask = async (): Promise<void> => {
    asking?.abort();
    const q = input.value.trim();
    if (q === "") {
      close();
      return;
    }
    asking = new AbortController();
    try {
      found = await find(q, asking.signal);
      if (document.activeElement === input) show();
    } catch {
      // Typed on, or offline: the form itself still searches.
      close();
    }
  };

  input.addEventListener("input", () => {
    window.clearTimeout(pause);
    pause = window.setTimeout(() => void ask(), PAUSE_MS);
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && !list.hidden) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const places = found.length + 1;
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && chosen >= 0) {
      event.preventDefault();
      const one = found[chosen];
      if (one) location.href = one.href;
    }
  });
}
