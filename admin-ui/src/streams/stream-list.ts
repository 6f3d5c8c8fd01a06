// The streams as the page knows them: a snapshot, then changes; rates kept for the sparklines.

import type { HubEvent, StreamPage, StreamRow } from "../wire/types";

const PAGE = 1000;
export const SPARK_POINTS = 30;

export type Call = <T>(method: string, params: Record<string, unknown>) => Promise<T>;

export type Sums = Record<"streams" | "live" | "lines" | "bytes" | "lines_per_s", number>;

export class StreamList {
  /** Grows when streams come or go, a new run changes the order, or all of them are listed. */
  structure = 0;
  /** Whether all pages have come once. */
  isLoaded = false;
  private readonly rows = new Map<string, StreamRow>();
  private readonly order = new Map<string, number>();
  /** By a stream's name, or a folder's path with its `/`. */
  private readonly rates = new Map<string, number[]>();
  private readonly active = new Set<string>();
  private lastOrder = 0;
  /** Names that events told of while the list is loaded, and whether of a run that has begun since. */
  private meanwhile: Map<string, boolean> | null = null;
  private loading: Promise<void> | null = null;
  /** Whether to list anew, once what is under way is done. */
  private again = false;

  /** Lists everything anew; what is asked for while that is done is one more listing, when it is done. */
  load(call: Call): Promise<void> {
    this.again = true;
    this.loading ??= this.loadWhileAsked(call);
    return this.loading;
  }

  private async loadWhileAsked(call: Call): Promise<void> {
    try {
      while (this.again) {
        this.again = false;
        this.meanwhile = new Map();
        const known = await listAll(call).catch((error: unknown) => {
          // Whoever asked since then is answered by the next one.
          if (!this.again) throw error;
          return null;
        });
        if (known) this.takeAll(known, this.meanwhile);
      }
    } finally {
      this.meanwhile = null;
      this.loading = null;
    }
  }

  /** Takes the list of all, the newest run first; changes that came meanwhile are newer and win. */
  private takeAll(known: readonly StreamRow[], meanwhile: ReadonlyMap<string, boolean>): void {
    this.meanwhile = null;
    const names = new Set(known.map((row) => row.stream));
    for (const name of [...this.rows.keys()]) if (!names.has(name) && !meanwhile.has(name)) this.remove(name);
    // The last one is the first to get its place.
    const told = known.toReversed();
    for (const row of told) if (!meanwhile.has(row.stream)) this.take(row);
    // What an event told of first has a place already, though others that are listed only now may be older.
    const begun = [...meanwhile.keys()].filter((name) => meanwhile.get(name));
    for (const name of [...told.map(({ stream }) => stream), ...begun])
      if (this.rows.has(name)) this.order.set(name, ++this.lastOrder);
    this.structure += 1;
    this.isLoaded = true;
  }

  /** Takes an event of the hub. */
  event(event: HubEvent): void {
    if (event.topic === "streams") for (const row of event.rows as StreamRow[]) this.put(row);
    else if (event.topic === "stream.retired" || event.topic === "stream.deleted")
      this.remove(String(event.stream));
    else if (event.topic === "stream.created" || event.topic === "stream.run")
      this.top(event as unknown as StreamRow);
  }

  /** Notes the rates of every stream and folder; to be called once a second. */
  tick(): void {
    const sums = new Map<string, number>();
    for (const name of this.active) {
      const row = this.rows.get(name);
      const rate = row?.state === "live" ? row.lines_per_s : 0;
      if (rate === 0) {
        this.active.delete(name);
        continue;
      }
      sums.set(name, rate);
      for (let at = name.indexOf("/"); at >= 0; at = name.indexOf("/", at + 1)) {
        const folder = name.slice(0, at + 1);
        sums.set(folder, (sums.get(folder) ?? 0) + rate);
      }
    }
    for (const [id, rates] of this.rates) {
      rates.push(sums.get(id) ?? 0);
      if (rates.length > SPARK_POINTS) rates.shift();
      if (!rates.some((rate) => rate > 0)) this.rates.delete(id);
      sums.delete(id);
    }
    for (const [id, rate] of sums) this.rates.set(id, [rate]);
  }

  /** What the listed streams have and do together. */
  sum(): Sums {
    const sums = { streams: this.rows.size, live: 0, lines: 0, bytes: 0, lines_per_s: 0 };
    for (const row of this.rows.values()) {
      sums.lines += row.lines;
      sums.bytes += row.bytes;
      if (row.state !== "live") continue;
      sums.live += 1;
      sums.lines_per_s += row.lines_per_s;
    }
    return sums;
  }

  get size(): number {
    return this.rows.size;
  }

  all(): Iterable<StreamRow> {
    return this.rows.values();
  }

  get(name: string): StreamRow | undefined {
    return this.rows.get(name);
  }

  /** Where its last run stands among all runs; the newest has the greatest. */
  orderOf(name: string): number {
    return this.order.get(name) ?? 0;
  }

  /** The last rates of a stream, or of a folder by its path with the `/` at its end. */
  sparkline(id: string): readonly number[] {
    return this.rates.get(id) ?? [];
  }

  private put(row: StreamRow): void {
    if (!this.order.has(row.stream)) {
      this.order.set(row.stream, ++this.lastOrder);
      this.structure += 1;
    }
    this.take(row);
  }

  private top(row: StreamRow): void {
    this.order.set(row.stream, ++this.lastOrder);
    this.structure += 1;
    // Taken out first: the last run to begin is the last of the names.
    this.meanwhile?.delete(row.stream);
    this.meanwhile?.set(row.stream, true);
    this.take(row);
  }

  private take(row: StreamRow): void {
    this.note(row.stream);
    this.rows.set(row.stream, row);
    if (row.state === "live" && row.lines_per_s > 0) this.active.add(row.stream);
  }

  private note(name: string): void {
    if (!this.meanwhile?.has(name)) this.meanwhile?.set(name, false);
  }

  private remove(name: string): void {
    this.note(name);
    if (this.rows.delete(name)) this.structure += 1;
    this.order.delete(name);
    this.rates.delete(name);
    this.active.delete(name);
  }
}

async function listAll(call: Call): Promise<StreamRow[]> {
  const known: StreamRow[] = [];
  let after: string | null = null;
  do {
    const page: StreamPage = await call<StreamPage>(
      "stream.list",
      after === null ? { limit: PAGE } : { limit: PAGE, after },
    );
    known.push(...page.streams);
    after = page.next;
  } while (after !== null);
  return known;
}
