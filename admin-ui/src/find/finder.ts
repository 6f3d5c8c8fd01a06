// Looks for lines in all of a stream, or of several that are one text by time: in the rows held, in the past by
// `stream.search`, and in what comes live.
//
// Stepping asks the hub for the one next hit from a place, so it is right however many there are; counting goes back
// from the end page by page up to a bound, and fills the strip beside the text. Both can be given up at any time. Of
// several streams each is asked by itself, and what they answer is put in the order of their text (row-place.ts).

import { plainText } from "../viewer/ansi";
import { comparePlaces, isAt, placeOf, type RowPlace, timeAfter } from "../viewer/row-place";
import type { Row } from "../viewer/rows";
import type { Watch } from "../wire/rpc";
import type { SearchAnswer, StreamSearchParams } from "../wire/types";
import { forEach, nearest } from "./ask-several";
import { type Query, sameQuery } from "./query";
import { StreamHits } from "./stream-hits";

/** What is looked for: as the hub is asked for it, and as the page sees it in a line. */
export interface Sought {
  readonly query: Query;
  matches(plain: string): boolean;
}

/** What is asked of the text itself. */
export interface Searched {
  /** The rows that the page holds, side by side. */
  held(): readonly Row[];
  /** Where a stream ends by now. */
  end(name: string): number;
  /** When the line came that holds a byte of a stream. */
  timeAt(name: string, offset: number): Promise<number | null>;
}

/** From where one steps. */
export type From = RowPlace | "start" | "end";

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
  /** Stepping went over an end of the text. */
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
/** Kept of one stream, and of each of several. */
const MOST_KEPT = 50_000;
const MOST_KEPT_EACH = 20_000;
const PAGE = 1000;

type Page = Pick<StreamSearchParams, "newest" | "limit" | "after" | "from" | "to">;

export class Finder {
  state = NOTHING_FOUND;
  /** The hit that the reader is at. */
  current: RowPlace | null = null;
  private readonly streams: StreamHits[];
  private sought: Sought | null = null;
  private counter: AbortController | null = null;
  private seeker: AbortController | null = null;
  private readonly asksTime = new Set<StreamHits>();

  /** `names`: the streams in the order in which rows of the same time stand. */
  constructor(
    names: readonly string[],
    private readonly search: Search,
    private readonly text: Searched,
    private readonly changed: (state: FinderState) => void,
  ) {
    const most = names.length > 1 ? MOST_KEPT_EACH : MOST_KEPT;
    this.streams = names.map((name) => new StreamHits(name, most));
  }

  /** Where the hits of a stream begin, in order. */
  offsets(source = 0): readonly number[] {
    return this.streams[source]?.offsets ?? [];
  }

  /** Whether lines came that nobody looked at: where rows come by themselves, they are about to be. */
  get isBehind(): boolean {
    return this.streams.some((stream) => stream.isBehind(this.text.end(stream.name)));
  }

  /** Looks for something else, first in what is held; the same again changes nothing. */
  look(sought: Sought | null): void {
    if (sought && this.sought && sameQuery(sought.query, this.sought.query)) return;
    this.stop();
    this.sought = sought;
    this.current = null;
    for (const stream of this.streams) stream.reset(sought === null);
    this.state = NOTHING_FOUND;
    this.lookInHeld();
    this.tell({});
  }

  /** Looks for the same again: a stream was cut, and has other text at the places that are known. */
  restart(): void {
    const sought = this.sought;
    this.look(null);
    this.look(sought);
  }

  /** Takes rows of a stream that came live, with their places in it. */
  fresh(rows: readonly Row[], source = 0): void {
    const stream = this.streams[source];
    if (!stream || !this.sought) return;
    const covers = stream.cover(rows);
    const hits = this.hitsIn(rows).map(({ offset, at }) => ({ offset, at }));
    if (stream.add(hits) || covers) this.tell({});
  }

