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
    series.grow(15, 15_100);
    expect(series.values).toEqual([1, 2, 7, 0, 0, 5]);
    expect(series.end).toBe(16_000);
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

  it("tells rates and the longest pause between two steps with something", () => {
    const series = new Series(answer([0, 0, 0, 4, 0, 1, 0, 0, 2, 0, 0, 0, 0], 7, 0, 2000));
    expect(series.perSecond(3)).toBe(2);
    expect(series.longestPause()).toBe(4000);
  });
});
