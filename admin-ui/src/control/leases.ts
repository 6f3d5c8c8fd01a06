// The leases as the page knows them, and what it does with them. All that it shows comes from the hub's list and
// events; which are this page's own is told by its session. Nothing here draws, waits by itself or knows the time.

import type { HubEvent, LeaseAnswer, LeaseRow, LeasesAnswer } from "../wire/types";

/** How long a lease lasts that is renewed while the page is open; the hub frees it sooner when the page is gone. */
export const RENEWED_TTL_S = 60;
const WAIT_S = 43_200;
const MOST_NOTICES = 20;

export type Call = <T>(
  method: string,
  params: Record<string, unknown>,
  watch?: { signal?: AbortSignal },
) => Promise<T>;

export interface Around {
  call: Call;
  /** The public id of this page's session. */
  session(): string | null;
  now(): number;
}

/** Something that happened to this page's leases without its own doing. */
export interface Notice {
  id: number;
  kind: "lost" | "given" | "failed";
  name: string;
  text: string;
  reason: string;
}

interface Wait {
  ttl_s: number;
  stop: AbortController;
}

interface Ended {
  fence: number;
  cause: string;
  by: string | null;
}

export class Leases {
  readonly waits = new Map<string, Wait>();
  notices: Notice[] = [];
  isLoaded = false;
  /** Why they could not be listed; empty when they could. */
  problem = "";
  private readonly rows = new Map<string, LeaseRow>();
  /** What this page holds, by name: known also after its session is over. */
  private readonly held = new Map<string, number>();
  private readonly ends = new Map<string, Ended>();
  /** What this page asked for and was not answered yet: nobody has to be told that it came. */
  private readonly asked = new Set<string>();
  private readonly renewedAt = new Map<string, number>();
  private meanwhile: Set<string> | null = null;
  private lastNotice = 0;
  /** The page's clock less the hub's. */
  private skew = 0;

  constructor(
    private readonly around: Around,
    private readonly changed: () => void,
  ) {}

