// Keeps one series of a stream as new as the page's rows are, and asks the hub again where that does not do.

import type { SeriesAnswer, StreamRow, StreamSeriesParams, StreamState } from "../wire/types";
import { ALL, Series, type Span } from "./series";

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

  constructor(
    private readonly stream: string,
    readonly field: Field,
    private readonly points: number,
    private readonly ask: Ask,
    private readonly changed: () => void,
  ) {}

  /** How many of the steps are over: the last one of a live stream still fills, and would look like a fall. */
  get whole(): number {
    const steps = this.series?.values.length ?? 0;
    return this.state === "live" && this.span.kind !== "part" && steps > 2 ? steps - 1 : steps;
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
      this.series = new Series(answer);
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
    if (this.span.kind === "part") return;
    if (this.field !== "lines" && this.field !== "bytes") {
      const news = row.lines !== this.lines;
      if (news && now - this.askedAt >= ASK_MS) {
        this.lines = row.lines;
        void this.load(now);
      }
      return;
    }
    series.grow(this.field === "lines" ? row.lines : row.bytes, row.last_at ?? now);
    if (row.state === "live") series.reach(Math.max(now, row.last_at ?? 0));
    if (this.span.kind === "last") series.forget(now - this.span.ms);
    if (series.values.length > this.points * GROWTH) void this.load(now);
    this.changed();
  }
}

function bounds(span: Span, now: number): { from?: number; to?: number } {
  if (span.kind === "part") return { from: Math.floor(span.from), to: Math.ceil(span.to) };
  return span.kind === "last" ? { from: Math.floor(now - span.ms) } : {};
}
