import { expect, test } from "vitest";
import { type Entry, LateWindow } from "../src/several/late-window";
import { MergeSource } from "../src/several/merge-source";
import { Merger } from "../src/several/merger";
import { openAt } from "../src/several/opening";
import { LineBuffer } from "../src/viewer/line-buffer";
import type { Row, TextLine } from "../src/viewer/rows";
import { Runs } from "../src/viewer/runs";
import type { LineRow } from "../src/wire/types";

/** Random numbers that are the same each time. */
function dice(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** A stream as the hub has it: lines of ten bytes with times; its answers hold `page` lines at most. */
class FakeStream {
  lines: LineRow[] = [];
  gaps: { gap: [number, number]; reason: string }[] = [];
  end = 0;

  constructor(
    readonly name: string,
    private readonly page: number,
  ) {}

  push(at: number): void {
    const line = this.lines.length;
    const text = `${this.name} ${line}`;
    this.lines.push({ line, offset: this.end, at, text, bytes: 9 });
    this.end += 10;
  }

  skip(bytes: number): void {
    this.gaps.push({ gap: [this.end, this.end + bytes], reason: "producer_skip" });
    this.end += bytes;
  }

  ask: ConstructorParameters<typeof MergeSource>[1] = async (from, before, count) => {
    const most = Math.min(count, this.page);
    if (before) {
      const to = from === "end" ? this.end : (from as number);
      const lines = this.lines.filter(({ offset }) => offset + 10 <= to).slice(-most);
      return this.answer(lines, lines[0]?.offset ?? to, to);
    }
    const first =
      typeof from === "number"
        ? this.lines.findIndex(({ offset }) => offset >= from)
        : this.lines.findIndex(({ at }) => at >= (from as { at: number }).at);
    const lines = first < 0 ? [] : this.lines.slice(first, first + most);
    const begin = typeof from === "number" ? from : (lines[0]?.offset ?? this.end);
    const last = lines.at(-1);
    const cut = first >= 0 && first + most < this.lines.length;
    return { ...this.answer(lines, begin, cut && last ? last.offset + 10 : this.end), truncated: cut };
  };

  private answer(lines: LineRow[], from: number, next: number) {
    const gaps = this.gaps.filter(({ gap }) => gap[0] >= from && gap[0] < next);
    return { lines, gaps, next: [1, next] as [number, number] };
  }
}

/** The texts of all rows of some streams, in the order in which they are to be shown. */
function whole(streams: readonly FakeStream[]): string[] {
  const all = streams.flatMap((stream, source) => {
    let at = 0;
    const gaps = stream.gaps.map(({ gap }) => ({ offset: gap[0], at: null as number | null, text: "gap" }));
    return [...stream.lines, ...gaps]
      .sort((a, b) => a.offset - b.offset)
      .map((row, place) => {
        at = row.at ?? at;
        return {
          at,
          source,
          place,
          text: row.text === "gap" ? `${stream.name} gap ${row.offset}` : row.text,
        };
      });
  });
  all.sort((a, b) => a.at - b.at || a.source - b.source || a.place - b.place);
  return all.map(({ text }) => text);
}

const textOf = (row: Row) =>
  row.kind === "line" ? row.text : `${row.source?.name} gap ${row.source?.offset}`;

function merger(streams: readonly FakeStream[], late?: LateWindow, held?: number): Merger {
  const sources = streams.map((stream, index) => new MergeSource(index, stream.ask, new Runs(), held));
  return new Merger(
    sources,
    streams.map(({ name }) => ({ name, label: name })),
    late,
  );
}

function someStreams(roll: (below: number) => number, lines: number): FakeStream[] {
  const streams = Array.from(
    { length: 2 + roll(3) },
    (_, index) => new FakeStream(`s${index}`, 3 + roll(40)),
  );
  let at = 1000;
  for (let count = 0; count < lines; count++) {
    at += roll(4);
    const stream = streams[roll(streams.length)] as FakeStream;
    // The first row has a time: a gap has that of the row before it.
    if (stream.lines.length && roll(12) === 0) stream.skip(5 + roll(50));
    stream.push(at);
  }
  return streams;
}

test("whatever is fetched at either end, what is shown is a piece of the whole in its order", {
  timeout: 60_000,
}, async () => {
  for (let seed = 1; seed <= 24; seed++) {
    const roll = dice(seed);
    const streams = someStreams(roll, 60 + roll(300));
    const wanted = whole(streams);
    const merged = merger(streams, undefined, 5 + roll(200));
    const buffer = new LineBuffer(30 + roll(200));
    const isWhole = () => {
      const shown = buffer.all.map(textOf);
      const from = wanted.indexOf(shown[0] ?? "");
      expect(shown).toEqual(wanted.slice(from, from + shown.length));
    };
    if (roll(2)) {
      await Promise.all(merged.sources.map((source) => source.openEnd(1 + roll(50))));
      merged.dropped(buffer.append(await merged.openEnd(0, 0)), true);
      merged.dropped(buffer.append(merged.due(1000)), true);
      expect(buffer.all.map(textOf).at(-1)).toBe(wanted.at(-1));
    } else {
      const at = 1000 + roll(1000);
      await Promise.all(merged.sources.map((source) => source.openTime(at)));
      merged.dropped(buffer.append((await merged.openAround()).rows), true);
    }
    isWhole();
    merged.part();
    for (let step = 0; step < 12; step++) {
      if (roll(2)) merged.dropped(buffer.prepend(await merged.older()), false);
      else merged.dropped(buffer.append(await merged.newer()), true);
      isWhole();
    }
    // Both ends of the whole are reached.
    for (let calls = 0; calls < 15; calls++) merged.dropped(buffer.prepend(await merged.older()), false);
    expect(textOf(buffer.all[0] as Row)).toBe(wanted[0]);
    for (let calls = 0; calls < 15; calls++) merged.dropped(buffer.append(await merged.newer()), true);
    expect(textOf(buffer.all.at(-1) as Row)).toBe(wanted.at(-1));
    expect(merged.atEnd).toBe(true);
    isWhole();
  }
});

test("what was fetched and what comes live follow each other without loss or repetition", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const roll = dice(seed);
    const streams = someStreams(roll, 50 + roll(200));
    const merged = merger(streams, new LateWindow(20));
    const shown: string[] = [];
    await Promise.all(merged.sources.map((source) => source.openEnd(500)));
    shown.push(...(await merged.openEnd(0, 20)).map(textOf));
    const begins = shown[0] ?? "";
    // The stream goes on, and is followed from where each source says.
    const next = merged.sources.map(({ seam }) => seam.next);
    let now = 0;
    let at = 5000;
    for (let step = 0; step < 60; step++) {
      now += 5;
      for (let count = roll(6); count > 0; count--) {
        at += roll(3);
        streams[roll(streams.length)]?.push(at);
      }
      const index = roll(streams.length);
      const rows = (streams[index]?.lines ?? [])
        .filter(({ offset }) => offset >= (next[index] ?? 0))
        .map(({ offset, text, at }): TextLine => ({ kind: "line", offset, end: offset + 10, text, at }));
      next[index] = streams[index]?.end ?? 0;
      const entries = merged.sources[index]?.live(rows, { epoch: 1, next: next[index] ?? 0 }, null) ?? [];
      merged.live(index, entries, null, now);
      shown.push(...merged.due(now).map(textOf));
    }
    // Apart: the rest is fetched.
    merged.part();
    while (!merged.atEnd) shown.push(...(await merged.newer()).map(textOf));
    const wanted = whole(streams);
    const sorted = (texts: string[]) => [...texts].sort();
    expect(sorted(shown)).toEqual(sorted(wanted.slice(wanted.indexOf(begins))));
    for (const { name } of streams) {
      const own = (texts: string[]) => texts.filter((text) => text.startsWith(`${name} `));
      expect(own(shown)).toEqual(own(wanted.slice(wanted.indexOf(begins))));
    }
  }
});