  /** Counts the hits of all that is kept, up to a bound; again, to go on from there. */
  async count(): Promise<void> {
    const sought = this.sought;
    if (!sought || this.state.counting || this.state.whole) return;
    const counter = new AbortController();
    this.counter = counter;
    this.tell({ counting: true, problem: "" });
    const goal = this.state.hits + MOST_HITS - (this.state.hits % MOST_HITS);
    let told = 0;
    const page = async (stream: StreamHits) => {
      told += await this.countPage(sought, stream, counter.signal);
    };
    try {
      const unasked = this.streams.filter(({ whole, next }) => !whole && next === null);
      await forEach(unasked.length ? unasked : this.leastFarBack(), page);
      // Where more is told than is kept, their number says nothing.
      while (!this.state.whole && this.state.hits < goal && told < MOST_HITS)
        await forEach(this.leastFarBack(), page);
    } catch (error) {
      counter.abort();
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
  async step(wish: boolean, from: From): Promise<RowPlace | null> {
    const sought = this.sought;
    if (!sought) return null;
    const down = wish && from !== "end";
    this.seeker?.abort();
    const seeker = new AbortController();
    this.seeker = seeker;
    this.lookInHeld();
    const near = typeof from === "object" ? this.nearHeld(down, from) : null;
    if (near) return this.arrive(near, "");
    this.tell({ seeking: true, problem: "" });
    const seek = (place: From) =>
      nearest(
        this.inTurn(place),
        down,
        (stream, best, signal) => this.seek(sought, stream, { down, from: place, best }, signal),
        seeker.signal,
      );
    try {
      const hit = await seek(from);
      if (hit) return this.arrive(hit, "");
      const other = typeof from === "object" ? await seek(down ? "start" : "end") : null;
      if (other) return this.arrive(other, down ? "end" : "start");
      this.tell({ wrapped: "" });
    } catch (error) {
      this.failed(error as Error, seeker);
    } finally {
      if (this.seeker === seeker) this.tell({ seeking: false });
    }
    return null;
  }

  /** The first hit of all that is kept. */
  first(): Promise<RowPlace | null> {
    return this.step(true, "start");
  }

  /** The stream that is counted back least far: all are counted back together. */
  private leastFarBack(): StreamHits[] {
    const reach = ({ covered }: StreamHits) => covered?.at ?? Number.POSITIVE_INFINITY;
    const open = this.streams.filter(({ whole }) => !whole);
    return open.sort((a, b) => (reach(a) < reach(b) ? 1 : -1)).slice(0, 1);
  }

  /** Counts a page further back; returns how many it had. */
  private async countPage(sought: Sought, stream: StreamHits, signal: AbortSignal): Promise<number> {
    const end = this.text.end(stream.name);
    const page = { newest: true, limit: PAGE, after: stream.next };
    const answer = await this.ask(sought, stream, page, signal);
    if (signal.aborted) return 0;
    stream.counted(answer, end);
    this.tell({});
    return answer.hits.length;
  }

  /** The streams, first the one in which one is: the next hit is most often there. */
  private inTurn(from: From): StreamHits[] {
    const own = typeof from === "object" ? this.streams[from.source] : undefined;
    return own ? [own, ...this.streams.filter((stream) => stream !== own)] : this.streams;
  }

  /** The next hit of one stream from a place in the text, none beyond `best`. */
  private async seek(
    sought: Sought,
    stream: StreamHits,
    { down, from, best }: { down: boolean; from: From; best: RowPlace | null },
    signal: AbortSignal,
  ): Promise<RowPlace | null> {
    const source = this.streams.indexOf(stream);
    const page: Page = { newest: !down, limit: 1 };
    if (best) page[down ? "to" : "from"] = timeAfter(best, source);
    if (typeof from === "object") {
      const offset = from.source === source ? from.offset : down ? null : this.heldAfter(from, source);
      if (offset !== null) page.after = `${Math.max(0, offset)} ${stream.name}`;
      else page[down ? "from" : "to"] = timeAfter(from, source);
      // Going down, the line that begins here is told as well: it is not the next one.
      if (from.source === source) page.limit = 2;
    }
    const { hits } = await this.ask(sought, stream, page, signal);
    const places = hits.map(({ offset, at }) => ({ source, offset, at }));
    const isBeyond = (place: RowPlace) =>
      typeof from === "string" || comparePlaces(place, from) * (down ? 1 : -1) > 0;
    return places.find(isBeyond) ?? null;
  }

  /** Where the first row of another stream begins that is held after a place: hits before it lie before the place. */
  private heldAfter(place: RowPlace, source: number): number | null {
    const rows = this.text.held();
    const index = rows.findIndex((row) => isAt(row, place));
    const after = index < 0 ? [] : rows.slice(index);
    const row = after.find((each) => each.kind === "line" && each.source?.index === source);
    return row?.source?.offset ?? null;
  }

  private ask({ query }: Sought, stream: StreamHits, page: Page, signal: AbortSignal): Promise<SearchAnswer> {
    const params = {
      query: query.text,
      regex: query.regex,
      case: query.exact,
      pattern: stream.name,
      ...page,
    };
    const begin = page.after ? Number.parseInt(page.after, 10) : page.newest ? this.text.end(stream.name) : 0;
    const isRange = page.from !== undefined || page.to !== undefined;
    const progress = ({ bytes }: Record<string, unknown>) => {
      const offset = page.newest ? begin - Number(bytes) : begin + Number(bytes);
      // Where a range of time begins in bytes is not known here.
      if (!isRange) this.tellTime(stream, Math.max(0, offset), signal);
    };
    return this.search(params, { signal, progress });
  }

  /** Tells the time of the place that a search has come to; one question at a time. */
  private async tellTime(stream: StreamHits, offset: number, signal: AbortSignal): Promise<void> {
    if (this.asksTime.has(stream)) return;
    this.asksTime.add(stream);
    try {
      const reached = await this.text.timeAt(stream.name, offset);
      if (signal.aborted || !(this.state.counting || this.state.seeking)) return;
      stream.reached = reached;
      this.tell({});
    } catch (error) {
      // The search itself says what is wrong; how far it is can do without.
      console.info(`no time of a place: ${(error as Error).message}`);
    } finally {
      this.asksTime.delete(stream);
    }
  }

  private arrive(place: RowPlace, wrapped: FinderState["wrapped"]): RowPlace {
    this.current = place;
    this.streams[place.source]?.add([place]);
    this.tell({ wrapped, seeking: false, problem: "" });
    return place;
  }

  private failed(error: Error & { code?: string }, by: AbortController): void {
    if (error.code === "CANCELLED" || (by !== this.counter && by !== this.seeker)) return;
    this.tell({ problem: error.message });
  }

  private lookInHeld(): void {
    const hits = this.hitsIn(this.text.held());
    for (const [source, stream] of this.streams.entries())
      stream.add(hits.filter((hit) => hit.source === source));
  }

  private hitsIn(rows: readonly Row[]): RowPlace[] {
    const sought = this.sought;
    if (!sought) return [];
    return rows
      .filter((row) => row.kind === "line" && sought.matches(plainText(row.text)))
      .map((row) => placeOf(row));
  }

  /** The next hit in the rows held, which lie side by side: nothing between them is missed. */
  private nearHeld(down: boolean, from: RowPlace): RowPlace | null {
    const rows = this.text.held();
    const step = down ? 1 : -1;
    const begin = rows.findIndex((row) => isAt(row, from));
    if (begin < 0) return null;
    for (let index = begin + step; index >= 0 && index < rows.length; index += step) {
      const row = rows[index] as Row;
      const place = placeOf(row);
      if (row.kind === "line" && !isAt(row, from) && this.streams[place.source]?.has(place.offset))
        return place;
    }
    return null;
  }

  /** How many hits come before a place in the text. */
  private countBefore(place: RowPlace): number {
    return this.streams.reduce((sum, stream, source) => {
      if (source === place.source) return sum + stream.countBefore(place.offset);
      return sum + stream.countUntil(timeAfter(place, source));
    }, 0);
  }

  /** From where on every line of all streams was looked at. */
  private get since(): RowPlace | null {
    let since: RowPlace | null = null;
    for (const [source, { whole, covered }] of this.streams.entries()) {
      if (whole) continue;
      if (!covered) return null;
      const place = { source, ...covered };
      if (!since || comparePlaces(place, since) > 0) since = place;
    }
    return since;
  }

  /** The time that the search of all streams has come back to. */
  private get reached(): number | null {
    const open = this.streams.filter(({ whole }) => !whole);
    const times = (open.length ? open : this.streams).map(({ reached }) => reached);
    return times.reduce((least, at) => (least === null || at === null ? null : Math.max(least, at)));
  }

  private tell(part: Partial<FinderState>): void {
    const hits = this.streams.reduce((sum, { count }) => sum + count, 0);
    const since = this.since;
    this.state = {
      ...this.state,
      ...part,
      hits,
      index: this.current ? this.countBefore(this.current) + 1 : 0,
      whole: this.streams.every(({ whole }) => whole),
      since: since && { at: since.at, hits: hits - this.countBefore(since) },
      reached: this.reached,
    };
    this.changed(this.state);
  }
}
