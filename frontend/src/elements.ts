/* Making elements without markup in strings: what a feed says can never become HTML. */

type Attributes = Record<string, string | boolean | undefined>;

export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

/* The page of a stop or line; feeds may put any character into their ids. */
export function addressOf(kind: "stops" | "routes", id: string): string {
  return `/${kind}/${encodeURIComponent(id).replace(/%3A/g, ":")}`;
}

/* Relative luminance of #rrggbb (WCAG 2.2) decides whether black or white reads better on it. */
export function inkOn(colour: string): "#ffffff" | "#10151a" {
  const channel = (place: number): number => {
    const value = parseInt(colour.slice(place, place + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return 1.05 / (luminance + 0.05) >= (luminance + 0.05) / 0.05 ? "#ffffff" : "#10151a";
}

export const NO_COLOUR = "#10263a";

export function lineSign(line: { short_name: string; color?: string }): HTMLElement {
  const colour = line.color ?? NO_COLOUR;
  const sign = element("span", { class: "line" }, element("b", {}, line.short_name));
  // Set through the object model, which a strict content security policy allows.
  sign.style.backgroundColor = colour;
  sign.style.color = inkOn(colour);
  return sign;
}
