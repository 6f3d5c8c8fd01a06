import { expect, test } from "vitest";
import { lagBetween, lagWords, linesSoFar } from "../src/viewer/lag";

const stream = { end: 1_000_000, lines: 20_000, last_at: 90_000, state: "live" } as const;

test("who has all of it is not behind, whatever the list was told last", () => {
  expect(lagBetween({ end: 1_000_000, lines: 20_000, at: 90_000 }, stream)).toBeNull();
  expect(lagBetween({ end: 1_000_500, lines: 20_010, at: 90_500 }, stream)).toBeNull();
  expect(lagWords(null)).toBeNull();
});

test("a lag is told in lines and in time", () => {
  const lag = lagBetween({ end: 400_000, lines: 8000, at: 78_000 }, stream);
  expect(lag).toEqual({ bytes: 600_000, lines: 12_000, ms: 12_000, over: false });
  expect(lagWords(lag)).toBe("12,000 lines, 12.0 s behind");
});

test("lines that nobody has counted are bytes", () => {
  expect(lagWords(lagBetween({ end: 400_000, lines: null, at: null }, stream))).toMatch(/^586 KiB behind$/);
});

test("of a stream that is over it is said where one is: nobody is late there", () => {
  const over = { ...stream, state: "ended" } as const;
  const lag = lagBetween({ end: 400_000, lines: 8000, at: 78_000 }, over);
  expect(lagWords(lag)).toBe("12,000 lines before the end");
  expect(lagWords(lagBetween({ end: 999_900, lines: 19_999, at: 50_000 }, over))).toBe(
    "1 line before the end",
  );
  expect(lagWords(lagBetween({ end: 400_000, lines: null, at: null }, over))).toBe("586 KiB before the end");
});

test("what will be there in a moment is not worth a word", () => {
  expect(lagWords({ bytes: 1000, lines: 10, ms: 900, over: false })).toBeNull();
  expect(lagWords({ bytes: 1000, lines: 10, ms: 5000, over: false })).toBe("10 lines, 5.0 s behind");
});

test("lines are counted from what came here where the list is older, so that none counts as new that was seen", () => {
  // The list said 15,718 when 30,000 had been shown: 30,000 more are not 44,282.
  expect(linesSoFar(15_718, 30_000)).toBe(30_000);
  expect(linesSoFar(30_000, 12_000)).toBe(30_000);
  expect(linesSoFar(30_000, 30_000, 40)).toBe(30_040);
  expect(linesSoFar(undefined, 7)).toBe(7);
  expect(linesSoFar(9, null)).toBe(9);
  expect(linesSoFar(undefined, null)).toBeNull();
});
