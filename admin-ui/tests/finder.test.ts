import { expect, test } from "vitest";
import { errorTitle, errorWords } from "../src/find/error-words";
import { Finder, type FinderState, type Search } from "../src/find/finder";
import { Matcher } from "../src/find/query";
import { gapNote, type Row, type TextLine } from "../src/viewer/rows";
import { CallError } from "../src/wire/rpc";
import type { HitRow, StreamSearchParams } from "../src/wire/types";

const line = (offset: number, text: string): TextLine => ({
  kind: "line",
  offset,
  end: offset + 10,
  text,
  at: offset,
});

/** A stream of lines of ten bytes, searched as the hub does it. */
class Hub {
  readonly asked: StreamSearchParams[] = [];
  constructor(readonly lines: string[]) {}

  search: Search = async (params) => {
    this.asked.push(params);
    const matcher = new Matcher({
      text: params.query,
      regex: params.regex ?? true,
      exact: params.case ?? true,
    });
    const from = params.after ? Number(params.after.split(" ")[0]) : params.newest ? Infinity : 0;
    const all = this.lines
      .map((text, index) => ({ text, offset: index * 10 }))
      .filter(({ text }) => matcher.matches(text))
      .filter(({ offset }) => (params.newest ? offset + 10 <= from : offset >= from));
    if (params.newest) all.reverse();
    const hits = all.slice(0, params.limit).map(({ offset, text }) => hit(offset, text));
    const first = all[hits.length];
    const next = first ? `${params.newest ? first.offset + 10 : first.offset} ci/a` : null;
    return { hits, next, scanned_bytes: 0 };
  };
}

const hit = (offset: number, text: string): HitRow => ({
  stream: "ci/a",
  epoch: 1,
  offset,
  line: offset / 10,
  at: 1000 + offset,
  text,
  bytes: 9,
});

function finderOf(search: Search, held: Row[], end = () => 1000) {
  const states: FinderState[] = [];
  const finder = new Finder(
    ["ci/a"],
    search,
    { held: () => held, end, timeAt: async (_, offset) => 5000 + offset },
    (state) => states.push(state),
  );
  const step = async (down: boolean, from: number | "end") => {
    const place = from === "end" ? from : { source: 0, offset: from, at: from };
    return (await finder.step(down, place))?.offset ?? null;
  };
  return { finder, step, states, now: () => states.at(-1) as FinderState };
}

const needle = new Matcher({ text: "needle", regex: false, exact: false });
const text = (hits: number[], count: number) =>
  Array.from({ length: count }, (_, index) => (hits.includes(index) ? "a needle" : "hay"));
const rows = (lines: string[], from: number) =>
  lines.slice(from).map((each, index) => line((from + index) * 10, each));

test("hits of the rows held are known at once, and nobody is asked", () => {
  const hub = new Hub(text([1, 7, 8], 10));
  const { finder, now } = finderOf(hub.search, rows(hub.lines, 5));
  finder.look(needle);
  expect(finder.offsets()).toEqual([70, 80]);
  expect(now()).toMatchObject({ hits: 2, whole: false, index: 0 });
  expect(hub.asked).toEqual([]);
});

test("counting goes back through all that is kept", async () => {
  const hub = new Hub(
    text(
      [...Array(2500).keys()].map((index) => index * 2),
      5000,
    ),
  );
  const { finder, now } = finderOf(hub.search, []);
  finder.look(needle);
  await finder.count();
  expect(now()).toMatchObject({ hits: 2500, whole: true, counting: false, reached: 1000 });
  expect(finder.offsets()).toEqual([...Array(2500).keys()].map((index) => index * 20));
  expect(hub.asked.map(({ newest, pattern }) => [newest, pattern])).toEqual(Array(3).fill([true, "ci/a"]));
  await finder.count();
  expect(hub.asked.length).toBe(3);
});

test("counting stops at a bound, and goes on from there when it is asked again", async () => {
  const hub = new Hub(text([...Array(12_000).keys()], 12_000));
  const { finder, now } = finderOf(hub.search, []);
  finder.look(needle);
  await finder.count();
  expect(now()).toMatchObject({ hits: 10_000, whole: false, counting: false });
  await finder.count();
  expect(now()).toMatchObject({ hits: 12_000, whole: true });
});

