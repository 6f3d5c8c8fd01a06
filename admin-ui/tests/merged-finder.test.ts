import { expect, test } from "vitest";
import { Finder, type FinderState, type From, type Search } from "../src/find/finder";
import { Matcher } from "../src/find/query";
import type { RowPlace } from "../src/viewer/row-place";
import type { Row } from "../src/viewer/rows";
import { CallError } from "../src/wire/rpc";
import type { HitRow, StreamSearchParams } from "../src/wire/types";

/** Random numbers that are the same each time. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

interface Line extends RowPlace {
  text: string;
}

/** Streams of lines of ten bytes, searched one by one as the hub does it. */
class Hub {
  readonly asked: StreamSearchParams[] = [];
  readonly streams: Line[][];

  constructor(readonly names: string[]) {
    this.streams = names.map(() => []);
  }

  push(source: number, at: number, text: string): void {
    const lines = this.streams[source] as Line[];
    lines.push({ source, at, text, offset: lines.length * 10 });
  }

  search: Search = async (params) => {
    this.asked.push(params);
    const { query, newest, limit = 1000, from, to } = params;
    const begin = params.after ? Number(params.after.split(" ")[0]) : newest ? Number.POSITIVE_INFINITY : 0;
    const all = (this.streams[this.names.indexOf(params.pattern ?? "")] ?? [])
      .filter(({ text }) => text.includes(query))
      .filter(({ offset }) => (newest ? offset + 10 <= begin : offset >= begin))
      .filter(({ at }) => (from == null || at >= from) && (to == null || at < to));
    if (newest) all.reverse();
    const first = all[limit];
    return {
      hits: all.slice(0, limit).map((line) => hit(params.pattern ?? "", line)),
      next: first ? `${newest ? first.offset + 10 : first.offset} 1 1 ${params.pattern}` : null,
      scanned_bytes: 0,
    };
  };

  /** All lines as one text. */
  get text(): Line[] {
    return this.streams.flat().sort((a, b) => a.at - b.at || a.source - b.source || a.offset - b.offset);
  }
}

const hit = (stream: string, { offset, at, text }: Line): HitRow => ({
  stream,
  epoch: 1,
  offset,
  line: offset / 10,
  at,
  text,
  bytes: 9,
});

/** Rows of the merged view. */
const rowsOf = (lines: readonly Line[], first = 0): Row[] =>
  lines.map(({ source, offset, at, text }, index) => ({
    kind: "line",
    offset: first + index,
    end: first + index + 1,
    text,
    at,
    source: { index: source, name: `s${source}`, label: `s${source}`, offset },
  }));

function finderOf({ names, streams, search }: Hub, held: () => readonly Row[] = () => [], ask = search) {
  const states: FinderState[] = [];
  const finder = new Finder(
    names,
    ask,
    { held, end: (name) => (streams[names.indexOf(name)]?.length ?? 0) * 10, timeAt: async () => null },
    (state) => states.push(state),
  );
  return { finder, states, now: () => states.at(-1) as FinderState };
}

const needle = new Matcher({ text: "needle", regex: false, exact: false });
const place = ({ source, offset, at }: RowPlace): RowPlace => ({ source, offset, at });
const isHit = ({ text }: Line) => text === "needle";

/** Two streams of which lines of both came in the same millisecond, with hits in both. */
function two(): Hub {
  const hub = new Hub(["s0", "s1"]);
  hub.push(0, 100, "needle");
  hub.push(1, 100, "needle");
  hub.push(1, 100, "needle");
  hub.push(0, 101, "hay");
  hub.push(0, 102, "needle");
  hub.push(1, 103, "needle");
  return hub;
}

test("next and previous walk the hits of all streams by time, then by stream, and tell which one it is", async () => {
  const hub = two();
  const { finder, now } = finderOf(hub);
  finder.look(needle);
  await finder.count();
  expect(now()).toMatchObject({ hits: 5, whole: true, counting: false });
  const hits = hub.text.filter(isHit).map(place);
  expect(hits.map(({ source, at }) => [at, source])).toEqual([
    [100, 0],
    [100, 1],
    [100, 1],
    [102, 0],
    [103, 1],
  ]);
  let at: From = "start";
  for (const [index, wanted] of hits.entries()) {
    at = (await finder.step(true, at)) as RowPlace;
    expect(at).toEqual(wanted);
    expect(now()).toMatchObject({ index: index + 1, wrapped: "" });
  }
  expect(await finder.step(true, at)).toEqual(hits[0]);
  expect(now()).toMatchObject({ index: 1, wrapped: "end" });
  expect(await finder.step(false, hits[0] as RowPlace)).toEqual(hits[4]);
  expect(now()).toMatchObject({ index: 5, wrapped: "start" });
  for (let index = 3; index >= 0; index--)
    expect(await finder.step(false, hits[index + 1] as RowPlace)).toEqual(hits[index]);
  expect(await finder.step(true, "end")).toEqual(hits[4]);
  expect(await finder.first()).toEqual(hits[0]);
});

test("whichever rows are held, a step leads to the next hit of the whole text", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const roll = dice(seed);
    const hub = new Hub(Array.from({ length: 2 + roll(4) }, (_, index) => `s${index}`));
    let at = 1000;
    for (let count = 20 + roll(150); count > 0; count--) {
      at += roll(3);
      hub.push(roll(hub.names.length), at, roll(4) ? "hay" : "needle");
    }
    const { text } = hub;
    const first = roll(text.length);
    const held = rowsOf(text.slice(first, first + 1 + roll(60)), first);
    const { finder, now } = finderOf(hub, () => held);
    finder.look(needle);
    if (roll(2)) await finder.count();
    for (let tries = 0; tries < 20; tries++) {
      // Where one reads is held.
      const from = first + roll(held.length);
      const down = roll(2) === 1;
      const wanted = down
        ? (text.slice(from + 1).find(isHit) ?? text.find(isHit))
        : (text.slice(0, from).findLast(isHit) ?? text.findLast(isHit));
      const found = await finder.step(down, place(text[from] as Line));
      expect(found, `seed ${seed}, from ${from}`).toEqual(wanted ? place(wanted) : null);
      if (wanted && now().whole)
        expect(now().index).toBe(text.slice(0, text.indexOf(wanted)).filter(isHit).length + 1);
    }
    await finder.count();
    expect(now()).toMatchObject({ hits: text.filter(isHit).length, whole: true });
  }
});

