import { expect, test } from "vitest";
import { BLOCK_LINES, type Pair } from "../src/several/aligning";
import { Comparison, type Item, MOST_BLOCKS, type Options } from "../src/several/comparison";
import { matchesOf } from "../src/several/diff";
import { RunReader } from "../src/several/run-reader";
import type { LineRow, RunRow } from "../src/wire/types";

function dice(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state = (state * 48271) % 2147483647;
    return state % below;
  };
}

/** How many items a longest common part has: slow and plain. */
function longest(a: string[], b: string[]): number {
  const row = Array(b.length + 1).fill(0) as number[];
  for (const item of a) {
    let corner = 0;
    for (let at = 1; at <= b.length; at++) {
      const above = row[at] as number;
      row[at] = item === b[at - 1] ? corner + 1 : Math.max(above, row[at - 1] as number);
      corner = above;
    }
  }
  return row.at(-1) as number;
}

const rises = (matches: [number, number][], a: string[], b: string[]) =>
  matches.every(
    ([x, y], at) =>
      a[x] === b[y] && (at === 0 || (x > (matches[at - 1]?.[0] ?? 0) && y > (matches[at - 1]?.[1] ?? 0))),
  );

test("as much is found in common as there is", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const roll = dice(seed);
    const some = () => Array.from({ length: roll(40) }, () => String(roll(6)));
    const [a, b] = [some(), some()];
    const matches = matchesOf(a, b);
    expect(rises(matches, a, b)).toBe(true);
    expect(matches.length).toBe(longest(a, b));
  }
});

test("over the bound, lines that are there once hold the rest together", () => {
  const roll = dice(5);
  const common = Array.from({ length: 20 }, (_, index) => `only once ${index}`);
  const noisy = () =>
    common.flatMap((line) => [...Array.from({ length: 9 }, () => `noise ${roll(1e9)}`), line]);
  const [a, b] = [noisy(), noisy()];
  const matches = matchesOf(a, b, 10);
  expect(rises(matches, a, b)).toBe(true);
  expect(matches.map(([x]) => a[x])).toEqual(common);
});

/** A run of these lines, one each `everyMs`; what it was asked for is bounded by `page`. */
function run(lines: string[], { everyMs = 10, page = 300, start = 100, skip = false } = {}): RunReader {
  let offset = start;
  const rows = lines.map((text, line): LineRow => {
    const row = { line, offset, at: 5000 + line * everyMs, text, bytes: text.length };
    offset += text.length + 1;
    return row;
  });
  const end = offset;
  // What follows belongs to the next run.
  rows.push({ line: rows.length, offset, at: 9e12, text: "another run", bytes: 11 });
  const facts: RunRow = {
    run: 1,
    start,
    end,
    began_at: 5000,
    ended_at: 5000 + lines.length * everyMs,
    status: "exit:0",
    cause: null,
    lines: lines.length,
    bytes: end - start,
    meta: {},
  };
  return new RunReader("ci/a", facts, async ({ from, count = 100 }) => {
    const first = rows.findIndex((row) => row.offset >= (from as number));
    const found = first < 0 ? [] : rows.slice(first, first + Math.min(count, page));
    const last = found.at(-1);
    const next = last ? last.offset + last.bytes + 1 : end + 12;
    const gap = { gap: [start + 1, start + 2] as [number, number], reason: "store_loss" };
    return {
      lines: found,
      gaps: skip && from === start ? [gap] : [],
      next: [1, next],
      truncated: next < end + 12,
    };
  });
}

const DIFF: Options = { align: "diff", loose: false, fold: false };

async function all(comparison: Comparison): Promise<Item[]> {
  const items: Item[] = [];
  while (comparison.hasMore) {
    const { came } = await comparison.more();
    if (came) items.push(...comparison.items.slice(-came));
  }
  return items;
}

const said = (item: Item) =>
  item.kind === "folded"
    ? `… ${item.count}`
    : `${{ same: " ", changed: "~", gone: "-", new: "+", beside: "|" }[item.kind]} ${item.left?.text ?? ""}/${item.right?.text ?? ""}`;

test("a comparison marks what only one run has and what changed", async () => {
  const left = run(["make", "step 1", "warn: old", "step 2", "done"]);
  const right = run(["make", "step 1", "step 2", "tests", "DONE"]);
  expect((await all(new Comparison(left, right, DIFF))).map(said)).toEqual([
    "  make/make",
    "  step 1/step 1",
    "- warn: old/",
    "  step 2/step 2",
    "~ done/tests",
    "+ /DONE",
  ]);
});

test("lines that changed in their numbers stand beside each other, whatever came in between", async () => {
  const left = run(["begin", "epoch 1: loss 0.9", "epoch 2: loss 0.7", "saved"]);
  const right = run(["begin", "epoch 1: loss 0.8", "WARN slow", "epoch 2: loss 0.6", "failed"]);
  expect((await all(new Comparison(left, right, DIFF))).map(said)).toEqual([
    "  begin/begin",
    "~ epoch 1: loss 0.9/epoch 1: loss 0.8",
    "+ /WARN slow",
    "~ epoch 2: loss 0.7/epoch 2: loss 0.6",
    "~ saved/failed",
  ]);
});

