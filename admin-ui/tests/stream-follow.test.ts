import { beforeEach, expect, test } from "vitest";
import type { Row } from "../src/viewer/rows";
import { StreamFollow } from "../src/viewer/stream-follow";
import { parseFrame } from "../src/wire/frame";

let rows: Row[];
let partial: Row | null;
let truncated: number[];
let unnumbered: number[];
let acks: [number, number][];
let follow: StreamFollow;

beforeEach(() => {
  rows = [];
  partial = null;
  truncated = [];
  unnumbered = [];
  acks = [];
  follow = new StreamFollow(
    "ci/a",
    {
      rows: (fresh, last) => {
        rows.push(...fresh);
        partial = last;
      },
      truncated: (offset) => truncated.push(offset),
      state: () => {},
      unnumbered: (offset) => unnumbered.push(offset),
      run: () => {},
    },
    (alias, offset) => acks.push([alias, offset]),
    (apply) => apply(),
  );
});

const hear = (...frames: string[]) => {
  for (const frame of frames) follow.frame(parseFrame(new TextEncoder().encode(frame)));
};
const texts = () => rows.map((row) => row.text);

test("data becomes lines, the rest is shown unfinished", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {7}\nab\ncd\ne\n", "LIVE 1 7\n");
  expect(texts()).toEqual(["ab", "cd"]);
  expect(partial).toMatchObject({ text: "e", offset: 6 });
  expect(follow.subscription("9").payload).toBe("ci/a 7:7\n");
});

test("a gap, a run's end and its successor are rows", () => {
  hear(
    "STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n",
    "DATA 1 0 5 {1}\nx\n",
    "GAP 1 1 2001 reason=lag\n",
    "END 1 2001 run=1 status=exit:3\n",
    "RUN 1 2 2001 {2}\n{}\n",
  );
  expect(texts()).toEqual([
    "x",
    "2,000 bytes are missing here: this page was too slow for them",
    "run 1 ended: exit:3",
    "run 2 begins",
  ]);
  expect(rows[2]).toMatchObject({ tone: "failed" });
});

test("coming back goes on at the very byte", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {3}\na\nb\n");
  follow.lost();
  hear("STREAM 1 ci/a epoch=7 offset=3 run=1 state=live\n", "DATA 1 3 6 {2}\nc\n\n");
  expect(texts()).toEqual(["a", "bc"]);
});

test("truncation is obeyed and said", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {4}\na\nb\n\n");
  // A new connection counts its aliases from 1 again.
  follow.lost();
  hear("STREAM 1 ci/a epoch=8 offset=0 run=1 state=live truncate=4\n");
  expect(truncated).toEqual([0]);
  expect(rows.at(-1)).toMatchObject({ kind: "note", tone: "truncated" });
  expect(follow.next).toBe(0);
});

test("what was taken is acknowledged", () => {
  const big = "y".repeat(200 * 1024);
  hear("STREAM 3 ci/a epoch=7 offset=0 run=1 state=live\n");
  hear(`DATA 3 0 5 {${big.length}}\n${big}\n`, `DATA 3 ${big.length} 5 {${big.length}}\n${big}\n`);
  expect(acks).toEqual([[3, 2 * big.length]]);
});

test("of a stream of which nothing is left nothing is said to have come before", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {4}\nabc\n\n");
  follow.lost();
  hear("STREAM 1 ci/a epoch=8 offset=0 run=1 state=live truncate=4\n");
  expect(texts().at(-1)).toMatch(/^the hub does not have what was here any more/);
});

test("an unfinished line keeps the bytes before the cut", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {6}\nabcdef\n");
  follow.lost();
  hear("STREAM 1 ci/a epoch=8 offset=3 run=1 state=live truncate=6\n", "DATA 1 3 5 {3}\nXY\n\n");
  expect(truncated).toEqual([3]);
  expect(texts()).toEqual([
    "abc",
    "the hub does not have what came after this any more: it was restarted, or the stream made anew",
    "XY",
  ]);
});

test("going on further than expected is told as a hole", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {2}\na\n\n");
  follow.lost();
  hear("STREAM 1 ci/a epoch=7 offset=12 run=1 state=live\n", "DATA 1 12 5 {2}\nb\n\n");
  expect(texts()).toEqual(["a", "10 bytes are missing here: nobody knows why", "b"]);
});

