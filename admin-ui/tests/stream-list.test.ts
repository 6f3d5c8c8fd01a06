import { expect, test, vi } from "vitest";
import { age, bytes, rate, runWord, stateWord } from "../src/streams/format";
import { sparkPath } from "../src/streams/sparkline";
import { StreamList } from "../src/streams/stream-list";
import { endNote } from "../src/viewer/rows";
import { Runs } from "../src/viewer/runs";
import type { StreamRow } from "../src/wire/types";
import { row } from "./rows";

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

/** The newest first. */
const names = (list: StreamList) =>
  [...list.all()].map((each) => each.stream).sort((a, b) => list.orderOf(b) - list.orderOf(a));

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

test("what events tell while the list is loaded is newer than the list", async () => {
  const list = await loaded("a", "b");
  const pages = [
    { streams: [row("a", { lines: 1 }), row("b", { lines: 1 })], next: "more" },
    { streams: [row("c", { lines: 1 })], next: null },
  ];
  await list.load(<T>() => {
    if (pages.length === 1) {
      list.event({ topic: "streams", seq: 1, rows: [row("a", { lines: 9 })] });
      list.event({ topic: "stream.deleted", seq: 2, ...row("b") });
      list.event({ topic: "stream.created", seq: 3, ...row("d") });
    }
    return Promise.resolve(pages.shift() as T);
  });
  expect(names(list).toSorted()).toEqual(["a", "c", "d"]);
  expect(list.get("a")?.lines).toBe(9);
});

test("places are those of the list, whatever events told of first, and what begins meanwhile is above all", async () => {
  const list = new StreamList();
  const events = [
    { topic: "streams", seq: 1, rows: [row("b", { lines: 9 }), row("c")] },
    { topic: "stream.run", seq: 2, ...row("a", { run: 2 }) },
    { topic: "stream.created", seq: 3, ...row("e") },
    { topic: "stream.run", seq: 4, ...row("a", { run: 3 }) },
  ];
  await list.load(<T>() => {
    events.forEach((event) => {
      list.event(event);
    });
    return Promise.resolve({ streams: ["d", "c", "b", "a"].map((name) => row(name)), next: null } as T);
  });
  expect(names(list)).toEqual(["a", "e", "d", "c", "b"]);
});

/** A hub that answers when it is told to. */
function slow() {
  const asked: { answer: (page: unknown) => void; refuse: (error: Error) => void }[] = [];
  const call = <T>() =>
    new Promise<T>((resolve, reject) => {
      asked.push({ answer: resolve as (page: unknown) => void, refuse: reject });
    });
  const next = async () => {
    await vi.waitUntil(() => asked.length > 0);
    return asked.shift() as (typeof asked)[number];
  };
  return {
    call,
    answer: async (streams: StreamRow[], after: string | null = null) =>
      (await next()).answer({ streams, next: after }),
    refuse: async () => (await next()).refuse(new Error("the connection is gone")),
  };
}

test("a list that is asked for while another comes is asked of the hub when that is there, and is newer", async () => {
  const list = new StreamList();
  const { call, answer } = slow();
  const first = list.load(call);
  await answer([row("a"), row("b"), row("c")], "more");
  const second = list.load(call);
  list.event({ topic: "stream.deleted", seq: 1, ...row("b") });
  list.event({ topic: "streams", seq: 2, rows: [row("c", { lines: 9 })] });
  await answer([row("d")]);
  await answer([row("a", { state: "ended" }), row("c", { lines: 9 }), row("d")]);
  await Promise.all([first, second]);
  expect(names(list)).toEqual(["a", "c", "d"]);
  expect([list.get("a")?.state, list.get("c")?.lines]).toEqual(["ended", 9]);
});

test("a list that fails is asked for again where somebody asked for it since, and fails where nobody did", async () => {
  const list = new StreamList();
  const { call, answer, refuse } = slow();
  const first = list.load(call);
  const second = list.load(call);
  await refuse();
  await answer([row("a")]);
  await Promise.all([first, second]);
  expect(names(list)).toEqual(["a"]);
  const third = list.load(call);
  await refuse();
  await expect(third).rejects.toThrow("gone");
  const fourth = list.load(call);
  await answer([row("b")]);
  await fourth;
  expect(names(list)).toEqual(["b"]);
});

