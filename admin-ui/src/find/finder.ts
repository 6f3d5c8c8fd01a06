// Looks for lines in all of a stream: in the rows held, in the past by `stream.search`, and in what comes live.
//
// Stepping asks the hub for the one next hit from a place, so it is right however many there are; counting goes back
// from the end page by page up to a bound, and fills the strip beside the text. Both can be given up at any time.

import { plainText } from "../viewer/ansi";
import type { Row } from "../viewer/rows";
import type { Watch } from "../wire/rpc";
import type { SearchAnswer, StreamSearchParams } from "../wire/types";
import { type Query, sameQuery } from "./query";

/** What is looked for: as the hub is asked for it, and as the page sees it in a line. */
export interface Sought {
  readonly query: Query;
  matches(plain: string): boolean;
}

/** What is asked of the stream itself. */
export interface Searched {
  /** The rows that the page holds, side by side. */
  held(): readonly Row[];
  /** Where it ends by now. */
  end(): number;
  /** When the line came that holds a byte. */
  timeAt(offset: number): Promise<number | null>;
}

export type Search = (params: StreamSearchParams, watch: Watch) => Promise<SearchAnswer>;

export interface FinderState {
  /** How many lines are known to have it. */
  hits: number;
  /** Which of them the reader is at, from 1 on; 0 for none of them. */
  index: number;
  /** Nothing is left to count. */
  whole: boolean;
  /** From when on, up to the live end, every line was looked at, and how many hits that had; null while none was. */
  since: { at: number; hits: number } | null;
  /** The hub is asked: for the number of hits, or for the next one. */
  counting: boolean;
  seeking: boolean;
  /** The time that the search has come back to. */
  reached: number | null;
  /** Stepping went over an end of the stream. */
  wrapped: "" | "start" | "end";
  problem: string;
}

export const NOTHING_FOUND: FinderState = {
  hits: 0,
  index: 0,
  whole: true,
  since: null,
  counting: false,
  seeking: false,
  reached: null,
  wrapped: "",
  problem: "",
};

/** Counted without being asked again. */
export const MOST_HITS = 10_000;
const MOST_KEPT = 50_000;
const PAGE = 1000;

export class Finder {
  state = NOTHING_FOUND;
  /** The hit that the reader is at, by where its line begins. */
  current: number | null = null;
  private sought: Sought | null = null;
  /** Where hits begin, in order. */
  private offsets: number[] = [];
  private counter: AbortController | null = null;
  private seeker: AbortController | null = null;
  private next: string | null = null;
  /** Every line from `covered` on up to `heardTo` was looked at. */
  private covered: { offset: number; at: number } | null = null;
  private heardTo: number | null = null;
  private asksTime = false;

  constructor(
    private readonly name: string,
    private readonly search: Search,
    private readonly stream: Searched,
    private readonly changed: (state: FinderState) => void,
  ) {}

  get places(): readonly number[] {
    return this.offsets;
  }

  /** Looks for something else, first in what is held; the same again changes nothing. */
  look(sought: Sought | null): void {
    if (sought && this.sought && sameQuery(sought.query, this.sought.query)) return;
    this.stop();
    this.sought = sought;
    this.offsets = [];
    this.current = null;
    this.next = null;
    this.covered = this.heardTo = null;
    this.state = { ...NOTHING_FOUND, whole: sought === null };
    this.lookInHeld();
    this.tell({});
  }

  /** Looks for the same again: the stream was cut, and has other text at the places that are known. */
  restart(): void {
    const sought = this.sought;
    this.look(null);
    this.look(sought);
  }

  /** Takes rows that came live. */
  fresh(rows: readonly Row[]): void {
    const covers = this.cover(rows);
    if (this.add(this.offsetsIn(rows)) || covers) this.tell({});
  }

  /** Counts the hits of all that is kept, up to a bound; again, to go on from there. */
  async count(): Promise<void> {
    const sought = this.sought;
    if (!sought || this.state.counting || this.state.whole) return;
    const counter = new AbortController();
    this.counter = counter;
    this.tell({ counting: true, problem: "" });
    const end = this.stream.end();
    const goal = this.offsets.length + MOST_HITS - (this.offsets.length % MOST_HITS);
    try {
      do {
        const answer = await this.ask(
          sought,
          { newest: true, limit: PAGE, after: this.next },
          counter.signal,
        );
        this.next = answer.next;
        this.add(answer.hits.map((hit) => hit.offset));
        const last = answer.hits.at(-1);
        if (last) this.covered = { offset: last.offset, at: last.at };
        this.heardTo = Math.max(this.heardTo ?? 0, end);
        this.tell({ whole: answer.next === null, reached: last?.at ?? this.state.reached });
      } while (this.next !== null && this.offsets.length < goal);
    } catch (error) {
      this.failed(error as Error, counter);
    }
    if (this.counter === counter) this.tell({ counting: false });
  }

  /** Gives up what the hub is asked for. */
  stop(): void {
    this.counter?.abort();
    this.seeker?.abort();
    this.counter = this.seeker = null;
    if (this.state.counting || this.state.seeking) this.tell({ counting: false, seeking: false });
  }

