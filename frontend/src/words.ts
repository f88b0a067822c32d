/* Texts come from the page, in the reader's language; scripts hold no sentence of their own. */

type Words = Record<string, string>;

let kept: Words | undefined;

function all(): Words {
  if (kept === undefined) {
    const block = document.getElementById("words");
    kept = block === null ? {} : (JSON.parse(block.textContent ?? "{}") as Words);
  }
  return kept;
}

export function say(key: string, values: Record<string, string | number> = {}): string {
  const sentence = all()[key] ?? "";
  return sentence.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

export const language = document.documentElement.lang || "en";

export function local(texts: Record<string, string> | undefined): string {
  if (texts === undefined) return "";
  return texts[language] ?? texts["en"] ?? Object.values(texts)[0] ?? "";
}
