import { describe, expect, it, vi } from "vitest";
import { SeriesFeed } from "../src/numbers/feed";
import type { SeriesAnswer, StreamRow, StreamSeriesParams } from "../src/wire/types";

const row = (more: Partial<StreamRow> = {}): StreamRow => ({
  stream: "a",
  state: "live",
  epoch: 1,
  start: 0,
  end: 0,
  run: 1,
  lines: 6,
  bytes: 60,
  errors: null,
  lines_per_s: 0,
  first_at: 10_000,
  last_at: 12_500,
  status: null,
  meta: {},
  watchers: 0,
  ...more,
});

/** A hub that answers when it is told to. */
class Desk {
  asked: StreamSeriesParams[] = [];
  changes = 0;
  private waiting: [(answer: SeriesAnswer) => void, (error: Error) => void][] = [];
  readonly feed: SeriesFeed;

  constructor(field = "lines") {
    const ask = (params: StreamSeriesParams) => {
      this.asked.push(params);
      return new Promise<SeriesAnswer>((resolve, reject) => this.waiting.push([resolve, reject]));
    };
    this.feed = new SeriesFeed("a", field, 10, ask, () => {
      this.changes += 1;
    });
  }

  async answer(values: number[], which = 0, until = 10_000 + 1000 * values.length): Promise<void> {
    const [[resolve] = [() => undefined]] = this.waiting.splice(which, 1);
    const total = values.reduce((a, b) => a + b, 0);
    resolve({ stream: "a", field: "lines", since: 10_000, step_ms: 1000, until, total, values });
    await vi.waitFor(() => undefined);
  }

  async fail(): Promise<void> {
    const [[, reject] = [undefined, () => undefined]] = this.waiting.splice(0, 1);
    reject(new Error("the disk is full"));
    await vi.waitFor(() => undefined);
  }
}

describe("SeriesFeed", () => {
  it("asks once, and goes on by the rows", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 13_000);
    desk.feed.row(row(), 13_000);
    expect(desk.asked).toEqual([{ stream: "a", field: "lines", points: 10 }]);
    await desk.answer([1, 2, 3]);
    desk.feed.row(row({ lines: 10, last_at: 13_100 }), 13_200);
    expect(desk.feed.series?.values).toEqual([1, 2, 3, 4]);
    expect(desk.asked).toHaveLength(1);
  });

  it("asks anew when it has become long, when the stream ends, and when it is another stream", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 13_000);
    await desk.answer([1, 2, 3]);
    desk.feed.row(row(), 30_000);
    expect(desk.asked).toHaveLength(2);
    await desk.answer([6]);
    desk.feed.row(row({ state: "ended" }), 10_500);
    expect(desk.asked).toHaveLength(3);
    await desk.answer([6]);
    desk.feed.row(row({ state: "ended" }), 10_500);
    expect(desk.asked).toHaveLength(3);
    desk.feed.row(row({ epoch: 2 }), 10_500);
    expect(desk.asked).toHaveLength(4);
  });

  it("shows what was wished for last", async () => {
    const desk = new Desk();
    const first = desk.feed.show({ kind: "last", ms: 600_000 }, 700_000.5);
    const second = desk.feed.show({ kind: "part", from: 1.5, to: 2.5 }, 700_000);
    expect(desk.asked.map(({ from, to }) => [from, to])).toEqual([
      [100_000, undefined],
      [1, 3],
    ]);
    await desk.answer([9], 1);
    await desk.answer([1], 0);
    await Promise.all([first, second]);
    expect(desk.feed.series?.values).toEqual([9]);
    // A part of the past stays as it is.
    desk.feed.row(row({ lines: 99 }), 700_000);
    expect(desk.feed.series?.values).toEqual([9]);
  });

  it("says why there is nothing, and asks again at the next row", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 13_000);
    await desk.fail();
    expect(desk.feed.problem).toBe("the disk is full");
    desk.feed.row(row(), 14_000);
    await desk.answer([6]);
    expect([desk.feed.problem, desk.feed.series?.values]).toEqual(["", [6]]);
  });

  it("asks again for what the rows do not tell, while there is something new, and not too often", async () => {
    const desk = new Desk("loss");
    desk.feed.row(row(), 13_000);
    await desk.answer([1]);
    desk.feed.row(row({ lines: 7 }), 13_500);
    expect(desk.asked).toHaveLength(1);
    desk.feed.row(row({ lines: 8 }), 15_100);
    expect(desk.asked).toHaveLength(2);
    await desk.answer([1]);
    desk.feed.row(row({ lines: 8 }), 19_000);
    expect(desk.asked).toHaveLength(2);
  });

  it("draws the steps that are over: not the one that still fills, nor one whose last row is to come", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 12_499);
    await desk.answer([2, 2, 1], 0, 12_500);
    expect([desk.feed.whole, desk.feed.goesOn]).toEqual([2, true]);
    desk.feed.row(row({ lines: 7, last_at: 13_400 }), 13_500);
    expect([desk.feed.series?.values, desk.feed.whole]).toEqual([[2, 2, 2, 1], 2]);
    desk.feed.row(row({ lines: 8, last_at: 14_050 }), 14_100);
    expect([desk.feed.series?.values.length, desk.feed.whole]).toEqual([5, 3]);
    // A producer that is away may come back: the step goes on all the same.
    desk.feed.row(row({ state: "detached", lines: 8, last_at: 14_050 }), 14_900);
    expect(desk.feed.whole).toBe(3);
    desk.feed.row(row({ state: "detached", lines: 8, last_at: 14_050 }), 16_100);
    expect(desk.feed.whole).toBe(5);
  });

  it("draws all of a stream that ended, and what there is of one that has just begun", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 10_400);
    await desk.answer([3], 0, 10_401);
    expect(desk.feed.whole).toBe(1);
    desk.feed.row(row({ state: "ended" }), 12_600);
    await desk.answer([2, 2, 2], 0, 12_501);
    expect([desk.feed.whole, desk.feed.goesOn]).toEqual([3, false]);
  });

  it("draws of a part that reaches into what is to come only what has been", async () => {
    const desk = new Desk();
    desk.feed.row(row(), 12_499);
    await desk.answer([2, 2, 1], 0, 12_500);
    const shown = desk.feed.show({ kind: "part", from: 10_000, to: 20_000 }, 12_499);
    await desk.answer([2, 2, 1, 0, 0, 0, 0, 0, 0, 0], 0, 20_000);
    await shown;
    expect(desk.feed.whole).toBe(2);
  });

  it("goes by the hub's clock where the page's own is wrong", async () => {
    for (const wrong of [-90_000, 90_000]) {
      const desk = new Desk();
      desk.feed.row(row(), 12_499 + wrong);
      await desk.answer([2, 2, 1], 0, 12_500);
      desk.feed.row(row({ lines: 8, last_at: 14_050 }), 14_100 + wrong);
      expect([desk.feed.series?.values.length, desk.feed.whole]).toEqual([5, 3]);
    }
  });
});
