import { expect, test } from "vitest";
import { parseTarget, printTarget, type Target } from "../src/viewer/target";

/** A Tuesday, 14:05:30 of the reader's day. */
const NOW = new Date(2026, 10, 24, 14, 5, 30).getTime();
const local = (year: number, month: number, day: number, hour: number, minute: number, second = 0) =>
  new Date(year, month, day, hour, minute, second).getTime();
const time = (at: number): Target => ({ kind: "time", at });

const PLACES: [string, Target][] = [
  ["start", { kind: "start" }],
  ["END", { kind: "end" }],
  ["  now ", { kind: "end" }],
  ["line 1234", { kind: "line", line: 1233 }],
  ["line 10,000,000", { kind: "line", line: 9_999_999 }],
  ["1234", { kind: "line", line: 1233 }],
  [":7", { kind: "line", line: 6 }],
  ["#7", { kind: "run", run: 7 }],
  ["run 7", { kind: "run", run: 7 }],
  ["offset 99", { kind: "offset", offset: 99 }],
  ["@0", { kind: "offset", offset: 0 }],
];

test.each(PLACES)("%s is a place", (text, target) => {
  expect(parseTarget(text, NOW)).toEqual(target);
});

const TIMES: [string, number][] = [
  ["5 min ago", NOW - 300_000],
  ["5m ago", NOW - 300_000],
  ["-90s", NOW - 90_000],
  ["an hour ago", NOW - 3_600_000],
  ["1h 30m ago", NOW - 5_400_000],
  ["2 hours and 5 minutes ago", NOW - 7_500_000],
  ["1.5 h ago", NOW - 5_400_000],
  ["12:03", local(2026, 10, 24, 12, 3)],
  ["12:03:04", local(2026, 10, 24, 12, 3, 4)],
  ["23:00", local(2026, 10, 23, 23, 0)],
  ["8am", local(2026, 10, 24, 8, 0)],
  ["12 am", local(2026, 10, 24, 0, 0)],
  ["yesterday 17:30", local(2026, 10, 23, 17, 30)],
  ["yesterday at 5:30pm", local(2026, 10, 23, 17, 30)],
  ["17:30 yesterday", local(2026, 10, 23, 17, 30)],
  ["yesterday", local(2026, 10, 23, 0, 0)],
  ["today 9:15", local(2026, 10, 24, 9, 15)],
  ["monday 8am", local(2026, 10, 23, 8, 0)],
  ["tuesday noon", local(2026, 10, 17, 12, 0)],
  ["2026-11-20 02:03", local(2026, 10, 20, 2, 3)],
  ["2026-11-20", local(2026, 10, 20, 0, 0)],
  ["2026-11-20T02:03:04.5Z", Date.UTC(2026, 10, 20, 2, 3, 4, 500)],
  ["2026-11-20T02:03:04+02:00", Date.UTC(2026, 10, 20, 0, 3, 4)],
  ["1793880000000", 1_793_880_000_000],
];

test.each(TIMES)("%s is a time", (text, at) => {
  expect(parseTarget(text, NOW)).toEqual(time(at));
});

test.each(["", "nonsense", "line", "line 0", "25:00", "5 bananas ago", "ago", "13pm", "2026-13-01", "#"])(
  "%s is nothing",
  (text) => {
    expect(parseTarget(text, NOW)).toBeNull();
  },
);

test("what is printed is read the same at any time", () => {
  for (const target of [...PLACES.map(([, place]) => place), time(NOW)])
    expect(parseTarget(printTarget(target), NOW + 1e9)).toEqual(target);
});

test("an offset may say of which life of the stream it is", () => {
  const target = { kind: "offset", offset: 99, epoch: 7 } as const;
  expect(printTarget(target)).toBe("@7:99");
  expect(parseTarget("@7:99", 0)).toEqual(target);
  expect(parseTarget("byte 7:99", 0)).toEqual(target);
});