  get all(): LeaseRow[] {
    return [...this.rows.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  get(name: string): LeaseRow | undefined {
    return this.rows.get(name);
  }

  isMine(row: LeaseRow | undefined): boolean {
    return row?.session === this.around.session();
  }

  /** Whether the page's session has something to come back for. */
  get keeps(): boolean {
    return this.held.size > 0 || this.waits.size > 0;
  }

  /** Milliseconds until a lease ends, unless it is renewed. */
  left(row: LeaseRow): number {
    return Math.max(0, row.expires_at + this.skew - this.around.now());
  }

  /** Whether the page renews it by itself: what was taken for a longer time is to end by itself. */
  isRenewed(row: LeaseRow): boolean {
    return this.isMine(row) && row.ttl_s <= RENEWED_TTL_S;
  }

  /** This page's place among those who wait, from 1; null where it is not among those that are named. */
  placeOf(row: LeaseRow): number | null {
    const at = row.queue.findIndex(({ session }) => session === this.around.session());
    return at < 0 ? null : at + 1;
  }

  /** Lists everything anew, as after each connect; what events tell meanwhile is newer and wins. */
  async load(): Promise<void> {
    const meanwhile = new Set<string>();
    this.meanwhile = meanwhile;
    try {
      const leases = await this.list();
      const listed = new Set(leases.map(({ name }) => name));
      for (const name of this.rows.keys())
        if (!listed.has(name) && !meanwhile.has(name)) this.rows.delete(name);
      for (const row of leases) if (!meanwhile.has(row.name)) this.put(row);
      this.isLoaded = true;
      this.problem = "";
      this.missed();
    } catch (error) {
      this.problem = (error as Error).message;
    } finally {
      if (this.meanwhile === meanwhile) this.meanwhile = null;
    }
    for (const [name, wait] of this.waits) if (!this.asked.has(name)) this.stand(name, wait);
    // A session that goes on in a page loaded anew stands in queues still.
    for (const row of this.rows.values()) if (this.placeOf(row) !== null) this.wait(row.name);
    this.changed();
  }

  private async list(): Promise<LeaseRow[]> {
    const rows: LeaseRow[] = [];
    let after: string | null = null;
    do {
      const params = after === null ? { limit: 10_000 } : { limit: 10_000, after };
      const answer: LeasesAnswer = await this.around.call("lease.list", params);
      rows.push(...answer.leases);
      after = answer.next ?? null;
    } while (after !== null);
    return rows;
  }

  /** Takes an event of the hub. `stats` comes each second, in a hidden tab as well, where timers may be late. */
  event(event: HubEvent): void {
    if (event.topic === "stats") this.tick();
    else if (event.topic === "lost") this.load();
    else if (event.topic.startsWith("lease.")) {
      const row = event as unknown as LeaseRow;
      this.meanwhile?.add(row.name);
      if (event.topic === "lease.ended") this.ended(row, event);
      else this.told(row, event.topic);
      this.changed();
    }
  }

  /** Takes a lease, or renews it; rejects with CONFLICT where somebody else has it. */
  async take(name: string, ttl_s = RENEWED_TTL_S): Promise<LeaseAnswer> {
    return this.asking(name, () => this.around.call<LeaseAnswer>("lease.acquire", { name, ttl_s }));
  }

  /** Takes a lease away from whoever has it, who is told the reason. */
  async steal(name: string, reason: string, ttl_s = RENEWED_TTL_S): Promise<LeaseAnswer> {
    this.giveUp(name);
    return this.asking(name, () => this.around.call<LeaseAnswer>("lease.steal", { name, reason, ttl_s }));
  }

  /** Stands in the queue, over lost connections, until it is had or given up. */
  wait(name: string, ttl_s = RENEWED_TTL_S): void {
    if (this.waits.has(name)) return;
    const wait = { ttl_s, stop: new AbortController() };
    this.waits.set(name, wait);
    this.stand(name, wait);
    this.changed();
  }

  giveUp(name: string): void {
    const wait = this.waits.get(name);
    if (!wait) return;
    this.waits.delete(name);
    wait.stop.abort();
    this.changed();
  }

  async release(name: string): Promise<void> {
    const fence = this.fenceOf(name);
    this.held.delete(name);
    try {
      await this.around.call("lease.release", { name, fence });
    } catch (error) {
      if (this.isMine(this.rows.get(name))) this.held.set(name, fence);
      throw error;
    }
  }

  async renew(name: string): Promise<void> {
    await this.around.call("lease.renew", { name, fence: this.fenceOf(name) });
  }

  async handOver(name: string, session: string): Promise<void> {
    await this.around.call("lease.hand_over", { name, fence: this.fenceOf(name), session });
  }

  /** The fence under which this page holds a lease; throws where it does not. */
  fenceOf(name: string): number {
    const row = this.rows.get(name);
    if (!row || !this.isMine(row)) throw new Error("this page does not hold it any more");
    return row.fence;
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id);
    this.changed();
  }

  private async asking(name: string, ask: () => Promise<LeaseAnswer>): Promise<LeaseAnswer> {
    this.asked.add(name);
    try {
      const answer = await ask();
      this.renewedAt.set(name, this.around.now());
      return answer;
    } finally {
      this.asked.delete(name);
    }
  }

  private stand(name: string, wait: Wait): void {
    const params = { name, ttl_s: wait.ttl_s, wait_s: WAIT_S };
    const { signal } = wait.stop;
    this.asking(name, () => this.around.call<LeaseAnswer>("lease.acquire", params, { signal }))
      .then(
        () => {
          if (this.waits.get(name) !== wait) return;
          this.waits.delete(name);
          this.notify("given", name, `You have ${leaseWords(name)} now`, "");
        },
        (error: Error & { code?: string }) => {
          // The place is kept for whoever asks again soon: `load` does.
          if (error.code === "CLOSED" || this.waits.get(name) !== wait) return;
          this.waits.delete(name);
          this.notify("failed", name, `You wait for ${leaseWords(name)} no more`, error.message);
        },
      )
      .finally(this.changed);
  }

  private told(row: LeaseRow, topic: string): void {
    const end = this.ends.get(row.name);
    if (topic !== "lease.queued") this.skew = this.around.now() - (row.expires_at - row.ttl_s * 1000);
    this.put(row);
    if (topic !== "lease.acquired") return;
    this.ends.delete(row.name);
    if (!this.isMine(row) || end?.cause !== "handed_over" || end.by === null) return;
    this.waits.delete(row.name);
    this.notify("given", row.name, `${end.by} handed ${leaseWords(row.name)} over to you`, "");
  }

  private put(row: LeaseRow): void {
    this.rows.set(row.name, row);
    if (!this.isMine(row)) return;
    this.held.set(row.name, row.fence);
    this.renewedAt.set(row.name, this.around.now());
  }

  private ended(row: LeaseRow, event: HubEvent): void {
    const end = { fence: row.fence, cause: String(event.cause), by: (event.by as string | null) ?? null };
    this.rows.delete(row.name);
    this.ends.set(row.name, end);
    if (this.held.get(row.name) !== row.fence) return;
    this.held.delete(row.name);
    if (end.cause === "released" || end.cause === "handed_over") return;
    this.notify("lost", row.name, lossWords(row.name, end), String(event.reason ?? ""));
  }

  /** Finds out what was lost while nobody could tell. */
  private missed(): void {
    for (const [name, fence] of this.held) {
      const row = this.rows.get(name);
      if (row?.fence === fence && this.isMine(row)) continue;
      this.held.delete(name);
      if (row && this.isMine(row)) this.held.set(name, row.fence);
      const now = row && !this.isMine(row) ? `${row.principal} has it now` : "";
      this.notify("lost", name, `You lost ${leaseWords(name)} while the hub was away`, now);
    }
  }

  private tick(): void {
    const now = this.around.now();
    for (const [name] of this.held) {
      const row = this.rows.get(name);
      if (!row || !this.isRenewed(row)) continue;
      if (now - (this.renewedAt.get(name) ?? 0) < (row.ttl_s * 1000) / 3) continue;
      this.renewedAt.set(name, now);
      // What comes of it is told by events: renewed, or ended.
      this.renew(name).catch((error: Error) => console.info(`${name} could not be renewed:`, error.message));
    }
  }

  private notify(kind: Notice["kind"], name: string, text: string, reason: string): void {
    const notice = { id: ++this.lastNotice, kind, name, text, reason };
    this.notices = [...this.notices.filter((each) => each.name !== name), notice].slice(-MOST_NOTICES);
  }
}

/** The lease of a stream's producer. */
export function leaseOf(stream: string): string {
  return `stream:${stream}`;
}

/** The stream that a lease is of; null for other names. */
export function streamOf(name: string): string | null {
  return name.startsWith("stream:") ? name.slice("stream:".length) : null;
}

/** What one who has a lease has, in words. */
export function leaseWords(name: string): string {
  const stream = streamOf(name);
  return stream === null ? `the lease ${name}` : `the control of ${stream}`;
}

function lossWords(name: string, { cause, by }: Ended): string {
  const what = leaseWords(name);
  if (cause === "stolen") return `${by ?? "Somebody"} took ${what} away from you`;
  if (cause === "expired") return `Your time with ${what} is over`;
  if (cause === "away") return `You lost ${what}: this page was away for too long`;
  return `You lost ${what} (${cause})`;
}

/** A time to go, as a clock shows it. */
export function countdown(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = String(seconds % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