test("streams that are gone when all are listed again are gone here", async () => {
  const list = await loaded("a", "b");
  const before = list.structure;
  await list.load(<T>() => Promise.resolve({ streams: [row("b")], next: null } as T));
  expect(names(list)).toEqual(["b"]);
  expect(list.structure).toBeGreaterThan(before);
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

test("a folder's rate is the sum of what is in it", async () => {
  const list = await loaded("ci/a/1", "ci/b");
  list.event({
    topic: "streams",
    seq: 1,
    rows: [row("ci/a/1", { lines_per_s: 4 }), row("ci/b", { lines_per_s: 2 })],
  });
  list.tick();
  expect([list.sparkline("ci/"), list.sparkline("ci/a/"), list.sparkline("ci/b")]).toEqual([[6], [4], [2]]);
  list.event({ topic: "streams", seq: 2, rows: [row("ci/b", { state: "ended", lines_per_s: 2 })] });
  list.tick();
  expect([list.sparkline("ci/"), list.sparkline("ci/b")]).toEqual([
    [6, 4],
    [2, 0],
  ]);
});

test("numbers are for people", () => {
  expect([bytes(0), bytes(2048), bytes(5 * 1024 ** 3)]).toEqual(["0 B", "2.0 KiB", "5.0 GiB"]);
  expect([rate(0), rate(0.5), rate(1234)]).toEqual(["–", "0.5/s", "1,234/s"]);
  expect([age(null, 0), age(1000, 2000), age(0, 90_000)]).toEqual(["–", "now", "1 min ago"]);
  expect(stateWord("ended", "exit:3")).toMatchObject({ word: "exit:3", tone: "bad" });
  expect(sparkPath([1, 2], 10, 20, 2)).toBe("M0.0 10.0L10.0 1.0");
});

test("the totals are of what is listed, and what does not run adds no rate", async () => {
  const list = await loaded("a", "b", "c");
  list.event({
    topic: "streams",
    seq: 1,
    rows: [
      row("a", { lines: 3, bytes: 30, lines_per_s: 2, state: "live" }),
      row("b", { lines: 4, bytes: 40, lines_per_s: 9, state: "ended" }),
      row("c", { lines: 5, bytes: 50, state: "live" }),
    ],
  });
  expect(list.sum()).toEqual({ streams: 3, live: 2, lines: 12, bytes: 120, lines_per_s: 2 });
  list.event({ topic: "stream.deleted", seq: 2, stream: "a" });
  expect(list.sum()).toEqual({ streams: 2, live: 1, lines: 9, bytes: 90, lines_per_s: 0 });
});

test("a run is told in the words of the list, by its cause where its producer said nothing", () => {
  const over = (status: string | null, cause: string | null) => runWord({ end: 9, status, cause });
  expect(over(null, "hub_lost")).toEqual(stateWord("ended", "hub_lost"));
  expect(over(null, "hub_lost")).toMatchObject({ word: "hub_lost", tone: "bad", mark: "!" });
  expect(over(null, "reset").tone).toBe("bad");
  expect(over(null, "eof")).toMatchObject({ word: "ended", mark: "■" });
  expect(over("exit:0", "end")).toMatchObject({ word: "done", mark: "✓" });
  expect(runWord({ end: null, status: null, cause: null }).word).toBe("goes on");
});

test("the note of a run that was cut off says that it failed, and so does the overview", () => {
  const tone = (status: string | null, cause: string | null) => endNote(1, 5, { status, cause }).tone;
  expect([tone(null, "timeout"), tone(null, "hub_lost"), tone("exit:2", "end")]).toEqual(
    Array(3).fill("failed"),
  );
  expect([tone(null, "eof"), tone("exit:0", "end")]).toEqual(["end", "end"]);
  const runs = new Runs();
  runs.began(1, 0, 0);
  runs.ended(1, 5, null, "reset");
  expect(runs.marks()).toEqual([{ offset: 5, tone: "failed" }]);
});
