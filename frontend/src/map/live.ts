/* Live positions: the stream when it works, polling the snapshot when it does not, and an honest word
   about which. The stream reconnects by itself; polling asks with the ETag it has. */
import type { VehicleUpdate } from "./shapes";

export type Connection = "live" | "polling" | "lost";

const POLL_MS = 5_000;
const STREAM_COMES_MS = 1_500;
const STREAM_SILENT_MS = 20_000;
const STREAM_AGAIN_MS = 15_000;

interface Listener {
  /* `whole`: vehicles that are not in it are gone. */
  vehicles(update: VehicleUpdate, whole: boolean): void;
  connection(state: Connection): void;
}

export class Live {
  private stream: EventSource | undefined;
  private heardAt = 0;
  private etag = "";
  private timer = 0;
  private watch = 0;
  private streamTriedAt = 0;

  constructor(
    private readonly streamUrl: string,
    private readonly snapshotUrl: string,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.begin();
    this.watch = window.setInterval(() => this.look(), 2_000);
    window.addEventListener("online", () => this.openStream());
    window.addEventListener("offline", () => this.listener.connection("lost"));
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.closeStream();
      else this.begin();
    });
    window.addEventListener("pagehide", () => this.closeStream());
  }

  stop(): void {
    window.clearInterval(this.watch);
    window.clearTimeout(this.timer);
    this.closeStream();
  }

  /* The stream begins with the whole picture; ask for it only when the stream does not come soon. */
  private begin(): void {
    this.openStream();
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.poll(), this.streamUrl ? STREAM_COMES_MS : 0);
  }

  private openStream(): void {
    this.closeStream();
    if (!this.streamUrl) return;
    this.streamTriedAt = Date.now();
    const stream = new EventSource(this.streamUrl);
    const take = (whole: boolean) => (event: MessageEvent<string>) => {
      this.heardAt = Date.now();
      window.clearTimeout(this.timer);
      this.timer = 0;
      this.listener.vehicles(JSON.parse(event.data) as VehicleUpdate, whole);
      this.listener.connection("live");
    };
    stream.addEventListener("snapshot", take(true));
    stream.addEventListener("vehicles", take(false));
    this.stream = stream;
  }

  private closeStream(): void {
    this.stream?.close();
    this.stream = undefined;
    this.heardAt = 0;
  }

  /* Every two seconds: has the stream spoken lately? If not, poll until it does. */
  private look(): void {
    if (document.hidden) return;
    const now = Date.now();
    if (now - this.heardAt < STREAM_SILENT_MS) return;
    if (this.timer === 0) this.timer = window.setTimeout(() => void this.poll(), 0);
    if (this.streamUrl && now - this.streamTriedAt > STREAM_AGAIN_MS) this.openStream();
  }

  private async poll(): Promise<void> {
    window.clearTimeout(this.timer);
    this.timer = 0;
    try {
      const headers: Record<string, string> = this.etag ? { "If-None-Match": this.etag } : {};
      const answer = await fetch(this.snapshotUrl, { headers, cache: "no-store" });
      if (answer.status === 200) {
        this.etag = answer.headers.get("ETag") ?? "";
        this.listener.vehicles((await answer.json()) as VehicleUpdate, true);
      }
      const fine = answer.status === 200 || answer.status === 304;
      if (!this.streaming()) this.listener.connection(fine ? "polling" : "lost");
    } catch {
      if (!this.streaming()) this.listener.connection("lost");
    }
    if (!this.streaming() && !document.hidden) this.timer = window.setTimeout(() => void this.poll(), POLL_MS);
  }

  private streaming(): boolean {
    return Date.now() - this.heardAt < STREAM_SILENT_MS;
  }
}
