import { expect, test } from "vitest";
import { age, bytes, rate, stateWord } from "../src/streams/format";
import { HeldList } from "../src/streams/held-list";
import { sparkPath } from "../src/streams/sparkline";
import { StreamList } from "../src/streams/stream-list";
import type { StreamRow } from "../src/wire/types";

const row = (stream: string, more: Partial<StreamRow> = {}): StreamRow => ({
  stream,
  state: "live",
  epoch: 1,
  start: 0,
  end: 0,
  run: 1,
  lines: 0,
  bytes: 0,
  lines_per_s: 0,
  first_at: null,
  last_at: null,
  status: null,
  meta: {},
  watchers: 0,
  ...more,
});

async function loaded(...names: string[]): Promise<StreamList> {
  const list = new StreamList();
  // Two pages, as the hub sends them: the newest run first.
  const pages = [
    { streams: names.slice(0, 2).map((name) => row(name)), next: "more" },
    { streams: names.slice(2).map((name) => row(name)), next: null },
  ];
  await list.load(<T>() => Promise.resolve(pages.shift() as T));
  return list;
}

const names = (list: StreamList, filter = "") => list.matching(filter).map((each) => each.stream);

test("the newest comes first, over all pages", async () => {
  expect(names(await loaded("c", "b", "a"))).toEqual(["c", "b", "a"]);
});

test("a row keeps its place while it changes; a new run goes to the top", async () => {
  const list = await loaded("c", "b", "a");
  list.event({ topic: "streams", seq: 1, rows: [row("a", { lines: 5 })] });
  expect(names(list)).toEqual(["c", "b", "a"]);
  expect(list.get("a")?.lines).toBe(5);
  list.event({ topic: "stream.run", seq: 2, ...row("a", { run: 2 }) });
  expect(names(list)).toEqual(["a", "c", "b"]);
  list.event({ topic: "stream.retired", seq: 3, ...row("c") });
  expect(names(list)).toEqual(["a", "b"]);
});

test("a filter is words of the name, or a state", async () => {
  const list = await loaded("ci/build-1", "ci/build-2", "train/x");
  list.event({ topic: "streams", seq: 1, rows: [row("train/x", { state: "ended" })] });
  expect(names(list, "ci 2")).toEqual(["ci/build-2"]);
  expect(names(list, "ended")).toEqual(["train/x"]);
});

test("rates are kept for a while and forgotten when there are none", async () => {
  const list = await loaded("a");
  list.event({ topic: "streams", seq: 1, rows: [row("a", { lines_per_s: 4 })] });
  for (let i = 0; i < 3; i++) list.tick();
  expect(list.sparkline("a")).toEqual([4, 4, 4]);
  list.event({ topic: "streams", seq: 2, rows: [row("a", { lines_per_s: 0 })] });
  for (let i = 0; i < 40; i++) list.tick();
  expect(list.sparkline("a")).toEqual([]);
});

test("numbers are for people", () => {
  expect([bytes(0), bytes(2048), bytes(5 * 1024 ** 3)]).toEqual(["0 B", "2.0 KiB", "5.0 GiB"]);
  expect([rate(0), rate(0.5), rate(1234)]).toEqual(["–", "0.5/s", "1,234/s"]);
  expect([age(null, 0), age(1000, 2000), age(0, 90_000)]).toEqual(["–", "now", "1 min ago"]);
  expect(stateWord("ended", "exit:3")).toMatchObject({ word: "exit:3", tone: "bad" });
  expect(sparkPath([1, 2], 10, 20, 2)).toBe("M0.0 10.0L10.0 1.0");
});

test("rows under the pointer keep their places, with the values of now", () => {
  const list = new HeldList();
  list.show([row("b"), row("a")]);
  list.hold();
  const held = list.show([row("c"), row("a", { lines: 5 })]);
  expect(held.rows.map((each) => [each.stream, each.lines])).toEqual([
    ["b", 0],
    ["a", 5],
  ]);
  expect(held.waiting).toBe(1);
  list.release();
  expect(list.show([row("c"), row("a")])).toMatchObject({
    rows: [{ stream: "c" }, { stream: "a" }],
    waiting: 0,
  });
});
