/* Keeps a board fresh: asks the server for the same fragment it rendered, and only when somebody looks. */

const EVERY_MS = 15_000;

export class Refreshing {
  private etag = "";
  private timer = 0;
  private stopped = false;

  constructor(
    private readonly place: HTMLElement,
    private readonly path: string,
    private readonly heard: { shown?: (board: HTMLElement) => void; lost?: (lost: boolean) => void } = {},
  ) {}

  start(now = false): void {
    document.addEventListener("visibilitychange", this.seen);
    if (now) void this.ask();
    else this.later();
  }

  stop(): void {
    this.stopped = true;
    window.clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.seen);
  }

  async ask(): Promise<void> {
    window.clearTimeout(this.timer);
    try {
      const headers: Record<string, string> = this.etag ? { "If-None-Match": this.etag } : {};
      const answer = await fetch(this.path, { headers, cache: "no-store" });
      if (this.stopped) return;
      if (answer.ok) this.show(await answer.text(), answer.headers.get("ETag") ?? "");
      this.heard.lost?.(!answer.ok && answer.status !== 304);
    } catch {
      if (!this.stopped) this.heard.lost?.(true);
    }
    this.later();
  }

  private show(markup: string, etag: string): void {
    this.etag = etag;
    const board = new DOMParser().parseFromString(markup, "text/html").querySelector<HTMLElement>("[data-board]");
    if (board === null) return;
    const focused = this.place.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
    this.place.replaceChildren(document.adoptNode(board));
    if (focused) [...this.place.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
    this.heard.shown?.(board);
  }

  private later(): void {
    window.clearTimeout(this.timer);
    if (!this.stopped && !document.hidden) this.timer = window.setTimeout(() => void this.ask(), EVERY_MS);
  }

  private readonly seen = (): void => {
    if (!document.hidden) void this.ask();
  };
}