  /** The next hit after a place, or the one before it; beyond an end it goes on at the other one. From the end: back. */
  async step(wish: boolean, from: number): Promise<number | null> {
    const sought = this.sought;
    if (!sought) return null;
    const down = wish && from !== Number.POSITIVE_INFINITY;
    this.seeker?.abort();
    const seeker = new AbortController();
    this.seeker = seeker;
    this.lookInHeld();
    const near = this.nearHeld(down, from);
    if (near !== null) return this.arrive(near, "");
    this.tell({ seeking: true, problem: "" });
    try {
      const after = from === Number.POSITIVE_INFINITY ? null : `${Math.max(0, from)} ${this.name}`;
      // Going down, the line that begins here is told as well: it is not the next one.
      const answer = await this.ask(sought, { newest: !down, limit: 2, after }, seeker.signal);
      const hit = answer.hits.find(({ offset }) => (down ? offset > from : offset < from));
      if (hit) return this.arrive(hit.offset, "");
      const [other] = (await this.ask(sought, { newest: !down, limit: 1 }, seeker.signal)).hits;
      if (other) return this.arrive(other.offset, down ? "end" : "start");
      this.tell({ wrapped: "" });
    } catch (error) {
      this.failed(error as Error, seeker);
    } finally {
      if (this.seeker === seeker) this.tell({ seeking: false });
    }
    return null;
  }

  /** The first hit of all that is kept. */
  first(): Promise<number | null> {
    return this.step(true, -1);
  }

  private ask(
    { query }: Sought,
    page: Pick<StreamSearchParams, "newest" | "limit" | "after">,
    signal: AbortSignal,
  ): Promise<SearchAnswer> {
    const params = { query: query.text, regex: query.regex, case: query.exact, pattern: this.name, ...page };
    const begin = page.after ? Number.parseInt(page.after, 10) : page.newest ? this.stream.end() : 0;
    const progress = ({ bytes }: Record<string, unknown>) => {
      const offset = page.newest ? begin - Number(bytes) : begin + Number(bytes);
      this.tellTime(Math.max(0, offset), signal);
    };
    return this.search(params, { signal, progress });
  }

  /** Tells the time of the place that a search has come to; one question at a time. */
  private async tellTime(offset: number, signal: AbortSignal): Promise<void> {
    if (this.asksTime) return;
    this.asksTime = true;
    try {
      const reached = await this.stream.timeAt(offset);
      if (!signal.aborted && (this.state.counting || this.state.seeking)) this.tell({ reached });
    } catch (error) {
      // The search itself says what is wrong; how far it is can do without.
      console.info(`no time of a place: ${(error as Error).message}`);
    } finally {
      this.asksTime = false;
    }
  }

  /** Takes note of what was looked at; returns whether that changes what is told. */
  private cover(rows: readonly Row[]): boolean {
    const first = rows[0];
    const last = rows.at(-1);
    if (!this.sought || !first || !last) return false;
    // What came while the page was elsewhere in the stream was not told.
    const missed = this.heardTo !== null && first.offset > this.heardTo;
    this.heardTo = last.kind === "line" ? last.end : (last.to ?? last.offset);
    if (missed) {
      this.covered = this.next = null;
      this.state = { ...this.state, whole: false };
    }
    if (this.covered) return missed;
    const at = rows.find((row) => row.at !== undefined)?.at;
    if (at !== undefined) this.covered = { offset: first.offset, at };
    return true;
  }

  private arrive(offset: number, wrapped: FinderState["wrapped"]): number {
    this.current = offset;
    this.add([offset]);
    this.tell({ wrapped, seeking: false, problem: "" });
    return offset;
  }

  private failed(error: Error & { code?: string }, by: AbortController): void {
    if (error.code === "CANCELLED" || (by !== this.counter && by !== this.seeker)) return;
    this.tell({ problem: error.message });
  }

  private lookInHeld(): void {
    this.add(this.offsetsIn(this.stream.held()));
  }

  private offsetsIn(rows: readonly Row[]): number[] {
    const sought = this.sought;
    if (!sought) return [];
    return rows
      .filter((row) => row.kind === "line" && sought.matches(plainText(row.text)))
      .map((row) => row.offset);
  }

  /** The next hit in the rows held, which lie side by side: nothing between them is missed. */
  private nearHeld(down: boolean, from: number): number | null {
    const rows = this.stream.held();
    const first = rows[0]?.offset;
    const last = rows.at(-1)?.offset;
    if (first === undefined || last === undefined || from < first || from > last) return null;
    const index = lowerBound(this.offsets, down ? from + 1 : from) - (down ? 0 : 1);
    const near = this.offsets[index];
    return near !== undefined && near >= first && near <= last ? near : null;
  }

  /** Adds hits; returns whether any is new. Beyond the bound the oldest are let go. */
  private add(offsets: readonly number[]): boolean {
    const unseen = offsets.filter((offset) => this.offsets[lowerBound(this.offsets, offset)] !== offset);
    if (!unseen.length) return false;
    const last = this.offsets.at(-1) ?? -1;
    // What comes live goes on where the others end; the hub's pages come backwards.
    const onwards = unseen.every((offset, index) => offset > (index ? (unseen[index - 1] as number) : last));
    if (onwards) this.offsets.push(...unseen);
    else this.offsets = [...new Set([...this.offsets, ...unseen])].sort((a, b) => a - b);
    if (this.offsets.length > MOST_KEPT) {
      this.offsets = this.offsets.slice(-MOST_KEPT);
      this.covered = null;
      this.state = { ...this.state, whole: false };
    }
    return true;
  }

  private tell(part: Partial<FinderState>): void {
    const index = this.current === null ? 0 : lowerBound(this.offsets, this.current) + 1;
    const since = this.covered && {
      at: this.covered.at,
      hits: this.offsets.length - lowerBound(this.offsets, this.covered.offset),
    };
    this.state = { ...this.state, ...part, hits: this.offsets.length, index, since };
    this.changed(this.state);
  }
}

/** Index of the first of sorted numbers that is not below `value`. */
function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