test("so do those of long runs in which no line is the same, as where each has its time", async () => {
  const some = (seconds: number) =>
    Array.from({ length: 2500 }, (_, index) => `17:${index % 60}:${seconds} request ${index}`);
  const left = run(some(11));
  const right = run(some(22).toSpliced(500, 0, "collected garbage"));
  const pairs = (await all(new Comparison(left, right, DIFF))) as Pair[];
  const request = (text: string | undefined) => text?.split(" request ")[1];
  expect(pairs.filter(({ kind }) => kind === "new").map((pair) => pair.right?.text)).toEqual([
    "collected garbage",
  ]);
  const changed = pairs.filter(({ kind }) => kind === "changed");
  expect(changed).toHaveLength(2500);
  for (const pair of changed) expect(request(pair.left?.text)).toBe(request(pair.right?.text));
});

test("lines that differ in numbers only are the same if one wants that", async () => {
  const left = run(["took 12 ms at 12:03:04.5", "0xfe01 freed"]);
  const right = run(["took 9 ms at 23:59:01.25", "0xab99 freed"]);
  const items = await all(new Comparison(left, right, { ...DIFF, loose: true }));
  expect(items.map(({ kind }) => kind)).toEqual(["same", "same"]);
});

test("the same lines are one row, but those beside a difference; and are there again when one wants that", async () => {
  const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);
  const right = lines.with(10, "other");
  const comparison = new Comparison(run(lines), run(right), { ...DIFF, fold: true });
  await comparison.more();
  expect(comparison.items.map(said)).toEqual([
    "… 7",
    "  line 7/line 7",
    "  line 8/line 8",
    "  line 9/line 9",
    "~ line 10/other",
    "  line 11/line 11",
    "  line 12/line 12",
    "  line 13/line 13",
    "… 6",
  ]);
  comparison.unfold(14);
  expect(comparison.items.map(said).slice(-6)).toEqual(
    [14, 15, 16, 17, 18, 19].map((n) => `  line ${n}/line ${n}`),
  );
});

test("bytes that are missing are a row", async () => {
  const items = await all(new Comparison(run(["a", "b"], { skip: true }), run(["a", "b"]), DIFF));
  expect(items.map(said)).toEqual([
    "  a/a",
    "- 1 bytes are missing here: the hub's store lost them/",
    "  b/b",
  ]);
});

test("long runs are read by blocks that lose and repeat nothing, and no other run's lines come in", async () => {
  for (const align of ["diff", "line", "time"] as const) {
    for (let seed = 1; seed <= 4; seed++) {
      const roll = dice(seed);
      const left = Array.from({ length: 2500 + roll(3000) }, (_, index) => `line ${index} ${roll(50)}`);
      const right = left.flatMap((line) =>
        roll(20) === 0 ? [] : roll(20) === 0 ? [line, `new ${roll(99)}`] : [line],
      );
      const comparison = new Comparison(run(left), run(right, { everyMs: 7 }), { ...DIFF, align });
      const pairs = (await all(comparison)) as Pair[];
      expect(pairs.flatMap((pair) => pair.left?.text ?? [])).toEqual(left);
      expect(pairs.flatMap((pair) => pair.right?.text ?? [])).toEqual(right);
      if (align === "diff") {
        const { same, gone, changed, whole } = comparison.total;
        expect(whole).toBe(true);
        expect(same + gone + changed).toBe(left.length);
        expect(same).toBeGreaterThan(left.length * 0.9);
      }
    }
  }
});

test("by time, lines of one moment stand beside each other, and one alone beside nothing", async () => {
  const left = run(["a", "b", "c"], { everyMs: 1000 });
  const right = run(["x", "y"], { everyMs: 2000 });
  const items = await all(new Comparison(left, right, { ...DIFF, align: "time" }));
  expect(items.map(said)).toEqual(["| a/x", "| b/", "| c/y"]);
});

test("some blocks are held, whatever the length, and those before come again as they were", async () => {
  const lines = Array.from({ length: 12 * BLOCK_LINES }, (_, index) => `line ${index}`);
  const comparison = new Comparison(run(lines, { page: 1000 }), run(lines, { page: 1000 }), DIFF);
  const first = await comparison.more().then(() => comparison.items.slice(0, 10).map(said));
  let gone = 0;
  while (comparison.hasMore) {
    gone += (await comparison.more()).gone;
    expect(comparison.items.length).toBeLessThanOrEqual(MOST_BLOCKS * BLOCK_LINES);
  }
  expect(gone + comparison.items.length).toBe(lines.length);
  while (comparison.hasEarlier) await comparison.earlier();
  expect(comparison.items.slice(0, 10).map(said)).toEqual(first);
  expect(comparison.hasMore).toBe(true);
  expect(comparison.total.same).toBe(lines.length);
});