const entry = (source: number, at: number): Entry => ({
  source,
  at,
  row: { kind: "line", offset: at, end: at + 1, text: `${source}@${at}`, at },
});
const texts = (entries: Entry[]) => entries.map(({ row }) => row.text);

test("a row that comes late stands before younger ones that wait, and after those that are shown", () => {
  const late = new LateWindow(100);
  late.add([entry(0, 50), entry(0, 60)], 0);
  late.add([entry(1, 55)], 90);
  expect(texts(late.take(99))).toEqual([]);
  expect(texts(late.take(100))).toEqual(["0@50", "1@55", "0@60"]);
  late.add([entry(1, 20)], 110);
  expect(texts(late.take(209))).toEqual([]);
  expect(texts(late.take(210))).toEqual(["1@20"]);
});

test("rows that wait are bounded: the oldest go first", () => {
  const late = new LateWindow(100, 2);
  late.add([entry(0, 1), entry(0, 2), entry(1, 0)], 0);
  expect(texts(late.take(0))).toEqual(["1@0"]);
  expect(late.size).toBe(2);
});

test("with random arrivals no row waits longer than it has to, and those within the window are in order", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const roll = dice(seed);
    const late = new LateWindow(50);
    const arrived = new Map<string, number>();
    const latest = [0, 0, 0];
    const given: Entry[] = [];
    for (let now = 0; now < 400; now += 10) {
      for (let count = roll(4); count > 0; count--) {
        const source = roll(3);
        // Its time is up to 40 ms ago, and never before the one before it.
        const at = Math.max(latest[source] ?? 0, now - roll(40));
        latest[source] = at;
        const each = entry(source, at);
        arrived.set(`${source}@${at}`, now);
        late.add([each], now);
      }
      for (const each of late.take(now)) {
        given.push(each);
        expect(now - (arrived.get(each.row.text) ?? 0)).toBeLessThanOrEqual(50);
      }
    }
    const times = given.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  }
});

