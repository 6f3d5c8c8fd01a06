import { expect, test } from "vitest";
import { parseFilter, termsOf } from "../src/streams/fleet-filter";
import { hintsAt, withHint } from "../src/streams/fleet-hints";
import { row } from "./rows";

const NOW = 1_000_000;
const ROWS = [
  row("ci/web/build", {
    state: "ended",
    status: "exit:2",
    lines: 2000,
    errors: 3,
    last_at: NOW - 90_000,
    run: 3,
    meta: { branch: "main", pr: 7 },
  }),
  row("ci/web/test", { lines: 10, lines_per_s: 50, last_at: NOW, meta: { branch: "my branch" } }),
  row("train/Run 7", {
    errors: 0,
    state: "ended",
    status: "exit:0",
    lines: 10,
    last_at: NOW - 7_200_000,
    watchers: 2,
  }),
  row("tail/host=a", { state: "detached", meta: { branch: "main-2" } }),
];
const found = (text: string) => {
  const { accept } = parseFilter(text);
  return ROWS.filter((each) => accept(each, NOW)).map((each) => each.stream.replace(/.*\//, ""));
};

test.each([
  ["", ["build", "test", "Run 7", "host=a"]],
  ["ci WEB", ["build", "test"]],
  ['"run 7"', ["Run 7"]],
  ["-ci", ["Run 7", "host=a"]],
  ["live", ["test"]],
  ["state:ended", ["build", "Run 7"]],
  ["state:failed ci/", ["build"]],
  ["state:exit:2", ["build"]],
  ["state:done", ["Run 7"]],
  ["-state:done -state:live", ["build", "host=a"]],
  ["is:det", ["host=a"]],
  ["failed", ["build"]],
  ["-failed ended", ["Run 7"]],
  ["status:exit", ["build", "Run 7"]],
  ["branch=main", ["build"]],
  ["meta.branch=main*", ["build", "host=a"]],
  ["meta.branch=*n*2", ["host=a"]],
  ["meta.branch:main", ["build", "host=a"]],
  ['branch="my branch"', ["test"]],
  ["branch=", ["build", "test", "host=a"]],
  ["pr=7", ["build"]],
  ["lines>1k", ["build"]],
  ["lines<1000 ci", ["test"]],
  ["rate>10", ["test"]],
  ["runs>1", ["build"]],
  ["watchers>0", ["Run 7"]],
  ["errors>0", ["build"]],
  ["errors<1", ["Run 7"]],
  ["age<5m", ["build", "test"]],
  ["age>1h", ["Run 7"]],
  ["lines>", ["build", "test", "Run 7", "host=a"]],
  ["- ci", ["build", "test"]],
])("%s finds %j", (text, names) => {
  expect(found(text)).toEqual(names);
});

test("a state is found by the word that its column shows, and is offered by it", () => {
  const rows = [
    row("a", { state: "ended", status: "hub_lost" }),
    row("b", { state: "ended", status: "eof" }),
    row("c", { state: "ended", status: "reset" }),
  ];
  const names = (text: string) =>
    rows.filter((each) => parseFilter(text).accept(each, NOW)).map(({ stream }) => stream);
  expect(["state:hub_lost", "state:reset", "state:ended", "is:failed"].map(names)).toEqual([
    ["a"],
    ["c"],
    ["a", "b", "c"],
    ["a", "c"],
  ]);
  const offered = hintsAt("state:", 6, rows).hints.map(({ text }) => text);
  expect(offered).toEqual([
    "state:live",
    "state:detached",
    "state:ended",
    "state:failed",
    "state:hub_lost",
    "state:reset",
  ]);
});

test("what is no term with a key is a part of the name", () => {
  const odd = row("a:b<c");
  for (const text of ["a:b", "b<c", "a:b<c"]) expect(parseFilter(text).accept(odd, NOW)).toBe(true);
});

test("only a name stays what it is while a stream goes on", () => {
  expect([parseFilter("ci -web").changing, parseFilter("ci live").changing]).toEqual([false, true]);
  expect([parseFilter("-state:live").changing, parseFilter("age<1m").changing]).toEqual([true, true]);
});

test("terms know where they stand", () => {
  expect(termsOf('ci  branch="my x" -')).toEqual([
    { from: 0, to: 2, text: "ci" },
    { from: 4, to: 17, text: "branch=my x" },
    { from: 18, to: 19, text: "-" },
  ]);
});

const hints = (text: string, caret = text.length) =>
  hintsAt(text, caret, ROWS).hints.map((each) => each.text);

test("keys are hinted first, then their values by how many streams have them", () => {
  expect(hints("")).toContain("state:");
  expect(hints("")).toContain("meta.branch=");
  expect(hints("sta")).toEqual(["state:", "status:"]);
  expect(hints("state:l")).toEqual(["state:live"]);
  expect(hints("status:")).toEqual(["status:exit:2", "status:exit:0"]);
  expect(hints("ci -branch=m")).toEqual(["-branch=main", '-branch="my branch"', "-branch=main-2"]);
  expect(hints("meta.")).toEqual(["meta.branch=", "meta.pr="]);
  expect(hints("state:live")).toEqual([]);
});

test("a hint takes the place of the term at the caret", () => {
  const at = hintsAt("sta ci", 3, ROWS);
  expect(withHint("sta ci", at, { text: "state:", note: "" })).toEqual({ text: "state: ci", caret: 6 });
  const end = hintsAt("ci state:l", 10, ROWS);
  expect(withHint("ci state:l", end, { text: "state:live", note: "" })).toEqual({
    text: "ci state:live ",
    caret: 14,
  });
});
