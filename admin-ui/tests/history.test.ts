import { expect, test } from "vitest";
import { type Ask, findPlace, History, NoSuchPlace } from "../src/viewer/history";
import { gapNote } from "../src/viewer/rows";
import { Runs } from "../src/viewer/runs";
import type { LinesAnswer } from "../src/wire/types";

const line = (offset: number, text: string, cut = false) => ({
  line: 0,
  offset,
  at: 5,
  text,
  bytes: 99,
  cut,
});
const answer = (next: number, ...lines: ReturnType<typeof line>[]): LinesAnswer => ({
  lines,
  gaps: [],
  next: [7, next],
});

/** A hub that gives these answers in turn; `asked` holds what it was asked. */
function hub(...answers: LinesAnswer[]): { ask: Ask; asked: [unknown, boolean][] } {
  const asked: [unknown, boolean][] = [];
  const ask: Ask = async (from, before) => {
    asked.push([from, before]);
    const next = answers.shift();
    if (!next) throw new Error("asked too often");
    return next;
  };
  return { ask, asked };
}

test("what an answer had no room for is asked for, so that nothing is missing before the first line held", async () => {
  const { ask, asked } = hub(
    answer(20, line(0, "a"), line(10, "b")),
    answer(40, line(20, "c"), line(30, "held")),
  );
  expect((await new History(ask, new Runs()).before(30)).rows.map((row) => row.text)).toEqual([
    "a",
    "b",
    "c",
  ]);
  expect(asked).toEqual([
    [30, true],
    [20, false],
  ]);
});

test("a gap is a row between the lines", async () => {
  const gap = { gap: [10, 1010] as [number, number], reason: "store_loss" };
  const { ask } = hub({ ...answer(1020, line(0, "a"), line(1010, "b")), gaps: [gap] });
  expect((await new History(ask, new Runs()).before(1020)).rows.map((row) => row.text)).toEqual([
    "a",
    "1,000 bytes are missing here: the hub's store lost them",
    "b",
  ]);
});

test("an unfinished line before a gap is found though no line ends there", async () => {
  const gap = { gap: [1, 11] as [number, number], reason: "producer_skip" };
  const { ask } = hub(answer(0), { ...answer(20, line(0, "b"), line(11, "held")), gaps: [gap] });
  expect((await new History(ask, new Runs()).before(11)).rows.map((row) => row.text)).toEqual([
    "b",
    "10 bytes are missing here: the producer gave them up",
  ]);
});

test("where nothing older is kept, that is said", async () => {
  const { ask } = hub(answer(5000));
  expect(await new History(ask, new Runs()).before(5000)).toMatchObject({
    rows: [{ kind: "note", tone: "gap", offset: 0, text: "5,000 bytes before this are not kept any more" }],
  });
});

test("a line that the hub cut says its size", async () => {
  const { ask } = hub(answer(30, line(10, "held"), line(20, "long", true)));
  expect((await new History(ask, new Runs()).after(10)).rows.map((row) => row.text)).toEqual([
    "held",
    "long … (99 bytes)",
  ]);
});

test("lines of a stream that was cut meanwhile are not mixed with what is held", async () => {
  const above = { ...answer(20, line(0, "old"), line(10, "old")), truncate: 60 };
  const cut = { ...answer(25, line(20, "new")), truncate: 60 };
  // What comes before the cut says nothing of where it is.
  const { ask, asked } = hub(above, cut);
  expect(await new History(ask, new Runs()).before(60)).toMatchObject({ rows: [], truncated: 20, epoch: 7 });
  expect(asked.at(-1)).toEqual([60, false]);
  expect(await new History(hub(cut).ask, new Runs()).after(60)).toMatchObject({ rows: [], truncated: 20 });
});

const offsetTarget = (offset: number, epoch: number | null = null) =>
  ({ kind: "offset", offset, epoch }) as const;

test("an offset past the end is no cut of what is held: it is said where the stream ends", async () => {
  const above = { ...answer(5000, line(0, "a"), line(4990, "z")), truncate: 99_999_999 };
  const going = () => {
    const { ask } = hub(above, { ...answer(5000), truncate: 99_999_999 });
    return findPlace(new History(ask, new Runs()), new Runs(), offsetTarget(99_999_999));
  };
  await expect(going()).rejects.toThrow(NoSuchPlace);
  await expect(going()).rejects.toThrow("there is no offset 99,999,999: the stream ends at 5,000");
});

test("a place of a stream that was made anew since is said to be gone", async () => {
  const asked: unknown[] = [];
  const ask: Ask = async (from, _before, _count, epoch) => {
    asked.push([from, epoch]);
    return { ...answer(0), truncate: 300 };
  };
  const going = findPlace(new History(ask, new Runs()), new Runs(), offsetTarget(300, 3));
  await expect(going).rejects.toThrow("what was there is gone: the stream was cut or made anew since");
  expect(asked[0]).toEqual([300, 3]);
});

test("a line that did not come yet is said, with how many there are", async () => {
  const last = { ...line(90, "last"), line: 9 };
  const going = (number: number, ...answers: LinesAnswer[]) =>
    findPlace(new History(hub(...answers).ask, new Runs()), new Runs(), { kind: "line", line: number });
  const there = "there is no line 100,000 yet: 10 lines so far";
  await expect(going(99_999, answer(190), answer(190, last))).rejects.toThrow(there);
  await expect(going(10, answer(190, last))).rejects.toThrow("there is no line 11 yet: 10 lines so far");
  expect(await going(9, answer(190, last))).toMatchObject({ offset: 90, piece: { atEnd: true } });
  const unfinished = { ...last, partial: true };
  expect(await going(9, answer(189, unfinished))).toMatchObject({
    offset: 90,
    piece: { rows: [], next: 90 },
  });
});

const lag = gapNote(13, 45, "lag", 7);

test("a gap is filled with whole lines, from the one that it cut to the one that it ended in", async () => {
  const last = { ...line(40, "ends in it"), bytes: 9 };
  const { ask, asked } = hub(answer(61, line(10, "a"), last, line(50, "held")));
  const piece = await new History(ask, new Runs()).missing(lag, 10);
  expect(asked).toEqual([[10, false]]);
  expect(piece.rows.map((row) => row.text)).toEqual(["a", "ends in it"]);
  expect(piece.next).toBe(50);
});

test("of a large gap some is fetched, and the rest is still said to be missing", async () => {
  const pages = Array.from({ length: 8 }, (_, page) => ({
    ...answer(1000 * (page + 1), line(1000 * page, `page ${page}`)),
    truncated: true,
  }));
  const piece = await new History(hub(...pages).ask, new Runs()).missing(gapNote(0, 50_000, "lag", 7), 0);
  expect(piece.rows.length).toBe(9);
  expect(piece.rows.at(-1)).toMatchObject({ offset: 8000, to: 50_000, fetchable: true, at: 7 });
  expect(piece.next).toBe(50_000);
});

test("a gap that the hub has nothing of stays", async () => {
  const { ask } = hub(answer(13));
  await expect(new History(ask, new Runs()).missing(lag, 13)).rejects.toThrow("nothing of this");
});

test("a line whose beginning is not there says so", async () => {
  const { ask } = hub(answer(30, { ...line(25, "end of it"), rest: true } as ReturnType<typeof line>));
  expect((await new History(ask, new Runs()).after(25)).rows[0]?.text).toBe("… end of it");
});