test("a step within the rows held asks nobody; beyond them the hub tells the one next hit", async () => {
  const hub = new Hub(text([1, 3, 7, 8], 10));
  const { finder, step, now } = finderOf(hub.search, rows(hub.lines, 5));
  finder.look(needle);
  expect(await step(true, 70)).toBe(80);
  expect(await step(false, 80)).toBe(70);
  expect(hub.asked).toEqual([]);
  expect(await step(false, 70)).toBe(30);
  expect(await step(false, 30)).toBe(10);
  expect(await step(true, 10)).toBe(30);
  expect(now()).toMatchObject({ wrapped: "", seeking: false, index: 2 });
});

test("beyond an end it goes on at the other one, and says so", async () => {
  const hub = new Hub(text([2, 5], 10));
  const { finder, step, now } = finderOf(hub.search, []);
  finder.look(needle);
  expect(await step(true, 50)).toBe(20);
  expect(now().wrapped).toBe("end");
  expect(await step(false, 20)).toBe(50);
  expect(now().wrapped).toBe("start");
  expect(await step(false, "end")).toBe(50);
  expect(await finder.first()).toMatchObject({ offset: 20 });
});

test("nothing anywhere is no place", async () => {
  const { finder, step, now } = finderOf(new Hub(text([], 10)).search, []);
  finder.look(needle);
  expect(await step(true, 0)).toBeNull();
  expect(now()).toMatchObject({ hits: 0, seeking: false, problem: "" });
});

test("lines that come live are counted, and those that are no hit tell nobody", () => {
  const { finder, states } = finderOf(new Hub([]).search, []);
  finder.look(needle);
  finder.fresh([line(90, "hay")]);
  const told = states.length;
  finder.fresh([line(100, "hay")]);
  expect(states.length).toBe(told);
  finder.fresh([line(110, "a \x1b[31mneed\x1b[0mle"), line(120, "NEEDLE")]);
  expect(finder.offsets()).toEqual([110, 120]);
});

test("another query gives up the search under way, and what that still says is not taken", async () => {
  const signals: AbortSignal[] = [];
  let answer = () => {};
  const search: Search = (_, { signal, progress }) => {
    if (signal) signals.push(signal);
    progress?.({ bytes: 200 });
    return new Promise((resolve, reject) => {
      signal?.addEventListener("abort", () => reject(new CallError("CANCELLED", "cancelled", null)));
      answer = () => resolve({ hits: [hit(10, "needle")], next: null, scanned_bytes: 0 });
    });
  };
  const { finder, now } = finderOf(search, []);
  finder.look(needle);
  const counting = finder.count();
  await Promise.resolve();
  await Promise.resolve();
  expect(now()).toMatchObject({ counting: true, reached: 5800 });
  finder.look(new Matcher({ text: "other", regex: false, exact: false }));
  expect(signals[0]?.aborted).toBe(true);
  answer();
  await counting;
  expect(now()).toMatchObject({ hits: 0, counting: false, problem: "" });
});

test("what the hub refuses is said", async () => {
  const { finder, now } = finderOf(
    () => Promise.reject(new CallError("LIMIT", "too many searches", null)),
    [],
  );
  finder.look(needle);
  await finder.count();
  expect(now()).toMatchObject({ counting: false, problem: "too many searches", whole: false });
});

test("what was looked at without a hole has a beginning, and the hits since then are told apart", async () => {
  const hub = new Hub(text([1, 4, 7, 8], 10));
  const { finder, step, now } = finderOf(hub.search, rows(hub.lines, 8));
  finder.look(needle);
  expect(now().since).toBeNull();
  finder.fresh(rows(hub.lines, 6));
  expect(now().since).toEqual({ at: 60, hits: 2 });
  // A step finds one from before: no more were looked at for that.
  expect(await step(false, 70)).toBe(40);
  expect(now()).toMatchObject({ hits: 3, since: { at: 60, hits: 2 } });
  finder.fresh([line(100, "hay"), line(110, "a needle")]);
  expect(now()).toMatchObject({ hits: 4, since: { at: 60, hits: 3 } });
});

