// Rows of several streams that have just come. They reach the page in the order in which the hub read its sockets and
// wrote to this one, which is nearly that of their times: each is held for a moment, in which older ones may come and
// stand before it. What comes later than that is added at the end; nothing that is shown moves.

import { compareTimes } from "../viewer/row-place";
import type { Row } from "../viewer/rows";

/** A row of one of several streams, with the time that it is put in order by. */
export interface Entry {
  at: number;
  /** Which of the streams. */
  source: number;
  row: Row;
}

interface Held {
  entry: Entry;
  order: number;
  due: number;
}

/** How long a row is held. */
export const HOLD_MS = 250;
/** With more rows than this, the oldest do not wait. */
export const MOST_HELD = 20_000;

export class LateWindow {
  private held: Held[] = [];
  private sorted = true;
  private count = 0;

  constructor(
    private readonly holdMs = HOLD_MS,
    private readonly most = MOST_HELD,
  ) {}

  get size(): number {
    return this.held.length;
  }

  /** Takes rows that have come; those of one stream in its order, and none of them older than the one before. */
  add(entries: readonly Entry[], now: number): void {
    for (const entry of entries) this.held.push({ entry, order: this.count++, due: now + this.holdMs });
    this.sorted = this.sorted && entries.length === 0;
  }

  /** The rows that have waited long enough, in order, and those that belong before them. */
  take(now: number): Entry[] {
    this.sort();
    const due = this.held.findLastIndex((each) => each.due <= now) + 1;
    return this.held.splice(0, Math.max(due, this.held.length - this.most)).map(({ entry }) => entry);
  }

  /** All that is held, in order. */
  takeAll(): Entry[] {
    return this.take(Number.POSITIVE_INFINITY);
  }

  /** A row that is held. */
  find(accept: (entry: Entry) => boolean): Entry | undefined {
    return this.held.find(({ entry }) => accept(entry))?.entry;
  }

  /** Drops what is not to be shown any more. */
  keep(accept: (entry: Entry) => boolean): void {
    this.held = this.held.filter(({ entry }) => accept(entry));
  }

  private sort(): void {
    if (this.sorted) return;
    this.held.sort((a, b) => compareTimes(a.entry, b.entry) || a.order - b.order);
    this.sorted = true;
  }
}
