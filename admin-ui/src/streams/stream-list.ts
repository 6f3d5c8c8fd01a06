// The streams as the page knows them: a snapshot, then changes; rates kept for the sparklines.

import type { HubEvent, StreamPage, StreamRow } from "../wire/types";

const PAGE = 1000;
export const SPARK_POINTS = 30;

export type Call = <T>(method: string, params: Record<string, unknown>) => Promise<T>;

export class StreamList {
  private readonly rows = new Map<string, StreamRow>();
  private readonly order = new Map<string, number>();
  private readonly rates = new Map<string, number[]>();
  private lastOrder = 0;

  /** Lists everything anew; changes that come meanwhile are newer and win. */
  async load(call: Call): Promise<void> {
    const known: StreamRow[] = [];
    let after: string | null = null;
    const before = new Set(this.rows.keys());
    do {
      const page: StreamPage = await call<StreamPage>(
        "stream.list",
        after === null ? { limit: PAGE } : { limit: PAGE, after },
      );
      known.push(...page.streams);
      after = page.next;
    } while (after !== null);
    const names = new Set(known.map((row) => row.stream));
    for (const name of before) if (!names.has(name)) this.remove(name);
    // The newest run comes first in the answer, so that the last one is the first to get its place.
    for (const row of known.toReversed()) this.put(row);
  }

  /** Takes an event of the hub. */
  event(event: HubEvent): void {
    if (event.topic === "streams") for (const row of event.rows as StreamRow[]) this.put(row);
    else if (event.topic === "stream.retired" || event.topic === "stream.deleted")
      this.remove(String(event.stream));
    else if (event.topic === "stream.created" || event.topic === "stream.run")
      this.top(event as unknown as StreamRow);
  }

  /** Notes every stream's rate; to be called once a second. */
  tick(): void {
    for (const [name, row] of this.rows) {
      const rates = this.rates.get(name);
      if (!rates && row.lines_per_s === 0) continue;
      const next = [...(rates ?? []), row.state === "live" ? row.lines_per_s : 0].slice(-SPARK_POINTS);
      if (next.some((rate) => rate > 0)) this.rates.set(name, next);
      else this.rates.delete(name);
    }
  }

  get(name: string): StreamRow | undefined {
    return this.rows.get(name);
  }

  sparkline(name: string): readonly number[] {
    return this.rates.get(name) ?? [];
  }

  /** Rows whose name has all the words of `filter`, the newest run first. A row keeps its place while it changes. */
  matching(filter: string): StreamRow[] {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return [...this.rows.values()]
      .filter((row) => words.every((word) => row.stream.toLowerCase().includes(word) || row.state === word))
      .sort((a, b) => (this.order.get(b.stream) ?? 0) - (this.order.get(a.stream) ?? 0));
  }

  private put(row: StreamRow): void {
    if (!this.order.has(row.stream)) this.order.set(row.stream, ++this.lastOrder);
    this.rows.set(row.stream, row);
  }

  private top(row: StreamRow): void {
    this.order.set(row.stream, ++this.lastOrder);
    this.rows.set(row.stream, row);
  }

  private remove(name: string): void {
    this.rows.delete(name);
    this.order.delete(name);
    this.rates.delete(name);
  }
}