test("lines that the page was not told of are a hole: what was whole is not, and counting begins anew", async () => {
  const hub = new Hub(text([1, 7], 10));
  const { finder, now } = finderOf(hub.search, [], () => hub.lines.length * 10);
  finder.look(needle);
  finder.fresh(rows(hub.lines, 5));
  await finder.count();
  expect(now()).toMatchObject({ hits: 2, whole: true });
  hub.lines.push(...text([0, 2], 4));
  finder.fresh(rows(hub.lines, 12).slice(0, 1));
  expect(now()).toMatchObject({ hits: 3, whole: false, since: { at: 120, hits: 1 } });
  await finder.count();
  expect(now()).toMatchObject({ hits: 4, whole: true });
});

test("bytes that a gap tells of are no hole", async () => {
  const { finder, now } = finderOf(new Hub([]).search, []);
  finder.look(needle);
  await finder.count();
  finder.fresh([line(1000, "a needle"), gapNote(1010, 5000, "retention")]);
  finder.fresh([line(5000, "hay")]);
  expect(now()).toMatchObject({ hits: 1, whole: true });
});

test("counting that stops at its bound says how far back it came", async () => {
  const hub = new Hub(text([...Array(12_000).keys()], 12_000));
  const { finder, now } = finderOf(hub.search, []);
  finder.look(needle);
  await finder.count();
  expect(now().since).toEqual({ at: 1000 + 20_000, hits: 10_000 });
});

test("a stream that was cut is looked through anew", async () => {
  const hub = new Hub(text([1, 7], 10));
  const { finder, now } = finderOf(hub.search, []);
  finder.look(needle);
  await finder.count();
  hub.lines.splice(0, 10, "hay", "hay", "a needle");
  finder.restart();
  expect(now()).toMatchObject({ hits: 0, whole: false, since: null });
  await finder.count();
  expect(finder.offsets()).toEqual([20]);
});

test("errors are counted in words that are true of all of the stream, however much of it was looked at", () => {
  const at = new Date(2026, 10, 24, 14, 3, 5).getTime();
  const soon = at + 3_600_000;
  expect(errorWords({ hits: 0, whole: false, since: null }, false, soon)).toBe("Errors");
  expect(errorWords({ hits: 1, whole: false, since: null }, false, soon)).toBe("1+ errors");
  expect(errorWords({ hits: 0, whole: true, since: null }, false, soon)).toBe("0 errors");
  expect(errorWords({ hits: 1, whole: true, since: null }, false, soon)).toBe("1 error");
  expect(errorWords({ hits: 9, whole: false, since: { at, hits: 1 } }, false, soon)).toBe(
    "1 error since 14:03:05",
  );
  expect(errorWords({ hits: 9, whole: false, since: { at, hits: 0 } }, false, at + 2 * 86_400_000)).toBe(
    "0 errors since 24 Nov 14:03:05",
  );
});

test("while the page is apart from the end, errors that come there are not counted", () => {
  const since = { at: new Date(2026, 10, 24, 14, 3, 5).getTime(), hits: 2 };
  expect(errorWords({ hits: 1, whole: true, since: null }, true, since.at)).toBe("1+ errors");
  expect(errorWords({ hits: 3, whole: false, since }, true, since.at)).toBe("2+ errors since 14:03:05");
});

test("at length it is said what was counted", () => {
  const since = { at: new Date(2026, 10, 24, 14, 3, 5).getTime(), hits: 2 };
  expect(errorTitle({ hits: 3, whole: true, since })).toContain("all that is kept of this stream");
  expect(errorTitle({ hits: 3, whole: true, since }, "these streams")).toContain("kept of these streams");
  expect(errorTitle({ hits: 3, whole: false, since })).toContain("since 24 Nov 14:03:05");
  expect(errorTitle({ hits: 3, whole: false, since: null })).toContain("this page has seen");
});
