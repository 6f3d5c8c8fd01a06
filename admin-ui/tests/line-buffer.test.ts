import { expect, test } from "vitest";
import type { Row } from "../src/viewer/assembler";
import { LineBuffer } from "../src/viewer/line-buffer";
import { isAtEnd, visibleRows } from "../src/viewer/window";

const line = (offset: number, text = "x"): Row => ({ kind: "line", offset, text, at: 0 });

test("the window is bounded in rows", () => {
  const buffer = new LineBuffer(3, 10_000);
  expect(buffer.append([line(0), line(1)])).toBe(0);
  expect(buffer.append([line(2), line(3), line(4)])).toBe(2);
  expect(buffer.length).toBe(3);
  expect(buffer.firstOffset).toBe(2);
});

test("the window is bounded in characters", () => {
  const buffer = new LineBuffer(1000, 1000);
  for (let i = 0; i < 50; i++) buffer.append([line(i, "y".repeat(100))]);
  expect(buffer.length).toBeLessThanOrEqual(6);
});

test("older rows go to the front, and the newest make room", () => {
  const buffer = new LineBuffer(3, 10_000);
  buffer.append([line(10), line(11)]);
  expect(buffer.prepend([line(9)])).toBe(0);
  expect(buffer.prepend([line(7), line(8)])).toBe(2);
  expect([buffer.firstOffset, buffer.lastOffset, buffer.length]).toEqual([7, 9, 3]);
});

test("truncation drops what the hub does not have", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), line(5), line(9)]);
  buffer.truncate(5);
  expect(buffer.length).toBe(1);
});

test("rows in sight and some more are drawn", () => {
  expect(visibleRows(0, 100, 20, 1000)).toEqual({ first: 0, last: 17 });
  expect(visibleRows(2000, 100, 20, 1000)).toEqual({ first: 88, last: 117 });
  expect(visibleRows(19_900, 100, 20, 1000)).toEqual({ first: 983, last: 1000 });
});

test("the end is in sight within half a row", () => {
  expect(isAtEnd(900, 100, 1000, 20)).toBe(true);
  expect(isAtEnd(880, 100, 1000, 20)).toBe(false);
});

test("a gap that is held is known by where it begins", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), { kind: "note", tone: "gap", offset: 5, text: "5 bytes are missing" }]);
  expect([buffer.hasGap(5), buffer.hasGap(0)]).toEqual([true, false]);
});
