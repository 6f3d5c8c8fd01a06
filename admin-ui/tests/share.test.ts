import { expect, test } from "vitest";
import { type AskLines, fileName, filteredOf, lineEnd } from "../src/share/download";
import { extended, parseMarked, printMarked } from "../src/share/marked-lines";
import { lineWords } from "../src/share/marked-words";
import type { TextLine } from "../src/viewer/rows";
import type { LineRow } from "../src/wire/types";

const row = (offset: number, text: string, more: Partial<LineRow> = {}): LineRow => ({
  line: 0,
  offset,
  at: 0,
  text,
  bytes: text.length,
  ...more,
});

/** A stream of lines of ten bytes; a page has three. */
function linesOf(texts: string[], asked: unknown[] = []): AskLines {
  return async (params) => {
    asked.push(params);
    const from = params.from as number;
    const first = Math.floor(from / 10);
    const lines = texts
      .slice(first, first + Math.min(3, params.count ?? 3))
      .map((text, index) => row((first + index) * 10, text));
    return { lines, gaps: [], next: [7, (first + lines.length) * 10] };
  };
}

const never = new AbortController().signal;

test("marked lines go through an address, with the life of the stream that they are of", () => {
  expect(parseMarked("@3")).toEqual({ from: 3, to: 3, epoch: null });
  expect(parseMarked("@3-@9")).toEqual({ from: 3, to: 9, epoch: null });
  expect(parseMarked("@7:3-@9")).toEqual({ from: 3, to: 9, epoch: 7 });
  expect(["line 3", "byte 7:3", undefined].map(parseMarked)).toEqual([null, null, null]);
  for (const at of ["@3", "@3-@9", "@7:3", "@7:3-@9"])
    expect(printMarked(parseMarked(at) ?? { from: 0, to: 0, epoch: 0 })).toBe(at);
});

test("a range reaches from what was marked first to either side", () => {
  const epoch = 7;
  expect(extended(null, 5, epoch)).toEqual({ from: 5, to: 5, epoch });
  expect(extended({ from: 5, to: 5, epoch }, 9, epoch)).toEqual({ from: 5, to: 9, epoch });
  expect(extended({ from: 5, to: 9, epoch }, 2, epoch)).toEqual({ from: 2, to: 5, epoch });
});

test("all that is kept is gone through, and what is accepted makes the file", async () => {
  const asked: { epoch?: number | null }[] = [];
  const told: [number, number][] = [];
  const texts = ["\x1b[31mERROR\x1b[0m a", "b", "c", "ERROR d", "e", "ERROR after the end"];
  const { text, lines, cut } = await filteredOf(
    linesOf(texts, asked),
    "ci/a",
    { start: 0, end: 50 },
    (plain) => plain.startsWith("ERROR"),
    (done, of) => told.push([done, of]),
    never,
  );
  expect(await text.text()).toBe("\x1b[31mERROR\x1b[0m a\nERROR d\n");
  expect([lines, cut]).toEqual([2, 0]);
  expect(told).toEqual([
    [30, 50],
    [50, 50],
  ]);
  expect(asked.map(({ epoch }) => epoch)).toEqual([null, 7]);
});

test("a stream that was cut meanwhile gives no file", async () => {
  const cut: AskLines = async () => ({ lines: [], gaps: [], next: [8, 0], truncate: 0 });
  const asking = filteredOf(
    cut,
    "ci/a",
    { start: 0, end: 50 },
    () => true,
    () => {},
    never,
  );
  await expect(asking).rejects.toThrow("cut meanwhile");
});

test("a line ends behind its LF, an unfinished one where it is; what is gone is said", async () => {
  expect(await lineEnd(async () => ({ lines: [row(10, "four")], gaps: [], next: [1, 0] }), "a", 10)).toBe(15);
  const partial: AskLines = async () => ({
    lines: [row(10, "four", { partial: true })],
    gaps: [],
    next: [1, 0],
  });
  expect(await lineEnd(partial, "a", 10)).toBe(14);
  const gone: AskLines = async () => ({ lines: [row(100, "x")], gaps: [], next: [1, 0] });
  await expect(lineEnd(gone, "a", 10)).rejects.toThrow("not kept");
});

test("a stream's name makes a file's name", () => {
  expect(fileName("ci/build/7")).toBe("ci-build-7.log");
  expect(fileName("ci/a", "filtered")).toBe("ci-a.filtered.log");
});

test("lines that are marked are named by all digits of their numbers", () => {
  const held = [0, 1, 2].map((n): TextLine => {
    return { kind: "line", offset: 10 * n, end: 10 * n + 10, text: "", at: 0, line: 1_234_567 + n };
  });
  expect(lineWords({ from: 0, to: 20, epoch: 7 }, held)).toBe("Lines 1,234,568 to 1,234,570");
  expect(lineWords({ from: 10, to: 10, epoch: 7 }, held)).toBe("Line 1,234,569");
  expect(lineWords({ from: 10, to: 50, epoch: 7 }, held)).toBe("Some lines");
});