test("lines are numbered from the start; elsewhere the number is asked for, once for each break", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {4}\na\nb\n\n");
  expect(rows.map((row) => row.kind === "line" && row.line)).toEqual([0, 1]);
  expect(unnumbered).toEqual([]);
  hear("GAP 1 4 9 reason=lag\n", "DATA 1 9 5 {2}\nc\n\n");
  expect(unnumbered).toEqual([9]);
  follow.numberOn(9, 7);
  hear("DATA 1 11 5 {2}\nd\n\n");
  expect(rows.at(-1)).toMatchObject({ text: "d", line: 8 });
});

test("a gap that comes piece by piece is one", () => {
  const rows: Row[] = [];
  let apply = () => {};
  const late = new StreamFollow(
    "ci/a",
    { rows: (fresh) => rows.push(...fresh), truncated() {}, state() {}, unnumbered() {}, run() {} },
    () => {},
    (run) => {
      apply = run;
    },
  );
  const frames = [
    "STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n",
    "GAP 1 0 10 reason=lag\n",
    "GAP 1 10 30 reason=lag\n",
  ];
  for (const frame of [...frames, "GAP 1 30 40 reason=retention\n"])
    late.frame(parseFrame(new TextEncoder().encode(frame)));
  apply();
  expect(rows.map((row) => row.text)).toEqual([
    "30 bytes are missing here: this page was too slow for them",
    "10 bytes are missing here: not kept any more",
  ]);
});

test("the number that comes late counts the lines that came meanwhile, and is of no use after the next break", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "GAP 1 0 9 reason=lag\n");
  hear("DATA 1 9 5 {6}\na\nb\nc\n\n");
  follow.numberOn(9, 100);
  hear("DATA 1 15 5 {2}\nd\n\n");
  expect(rows.at(-1)).toMatchObject({ text: "d", line: 103 });
  hear("GAP 1 17 30 reason=lag\n", "GAP 1 30 40 reason=corrupt\n", "GAP 1 40 50 reason=lag\n");
  follow.numberOn(30, 200);
  hear("DATA 1 50 5 {2}\ne\n\n");
  expect(rows.at(-1)).not.toHaveProperty("line");
});

test("a gap of the past has the time of what came before it, one of now that of now", () => {
  const before = Date.now();
  hear(
    "STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n",
    "DATA 1 0 5000 {2}\nx\n\n",
    "GAP 1 2 2002 reason=producer_skip\n",
    "RUN 1 2 2002 {2}\n{}\n",
    "DATA 1 2002 6000 {2}\ny\n\n",
    "LIVE 1 2004\n",
    "GAP 1 2004 4004 reason=lag\n",
    "RUN 1 3 4004 {2}\n{}\n",
  );
  const [, gap, run, , late, later] = rows as { at?: number }[];
  expect(gap?.at).toBe(5000);
  expect(run?.at).toBeUndefined();
  expect(late?.at).toBeGreaterThanOrEqual(before);
  expect(later?.at).toBeGreaterThanOrEqual(before);
});

test("what an ended stream still had is not new; another run of it is", () => {
  hear(
    "STREAM 1 ci/a epoch=7 offset=0 run=1 state=ended\n",
    "DATA 1 0 5 {3}\na\nb\n",
    "END 1 3 run=1 status=exit:0\n",
    "RUN 1 2 3 {2}\n{}\n",
    "DATA 1 3 6 {2}\nc\n\n",
  );
  const lines = rows.filter(({ kind }) => kind === "line");
  expect(lines.map(({ text, offset }) => [text, follow.isNew(offset)])).toEqual([
    ["a", false],
    ["b", false],
    ["c", true],
  ]);
});

test("what came to a live stream while the hub was away is new, though it has ended meanwhile", () => {
  hear("STREAM 1 ci/a epoch=7 offset=0 run=1 state=live\n", "DATA 1 0 5 {2}\na\n\n");
  follow.lost();
  hear(
    "STREAM 1 ci/a epoch=7 offset=2 run=1 state=ended\n",
    "DATA 1 2 6 {2}\nb\n\n",
    "END 1 4 run=1 status=exit:0\n",
  );
  expect(follow.isNew(2)).toBe(true);
});