test("an unfinished line stays in sight while the finished one waits", async () => {
  const stream = new FakeStream("a", 10);
  const merged = merger([stream], new LateWindow(100));
  await merged.sources[0]?.openEnd(10);
  await merged.openEnd(0, 100);
  const line: TextLine = { kind: "line", offset: 0, end: 4, text: "50 %", at: 1, partial: true };
  merged.live(0, [], line, 0);
  expect(merged.partial?.text).toBe("50 %");
  const done: TextLine = { kind: "line", offset: 0, end: 6, text: "100 %", at: 1 };
  merged.live(0, merged.sources[0]?.live([done], { epoch: 1, next: 6 }, null) ?? [], null, 10);
  expect(merged.due(50)).toEqual([]);
  expect(merged.partial?.text).toBe("100 %");
  expect(merged.due(110).map(textOf)).toEqual(["100 %"]);
  expect(merged.partial).toBe(null);
});

test("a stream that was cut loses its rows from there on, and no other does", async () => {
  const streams = [new FakeStream("a", 50), new FakeStream("b", 50)];
  for (let at = 0; at < 6; at++) streams[at % 2]?.push(at);
  const merged = merger(streams);
  await Promise.all(merged.sources.map((source) => source.openEnd(50)));
  const shown = [...(await merged.openEnd(0, 0)), ...merged.due(1000)];
  const kept = merged.truncate(0, 10, 2, shown);
  expect(kept.map(textOf)).toEqual(["a 0", "b 0", "b 1", "b 2"]);
  expect(merged.sources[0]?.seam).toMatchObject({ epoch: 2, next: 10 });
});

test("a row's address in its own stream says of which life of the stream it is", async () => {
  const streams = [new FakeStream("a", 50), new FakeStream("b", 50)];
  for (let at = 0; at < 6; at++) streams[at % 2]?.push(at);
  const merged = merger(streams);
  await Promise.all(merged.sources.map((source) => source.openEnd(50)));
  const shown = [...(await merged.openEnd(0, 0)), ...merged.due(1000)];
  const addresses = (rows: Row[]) => rows.map(({ source }) => source && merged.addressOf(source));
  expect(addresses(shown)).toEqual(["@1:0", "@1:0", "@1:10", "@1:10", "@1:20", "@1:20"]);
  expect(addresses(merged.truncate(0, 10, 2, shown))).toEqual(["@2:0", "@1:0", "@1:10", "@1:20"]);
  // Of a stream that nobody knows yet there is none.
  const waits = merger([new FakeStream("c", 50)]);
  waits.sources[0]?.openEmpty();
  expect(waits.addressOf({ index: 0, name: "c", label: "c", offset: 0 })).toBe("@0");
});

test("a row that was found is shown where it is, however many came in the same millisecond", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const roll = dice(seed);
    const streams = Array.from({ length: 3 }, (_, index) => new FakeStream(`s${index}`, 50));
    // As when much is read at once: hundreds of lines of one time in each.
    for (let at = 1000; at < 1004; at++)
      for (const stream of streams) for (let count = roll(700); count > 0; count--) stream.push(at);
    const wanted = whole(streams);
    const source = roll(3);
    const { lines } = streams[source] as FakeStream;
    const { offset, at, text } = lines[roll(lines.length)] as LineRow;
    const merged = merger(streams);
    const place = { source, offset, at };
    await Promise.all(merged.sources.map((each) => openAt(each, { kind: "row", place })));
    const opened = await merged.openAround();
    expect(opened.at && textOf(opened.at)).toBe(text);
    const shown = opened.rows.map(textOf);
    const from = wanted.indexOf(shown[0] ?? "");
    expect(shown).toEqual(wanted.slice(from, from + shown.length));
    expect(shown.length).toBeGreaterThan(100);
  }
});
