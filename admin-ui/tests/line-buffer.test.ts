import { expect, test } from "vitest";
import { LineBuffer } from "../src/viewer/line-buffer";
import { gapNote, type Row } from "../src/viewer/rows";

const line = (offset: number, text = "x"): Row => ({
  kind: "line",
  offset,
  end: offset + 1,
  text,
  at: 0,
});

test("the window is bounded in rows", () => {
  const buffer = new LineBuffer(3, 10_000);
  expect(buffer.append([line(0), line(1)])).toEqual([]);
  expect(buffer.append([line(2), line(3), line(4)]).length).toBe(2);
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
  expect(buffer.prepend([line(9)])).toEqual([]);
  expect(buffer.prepend([line(7), line(8)]).map((row) => row.offset)).toEqual([10, 11]);
  expect([buffer.firstOffset, buffer.endOffset, buffer.length]).toEqual([7, 10, 3]);
});

test("up to where rows go is told of any of them, not only of the last", () => {
  const buffer = new LineBuffer();
  const numbered = (offset: number, number: number) =>
    ({ ...line(offset), at: 1000 + number, line: number }) as Row;
  buffer.append([numbered(0, 0), numbered(1, 1), gapNote(2, 9, "lag"), numbered(9, 8)]);
  expect(buffer.reach(1)).toEqual({ end: 2, lines: 2, at: 1001 });
  expect(buffer.reach(2)).toEqual({ end: 9, lines: 2, at: 1001 });
  expect(buffer.reach(3)).toEqual({ end: 10, lines: 9, at: 1008 });
  expect([buffer.endOffset, buffer.nextLine]).toEqual([10, 9]);
  expect(buffer.reach(4)).toEqual({ end: null, lines: null, at: null });
});

test("truncation drops what the hub does not have", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), line(5), line(9)]);
  buffer.truncate(5);
  expect(buffer.length).toBe(1);
});

test("a line that is cut in the middle keeps what comes before the cut", () => {
  const buffer = new LineBuffer();
  buffer.append([{ kind: "line", offset: 0, end: 6, text: "äbcd", at: 0 }]);
  buffer.truncate(3);
  expect(buffer.all).toMatchObject([{ text: "äb", end: 3, partial: true }]);
});

test("a note that was told already is not told again, and may come again when it was dropped", () => {
  const buffer = new LineBuffer(2, 10_000);
  const gap = gapNote(5, 10, "lag");
  buffer.append([line(0), gap]);
  expect(buffer.unseen([gap, line(10)])).toEqual([line(10)]);
  buffer.append([line(10), line(12)]);
  expect(buffer.unseen([gap])).toEqual([gap]);
});

test("what was fetched of a gap takes its place", () => {
  const buffer = new LineBuffer();
  const gap = gapNote(1, 3, "lag");
  buffer.append([line(0), gap, line(3)]);
  buffer.replace(gap, 3, [line(1, "b"), line(2, "c")]);
  expect(buffer.all.map((row) => row.text)).toEqual(["x", "b", "c", "x"]);
});

const numbers = (buffer: LineBuffer) => buffer.all.map((row) => (row.kind === "line" ? row.line : row.tone));

test("lines get their numbers from a place on, over bytes whose lines the hub does not count", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), line(1), gapNote(2, 5, "corrupt"), { ...line(5), partial: true } as Row]);
  buffer.number(1, 41);
  expect(numbers(buffer)).toEqual([undefined, 41, "gap", 42]);
});

test("numbers go up to the next bytes that this page lacks, and to lines that have theirs", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), line(1), gapNote(2, 5, "lag"), line(5), { ...line(6), line: 90 } as Row]);
  buffer.number(0, 40);
  expect(numbers(buffer)).toEqual([40, 41, "gap", undefined, 90]);
  buffer.number(5, 89);
  expect(numbers(buffer)).toEqual([40, 41, "gap", 89, 90]);
});

test("a line that had to make room numbers none of those that came after it", () => {
  const buffer = new LineBuffer();
  buffer.append([line(3), line(4)]);
  buffer.number(2, 40);
  expect(numbers(buffer)).toEqual([undefined, undefined]);
});

test("a place is found by the row that holds it", () => {
  const buffer = new LineBuffer();
  buffer.append([line(0), line(10), line(20)]);
  expect([0, 5, 10, 99].map((offset) => buffer.indexAt(offset))).toEqual([0, 0, 1, 2]);
});

test("a gap that cut a line is filled from that line on, and a note before it stays", () => {
  const buffer = new LineBuffer();
  const gap = gapNote(8, 20, "lag");
  const cut: Row = { kind: "line", offset: 5, end: 8, text: "cut", at: 0, partial: true };
  buffer.append([line(0), cut, gap, line(20)]);
  const first = buffer.cutBy(gap);
  expect(first.offset).toBe(5);
  expect(buffer.replace(first, 20, [line(5), line(12)])).toBe(false);
  expect(buffer.all.map((row) => row.offset)).toEqual([0, 5, 12, 20]);
});

test("what is fetched of a gap makes room at the end that is farther away", () => {
  const gap = gapNote(8, 20, "lag");
  const early = new LineBuffer(4, 10_000);
  early.append([gap, line(20), line(21), line(22)]);
  expect(early.replace(gap, 20, [line(8), line(9)])).toBe(true);
  expect(early.all.map((row) => row.offset)).toEqual([8, 9, 20, 21]);
  const late = new LineBuffer(4, 10_000);
  late.append([line(0), line(1), gap, line(20)]);
  expect(late.replace(gap, 20, [line(8), line(9)])).toBe(false);
  expect(late.all.map((row) => row.offset)).toEqual([1, 8, 9, 20]);
});
