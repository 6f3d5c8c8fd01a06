import { expect, test } from "vitest";
import { curve, greatest, nearest, roundUp, timeTicks } from "../src/streams/curve";
import { Throughput } from "../src/streams/throughput";

function filled(seconds: number): Throughput {
  const throughput = new Throughput();
  for (let at = 0; at < seconds; at++) throughput.add(at * 1000, at, at * 100);
  return throughput;
}

test("each second of the last hour is kept, and each ten of a day before", () => {
  const throughput = filled(3600 + 100);
  expect(throughput.length).toBe(3600 + 10);
  expect(throughput.since(0).at.slice(0, 12)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 101]);
  expect(throughput.since(0).lines[0]).toBe(4.5);
  expect(throughput.since(3690).lines).toEqual([3690, 3691, 3692, 3693, 3694, 3695, 3696, 3697, 3698, 3699]);
});

test("a page that is open for a week keeps as much as after a day", () => {
  const throughput = new Throughput();
  for (let at = 0; at < 100_000; at++) throughput.add(at * 1000, 1, 1);
  expect(throughput.length).toBeLessThanOrEqual(3600 + 8640);
});

test("what was not heard is no zero", () => {
  const throughput = new Throughput();
  throughput.add(0, 5, 50);
  throughput.add(60_000, 7, 70);
  expect(throughput.since(0)).toEqual({ at: [0, 1, 60], lines: [5, null, 7], bytes: [50, null, 70] });
  const { line } = curve([0, 1, 60], [5, null, 7], { from: 0, to: 60 }, 10, { width: 60, height: 11 });
  expect(line).toBe("M0.0 6.0M60.0 4.0");
});

test("the clock of the machine may go back", () => {
  const throughput = filled(3);
  throughput.add(1000, 99, 99);
  expect(throughput.since(0).lines).toEqual([0, 1, 2]);
});

test("the table has whole steps, the newest first", () => {
  expect(filled(25).table(10, 2)).toEqual([
    { at: 20, lines: 22, bytes: 2200, most: 24 },
    { at: 10, lines: 14.5, bytes: 1450, most: 19 },
  ]);
});

test("a short burst stays in sight where many points share a column", () => {
  const at = Array.from({ length: 1000 }, (_, index) => index);
  const values = at.map((index) => (index === 555 ? 100 : 1));
  const { line, area } = curve(at, values, { from: 0, to: 1000 }, 100, { width: 50, height: 11 });
  expect(line).toContain(" 1.0");
  expect(line.split("L").length).toBeLessThanOrEqual(51);
  expect(area.endsWith("Z")).toBe(true);
});

test("scales are round, and the pointer finds what is near", () => {
  expect([0, 0.3, 7, 20, 21, 4999].map(roundUp)).toEqual([1, 0.5, 10, 20, 50, 5000]);
  expect([greatest([]), greatest([null, 3, 1])]).toEqual([0, 3]);
  expect([nearest([10, 20, 30], 24, 5), nearest([10, 20], 50, 5), nearest([], 1, 5)]).toEqual([1, -1, -1]);
});

test("who is not told how many bytes come has rates of lines all the same", () => {
  const throughput = new Throughput();
  throughput.add(0, 5, null);
  throughput.add(1000, 7, null);
  expect(throughput.table(10, 5)).toEqual([{ at: 0, lines: 6, bytes: null, most: 7 }]);
});

test("an axis has round times of the reader's day, and not too many", () => {
  const now = Date.UTC(2026, 10, 24, 17, 5, 9) / 1000;
  const ticks = (seconds: number, most: number) => timeTicks({ from: now - seconds, to: now }, most);
  expect(ticks(300, 5).map((at) => at - now)).toEqual([-249, -189, -129, -69, -9]);
  expect(ticks(3600, 5).map((at) => new Date(at * 1000).getMinutes() % 15)).toEqual([0, 0, 0, 0]);
  const hours = ticks(86_400, 5).map((at) => new Date(at * 1000).getHours());
  expect(hours.toSorted((a, b) => a - b)).toEqual([0, 6, 12, 18]);
  for (const seconds of [7, 60, 299, 5000, 86_400, 1e7])
    expect(ticks(seconds, 5).length).toBeLessThanOrEqual(6);
});
