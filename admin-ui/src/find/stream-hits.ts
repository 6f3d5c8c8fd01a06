// What is known of the hits of one stream: where they begin, and what of it was looked at without a hole.

import type { Row } from "../viewer/rows";
import type { SearchAnswer } from "../wire/types";

/** Where the line of a hit begins, and when it came. */
export interface Hit {
  offset: number;
  at: number;
}

export class StreamHits {
  /** Nothing is left to count. */
  whole = true;
  /** Where the hub goes on counting; null where it begins at the end. */
  next: string | null = null;
  /** Every line from here on up to `heardTo` was looked at. */
  covered: Hit | null = null;
  /** The time that a search has come back to. */
  reached: number | null = null;
  private heardTo: number | null = null;
  /** In the stream's order. */
  private hits: Hit[] = [];

  constructor(
    readonly name: string,
    /** So many are kept: beyond that the oldest are let go. */
    private readonly most: number,
  ) {}

  get count(): number {
    return this.hits.length;
  }

  get offsets(): number[] {
    return this.hits.map(({ offset }) => offset);
  }

  /** Knows nothing any more, with nothing to look for or all of it. */
  reset(whole: boolean): void {
    this.hits = [];
    this.whole = whole;
    this.next = this.covered = this.reached = this.heardTo = null;
  }

  has(offset: number): boolean {
    return this.hits[this.countBefore(offset)]?.offset === offset;
  }

  /** How many begin before a place. */
  countBefore(offset: number): number {
    return lowerBound(this.hits, (hit) => hit.offset < offset);
  }

  /** How many came before a time. */
  countUntil(at: number): number {
    return lowerBound(this.hits, (hit) => hit.at < at);
  }

  /** Whether lines came after those that were looked at, up to where the stream ends by now. */
  isBehind(end: number): boolean {
    return this.heardTo !== null && this.heardTo < end;
  }

  /** Takes a page that was counted back from the end, where that was `end`. */
  counted({ hits, next }: SearchAnswer, end: number): void {
    this.next = next;
    this.add(hits);
    const last = hits.at(-1);
    if (last) {
      this.covered = { offset: last.offset, at: last.at };
      this.reached = last.at;
    }
    this.heardTo = Math.max(this.heardTo ?? 0, end);
    this.whole = next === null;
  }

  /** Takes note of rows that came live and were looked at; returns whether that changes what is known. */
  cover(rows: readonly Row[]): boolean {
    const first = rows[0];
    const last = rows.at(-1);
    if (!first || !last) return false;
    // What came while the page was elsewhere in the stream was not told.
    const missed = this.heardTo !== null && first.offset > this.heardTo;
    this.heardTo = last.kind === "line" ? last.end : (last.to ?? last.offset);
    if (missed) {
      this.covered = this.next = null;
      this.whole = false;
    }
    if (this.covered) return missed;
    const at = rows.find((row) => row.at !== undefined)?.at;
    if (at !== undefined) this.covered = { offset: first.offset, at };
    return true;
  }

  /** Adds hits; returns whether any is new. */
  add(hits: readonly Hit[]): boolean {
    const unseen = hits.filter(({ offset }) => !this.has(offset)).map(({ offset, at }) => ({ offset, at }));
    if (!unseen.length) return false;
    const last = this.hits.at(-1)?.offset ?? -1;
    // What comes live goes on where the others end; the hub's pages come backwards.
    const onwards = unseen.every(
      (hit, index) => hit.offset > (index ? (unseen[index - 1] as Hit).offset : last),
    );
    if (onwards) this.hits.push(...unseen);
    else {
      const byOffset = new Map([...this.hits, ...unseen].map((hit) => [hit.offset, hit]));
      this.hits = [...byOffset.values()].sort((a, b) => a.offset - b.offset);
    }
    if (this.hits.length > this.most) {
      this.hits = this.hits.slice(-this.most);
      this.covered = null;
      this.whole = false;
    }
    return true;
  }
}

/** How many of sorted hits come before a place. */
function lowerBound(sorted: readonly Hit[], isBefore: (hit: Hit) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore(sorted[middle] as Hit)) low = middle + 1;
    else high = middle;
  }
  return low;
}