test("within the rows held nobody is asked", async () => {
  const hub = two();
  const held = rowsOf(hub.text);
  const { finder } = finderOf(hub, () => held);
  finder.look(needle);
  expect(await finder.step(true, { source: 1, offset: 10, at: 100 })).toMatchObject({
    source: 0,
    offset: 20,
  });
  expect(await finder.step(false, { source: 1, offset: 0, at: 100 })).toMatchObject({ source: 0, offset: 0 });
  expect(hub.asked).toEqual([]);
});

test("a hit that is found narrows where the others are looked through, and only two are asked at once", async () => {
  const hub = new Hub(["s0", "s1", "s2", "s3"]);
  for (const source of [0, 1, 2, 3]) hub.push(source, 1000 + source, source === 1 ? "needle" : "hay");
  let most = 0;
  let under = 0;
  const { finder } = finderOf(
    hub,
    () => [],
    async (params, watch) => {
      most = Math.max(most, ++under);
      await Promise.resolve();
      under -= 1;
      return hub.search(params, watch);
    },
  );
  finder.look(needle);
  expect(await finder.step(true, "start")).toEqual({ source: 1, offset: 0, at: 1001 });
  expect(most).toBe(2);
  const last = (name: string) => hub.asked.findLast(({ pattern }) => pattern === name);
  expect(last("s2")).toMatchObject({ newest: false, to: 1001 });
  expect(last("s3")).toMatchObject({ newest: false, to: 1001 });
});

test("counting goes back through all streams together, and says up to when it has come at its bound", async () => {
  const hub = new Hub(["s0", "s1", "s2"]);
  // The first is as long as the others take together, and came in the same time.
  for (let at = 0; at < 12_000; at++) {
    hub.push(0, at, "needle");
    if (at % 2) hub.push(1 + ((at >> 1) % 2), at, "needle");
  }
  const { finder, now } = finderOf(hub);
  finder.look(needle);
  await finder.count();
  const { hits, whole, since } = now();
  expect({ whole, hits }).toEqual({ whole: false, hits: 10_000 });
  // What it says of the lines since then is true.
  expect(since?.hits).toBe(hub.text.filter(({ at }) => at >= (since?.at ?? 0)).length);
  expect(since?.hits).toBeGreaterThan(7000);
  await finder.count();
  expect(now()).toMatchObject({ hits: 18_000, whole: true });
});

test("more hits than are kept do not send it through all of history", async () => {
  const hub = new Hub(["s0", "s1"]);
  for (let at = 0; at < 60_000; at++) hub.push(0, at, "needle");
  const { finder, now } = finderOf(hub);
  finder.look(needle);
  for (let times = 0; times < 3; times++) await finder.count();
  expect(now()).toMatchObject({ hits: 20_000, whole: false, counting: false });
  expect(hub.asked.length).toBe(31);
});

test("lines that come live are counted in their stream, and a stream that was not told of some is counted anew", async () => {
  const hub = two();
  const { finder, now } = finderOf(hub);
  finder.look(needle);
  await finder.count();
  const live = (offset: number): Row[] => [
    { kind: "line", offset, end: offset + 10, text: "needle", at: 200 },
  ];
  finder.fresh(live(30), 1);
  finder.fresh(live(30), 0);
  expect(now()).toMatchObject({ hits: 7, whole: true });
  expect(finder.isBehind).toBe(false);
  hub.push(0, 190, "needle");
  hub.push(0, 195, "needle");
  expect(finder.isBehind).toBe(true);
  finder.fresh(live(50), 0);
  expect(now()).toMatchObject({ hits: 8, whole: false });
  hub.asked.length = 0;
  await finder.count();
  expect(hub.asked.map(({ pattern }) => pattern)).toEqual(["s0"]);
  expect(now().whole).toBe(true);
});

test("a search that is given up or refused ends all of it, and says what is wrong", async () => {
  const signals: AbortSignal[] = [];
  const { finder, now } = finderOf(
    two(),
    () => [],
    (_, { signal }) =>
      new Promise((_, reject) => {
        signals.push(signal as AbortSignal);
        signal?.addEventListener("abort", () => reject(new CallError("CANCELLED", "cancelled", null)));
      }),
  );
  finder.look(needle);
  const stepping = finder.step(true, "start");
  const counting = finder.count();
  expect(now()).toMatchObject({ seeking: true, counting: true });
  finder.stop();
  expect(await stepping).toBeNull();
  await counting;
  expect(signals.length).toBe(4);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  expect(now()).toMatchObject({ seeking: false, counting: false, problem: "" });

  const busy = finderOf(
    two(),
    () => [],
    ({ pattern }) =>
      pattern === "s1"
        ? Promise.reject(new CallError("BUSY", "too many calls", null))
        : new Promise(() => {}),
  );
  busy.finder.look(needle);
  await busy.finder.count();
  expect(busy.now()).toMatchObject({ counting: false, whole: false, problem: "too many calls" });
  expect(await busy.finder.step(true, "start")).toBeNull();
  expect(busy.now()).toMatchObject({ seeking: false, problem: "too many calls" });
});
