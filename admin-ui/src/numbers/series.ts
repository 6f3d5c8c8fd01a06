// A number of a stream over time, as the hub counted it, and going on live by what the stream's row says.

import type { SeriesAnswer } from "../wire/types";

/** What is shown of a stream's time: all that is kept, the last so many ms, or from one time to another. */
export type Span =
  | { kind: "all" }
  | { kind: "last"; ms: number }
  | { kind: "part"; from: number; to: number };

export const ALL: Span = { kind: "all" };

/** A stream's row is told so often: what is new in one came since the one before. */
export const ROW_MS = 1000;
/** No rate is told of less time than this, nor of less than this part of a step: a burst in it would be all one sees. */
const LEAST_MS = 1000;
const LEAST_PART = 0.1;

export class Series {
  readonly step: number;
  since: number;
  /** Counts; or means of a number that lines tell, null where they tell none. */
  readonly values: (number | null)[];
  /** The time that is counted: the stream's first byte, and how far it is known. */
  begins = Number.NEGATIVE_INFINITY;
  ends: number;
  /** What the stream had counted in all when the last of the values was as it is, and when that was. */
  private total: number;
  private countedAt: number;

  constructor(answer: SeriesAnswer) {
    this.since = answer.since;
    this.step = answer.step_ms;
    this.values = answer.values.slice();
    this.total = answer.total ?? 0;
    this.countedAt = this.ends = answer.until;
  }

  /** The time at which the last step ends. */
  get end(): number {
    return this.since + this.values.length * this.step;
  }

  /** How many of the steps are over as far as is known; the next one still fills, and would look like a fall. */
  get over(): number {
    return this.within(Math.floor((this.ends - this.since) / this.step));
  }

  /** How many of the steps have begun, one at least. */
  get begun(): number {
    return this.within(Math.max(1, Math.ceil((this.ends - this.since) / this.step)));
  }

  /** Takes note that the stream has counted `total` by `at`; the last one came at that time. */
  grow(total: number, at: number): void {
    this.reach(at);
    const news = total - this.total;
    // Never less: the hub may have counted past a row.
    if (news <= 0) return;
    this.spread(news, Math.min(at, Math.max(this.countedAt, at - ROW_MS)), at);
    this.total = total;
    this.countedAt = at;
  }

  /** Steps in which nothing came are seen as such. */
  reach(now: number): void {
    if (this.values.length === 0) this.since = now - (now % this.step);
    while (this.end <= now) this.values.push(0);
  }

  /** Lets go of the steps that ended before `time`. */
  forget(time: number): void {
    const old = Math.floor((time - this.since) / this.step);
    if (old <= 0) return;
    this.values.splice(0, old);
    this.since += old * this.step;
  }

  startOf(place: number): number {
    return this.since + place * this.step;
  }

  /** The rate in a step: of a step of which only a part is counted, the rate in that part. */
  perSecond(place: number): number | null {
    const value = this.values[place] ?? null;
    return value === null ? null : (value * 1000) / this.counted(place);
  }

  /** The longest time without anything between two steps with something, ms: what this stream is used to. */
  longestPause(): number {
    let longest = 0;
    let pause = 0;
    let began = false;
    for (const value of this.values) {
      if (value) {
        if (began) longest = Math.max(longest, pause);
        began = true;
        pause = 0;
      } else pause += 1;
    }
    return longest * this.step;
  }

  /** How much of a step's time is counted, ms. */
  private counted(place: number): number {
    const from = Math.max(this.startOf(place), this.begins);
    const to = Math.min(this.startOf(place + 1), this.ends);
    if (to <= from) return this.step;
    return Math.min(this.step, Math.max(to - from, LEAST_MS, this.step * LEAST_PART));
  }

  /** Puts what came between two times into their steps; what cannot be halved came at the end. */
  private spread(news: number, from: number, to: number): void {
    const placeOf = (at: number) => Math.floor((at - this.since) / this.step);
    const last = placeOf(to);
    let left = news;
    for (let place = Math.max(0, placeOf(from)); place < last; place++) {
      const within = this.startOf(place + 1) - Math.max(this.startOf(place), from);
      const share = Math.floor((news * within) / (to - from));
      this.add(place, share);
      left -= share;
    }
    if (last >= 0) this.add(last, left);
  }

  private add(place: number, count: number): void {
    this.values[place] = (this.values[place] ?? 0) + count;
  }

  private within(steps: number): number {
    return Math.min(Math.max(steps, 0), this.values.length);
  }
}
