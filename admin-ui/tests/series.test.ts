import { describe, expect, it } from "vitest";
import { Series } from "../src/numbers/series";

const answer = (
  values: number[],
  total = values.reduce((a, b) => a + b, 0),
  since = 10_000,
  step_ms = 1000,
) => ({
  stream: "a",
  field: "lines",
  since,
  step_ms,
  until: since + values.length * step_ms,
  total,
  values,
});

describe("Series", () => {
  it("goes on with what the stream counts, in the step of its time", () => {
    const series = new Series(answer([1, 2, 3]));
    series.grow(10, 12_900);
    expect(series.values).toEqual([1, 2, 7]);
    series.grow(11, 15_900);
    expect(series.values).toEqual([1, 2, 7, 0, 0, 1]);
    expect(series.end).toBe(16_000);
  });

  it("puts what a row tells into the second before it, whose part may be of the step before", () => {
    const series = new Series(answer([200, 200], 400, 10_000, 2000));
    // A hundred lines a second, told each second at 0.3 of it.
    for (let second = 0; second < 6; second++) series.grow(430 + 100 * second, 14_300 + 1000 * second);
    expect(series.values).toEqual([200, 200, 200, 200, 130]);
    // A pause, and one line: it came when the last byte did.
    series.grow(931, 30_100);
    expect(series.values.slice(-2)).toEqual([0, 1]);
    // And many after a pause came in the last second of it.
    series.grow(1031, 40_250);
    expect(series.values.slice(-3)).toEqual([0, 75, 25]);
  });

  it("counts nothing twice that the hub had counted already", () => {
    const series = new Series(answer([5], 12));
    series.grow(11, 10_500);
    expect(series.values).toEqual([5]);
    series.grow(13, 10_600);
    expect(series.values).toEqual([6]);
  });

  it("shows time in which nothing comes, and lets go of old steps", () => {
    const series = new Series(answer([1, 2, 3]));
    series.reach(14_000);
    expect(series.values).toEqual([1, 2, 3, 0, 0]);
    series.forget(12_500);
    expect([series.since, series.values]).toEqual([12_000, [3, 0, 0]]);
    series.forget(0);
    expect(series.values).toHaveLength(3);
  });

  it("begins with the first line of a stream that had none", () => {
    const series = new Series(answer([], 0, 0));
    series.grow(4, 70_500);
    expect([series.since, series.values]).toEqual([70_000, [4]]);
  });

  it("tells steps that are over from the one that still fills", () => {
    const series = new Series(answer([10, 10, 10], 30, 10_000, 5000));
    const at = (ends: number) => {
      series.ends = ends;
      return [series.over, series.begun];
    };
    expect([25_000, 24_999, 20_001, 20_000, 9000, 99_000].map(at)).toEqual([
      [3, 3],
      [2, 3],
      [2, 3],
      [2, 2],
      [0, 1],
      [3, 3],
    ]);
  });

  it("tells the rate of a step that is counted in part by that part", () => {
    const series = new Series(answer([80, 100, 40], 220, 10_000, 10_000));
    series.begins = 12_000;
    series.ends = 34_000;
    expect([0, 1, 2].map((place) => series.perSecond(place))).toEqual([10, 10, 10]);
    // A burst in a moment at the end of a minute is no rate of hours.
    const long = new Series(answer([600, 60], 660, 0, 600_000));
    long.ends = 600_100;
    expect([0, 1].map((place) => long.perSecond(place))).toEqual([1, 1]);
    // Nor is less than a second one.
    const short = new Series(answer([40]));
    short.ends = 10_200;
    expect(short.perSecond(0)).toBe(40);
  });

  it("tells rates and the longest pause between two steps with something", () => {
    const series = new Series(answer([0, 0, 0, 4, 0, 1, 0, 0, 2, 0, 0, 0, 0], 7, 0, 2000));
    expect(series.perSecond(3)).toBe(2);
    expect(series.longestPause()).toBe(4000);
  });
});
