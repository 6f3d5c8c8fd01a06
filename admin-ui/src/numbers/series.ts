// A number of a stream over time, as the hub counted it, and going on live by what the stream's row says.

import type { SeriesAnswer } from "../wire/types";

/** What is shown of a stream's time: all that is kept, the last so many ms, or from one time to another. */
export type Span =
  | { kind: "all" }
  | { kind: "last"; ms: number }
  | { kind: "part"; from: number; to: number };

export const ALL: Span = { kind: "all" };

export class Series {
  readonly step: number;
  since: number;
  /** Counts; or means of a number that lines tell, null where they tell none. */
  readonly values: (number | null)[];
  /** What the stream had counted in all when the last of the values was as it is. */
  private total: number;

  constructor(answer: SeriesAnswer) {
    this.since = answer.since;
    this.step = answer.step_ms;
    this.values = answer.values.slice();
    this.total = answer.total ?? 0;
  }

  /** The time at which the last step ends. */
  get end(): number {
    return this.since + this.values.length * this.step;
  }

  /** Takes note that the stream has counted `total` by `at`; the last one came at that time. */
  grow(total: number, at: number): void {
    this.reach(at);
    const place = Math.floor((at - this.since) / this.step);
    // Rows come once a second: what is new came shortly before it. Never less: the hub may have counted past a row.
    if (total > this.total && place >= 0) {
      this.values[place] = (this.values[place] ?? 0) + total - this.total;
      this.total = total;
    }
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

  perSecond(place: number): number | null {
    const value = this.values[place] ?? null;
    return value === null ? null : (value * 1000) / this.step;
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
}
