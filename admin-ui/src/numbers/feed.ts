// Keeps one series of a stream as new as the page's rows are, and asks the hub again where that does not do.

import type { SeriesAnswer, StreamRow, StreamSeriesParams, StreamState } from "../wire/types";
import { ALL, ROW_MS, Series, type Span } from "./series";

export type Ask = (params: StreamSeriesParams) => Promise<SeriesAnswer>;
/** `lines`, `bytes`, `level.<name>`, or a number that lines tell by its name. */
export type Field = string;

/** Whether the values of a field are counts, to be told a second. */
export function isCount(field: Field): boolean {
  return field === "lines" || field === "bytes" || field.startsWith("level.");
}

/** A series that goes on may become so much longer than it was asked for, before it is asked anew in longer steps. */
const GROWTH = 1.25;
/** A field that the rows do not tell is asked for again, while there is something new, so often. */
const ASK_MS = 2000;

export class SeriesFeed {
  series: Series | null = null;
  span: Span = ALL;
  /** Why there is no series, in the hub's words. */
  problem = "";
  private ticket = 0;
  private loading = false;
  private stale = false;
  private state: StreamState | "" = "";
  private epoch = 0;
  private lines = 0;
  private askedAt = 0;
  /** How far the hub's clock is ahead of the page's, ms, as an answer showed. */
  private ahead = 0;

  constructor(
    private readonly stream: string,
    readonly field: Field,
    private readonly points: number,
    private readonly ask: Ask,
    private readonly changed: () => void,
  ) {}

  /**
   * How many steps are to be drawn: those that are over, since the one under way would look like a fall. All that have
   * begun where the stream has ended, or began so lately that none is over.
   */
  get whole(): number {
    if (!this.series) return 0;
    const { over, begun } = this.series;
    return this.state === "ended" || over === 0 ? begun : over;
  }

  /** Whether the last step still fills. */
  get goesOn(): boolean {
    return this.state !== "ended" && this.span.kind !== "part";
  }

  /** Shows another part of time. */
  show(span: Span, now: number): Promise<void> {
    this.span = span;
    return this.load(now);
  }

  /** Asks the hub; where something else was wished for meanwhile, that is what comes. */
  async load(now: number): Promise<void> {
    const ticket = ++this.ticket;
    this.loading = true;
    this.stale = false;
    this.askedAt = now;
    try {
      const answer = await this.ask({
        stream: this.stream,
        field: this.field,
        points: this.points,
        ...bounds(this.span, now),
      });
      if (ticket !== this.ticket) return;
      this.take(new Series(answer), now);
      this.problem = "";
    } catch (error) {
      if (ticket !== this.ticket) return;
      this.problem = (error as Error).message;
      // What was there stays to be seen; the next row asks again.
      this.stale = true;
    }
    this.loading = false;
    this.changed();
  }

  /** Takes the stream's row as it is now. */
  row(row: StreamRow, now: number): void {
    if (this.loading) return;
    const other = row.epoch !== this.epoch && this.epoch !== 0;
    // An end may have come with lines that no row told of.
    const ended = row.state === "ended" && this.state !== "ended" && this.state !== "";
    this.epoch = row.epoch;
    this.state = row.state;
    const series = this.series;
    if (!series || other || ended || this.stale) {
      void this.load(now);
      return;
    }
    series.begins = row.first_at ?? series.begins;
    if (this.span.kind === "part") return;
    if (this.field !== "lines" && this.field !== "bytes") {
      const news = row.lines !== this.lines;
      if (news && now - this.askedAt >= ASK_MS) {
        this.lines = row.lines;
        void this.load(now);
      }
      return;
    }
    const hubNow = Math.max(now + this.ahead, row.last_at ?? 0);
    series.grow(this.field === "lines" ? row.lines : row.bytes, row.last_at ?? hubNow);
    if (row.state === "live") series.reach(hubNow);
    // A step that has just ended lacks what the next row will tell of it.
    if (row.state !== "ended") series.ends = Math.max(series.ends, hubNow - ROW_MS);
    if (this.span.kind === "last") series.forget(hubNow - this.span.ms);
    if (series.values.length > this.points * GROWTH) void this.load(now);
    this.changed();
  }

  private take(series: Series, now: number): void {
    // A part may go on into what is to come; else the hub tells up to its own time, or to where the stream ended.
    if (this.span.kind === "part") series.ends = Math.min(series.ends, now + this.ahead);
    else if (this.state === "live" || this.state === "detached") this.ahead = series.ends - now;
    this.series = series;
  }
}

function bounds(span: Span, now: number): { from?: number; to?: number } {
  if (span.kind === "part") return { from: Math.floor(span.from), to: Math.ceil(span.to) };
  return span.kind === "last" ? { from: Math.floor(now - span.ms) } : {};
}
