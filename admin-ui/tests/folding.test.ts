import { beforeEach, expect, test } from "vitest";
import { type Fold, Folding } from "../src/viewer/folding";
import { Layout, ROW_HEIGHT } from "../src/viewer/layout";
import { PLAIN_LOOK } from "../src/viewer/look";
import { endNote, gapNote, type Row } from "../src/viewer/rows";

let folding: Folding;
let layout: Layout;

beforeEach(() => {
  folding = new Folding();
  layout = new Layout(folding, PLAIN_LOOK, null);
});

function lines(...texts: string[]): Row[] {
  const rows: Row[] = texts.map((text, n) => ({
    kind: "line",
    offset: 10 * n,
    end: 10 * n + 9,
    text,
    at: 1000 * n,
  }));
  folding.add(rows);
  return rows;
}
const shown = (rows: Row[]) => rows.filter((row) => layout.estimate(row) > 0).map((row) => row.text);

test("a group of GitHub's is folded under its head, with its lines and its time", () => {
  const rows = lines("a", "::group::Install", "one", "two", "::endgroup::", "b");
  expect(folding.headedBy(rows[1] as Row)).toMatchObject({
    title: "Install",
    lines: 3,
    beganAt: 1000,
    endedAt: 4000,
  });
  expect(shown(rows)).toEqual(["a", "::group::Install", "b"]);
});

test("groups lie in groups; one that is opened shows what is in it", () => {
  const rows = lines("##[group]outer", "##[group]inner", "x", "##[endgroup]", "##[endgroup]");
  expect(shown(rows)).toEqual(["##[group]outer"]);
  layout.folded.set(0, false);
  expect(shown(rows)).toEqual(["##[group]outer", "##[group]inner", "##[endgroup]"]);
});

const section = (options = "", at = 1_600_000_000) =>
  `\x1b[0Ksection_start:${at}:build${options}\r\x1b[0KCompile\x1b[0m`;
const sectionEnd = "\x1b[0Ksection_end:1600000042:build\r\x1b[0K";

test("a section of GitLab's is named, has its own times, and folds when it is over", () => {
  const rows = lines(section(), "x", sectionEnd, "y");
  expect(folding.headedBy(rows[0] as Row)).toMatchObject({
    title: "Compile",
    lines: 1,
    beganAt: 1_600_000_000_000,
    endedAt: 1_600_000_042_000,
  });
  expect(shown(rows)).toEqual([rows[0]?.text, "y"]);
});

test("a section's end is no line of its own when the section is open", () => {
  const rows = lines(section("[collapsed=false]"), "x", sectionEnd, "y");
  expect(shown(rows)).toEqual([rows[0]?.text, "x", "y"]);
});

test("a section that ends in the line in which the next one begins is over", () => {
  const next = `${sectionEnd}section_start:1600000043:deploy\r\x1b[0KDeploy`;
  const rows = lines(section(), "x", next, "y");
  expect(folding.headedBy(rows[0] as Row)).toMatchObject({ lines: 1, endedAt: 1_600_000_042_000 });
  expect(folding.headedBy(rows[2] as Row)).toMatchObject({ title: "Deploy", parent: null, endedAt: null });
});

test("a trace of Python's folds its frames and leaves what was raised", () => {
  const rows = lines(
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in f',
    "    boom()",
    "ValueError: no",
    "b",
  );
  expect(shown(rows)).toEqual(["Traceback (most recent call last):", "ValueError: no", "b"]);
});

test("a trace of Java's folds what was called, with its causes", () => {
  const rows = lines(
    "java.io.IOException: gone",
    "\tat a.B.c(B.java:1)",
    "Caused by: x",
    "\t... 3 more",
    "next",
  );
  expect(shown(rows)).toEqual(["java.io.IOException: gone", "next"]);
});

test("an error without frames is a line like any other", () => {
  const rows = lines("ValueError: no", "  indented", "b");
  expect(shown(rows).length).toBe(3);
  expect(folding.headedBy(rows[0] as Row)).toBeUndefined();
});

test("a run that ends leaves no group open", () => {
  lines("::group::Install", "one");
  folding.add([endNote(1, 20, { status: "exit:1", cause: null }, 5000)]);
  const rows = lines("next run");
  expect(shown(rows)).toEqual(["next run"]);
});

test("what a filter asks for is not hidden by a fold, and what it leaves out has no height", () => {
  const rows = lines("::group::Install", "one", "two", "::endgroup::");
  const accept = (plain: string) => plain === "two";
  layout.set(PLAIN_LOOK, { filters: true, accept, marks: () => [] });
  expect(shown(rows)).toEqual(["two"]);
});

test("a wrapped line is guessed by its length, and JSON by its parts when it is opened", () => {
  const [long, json] = lines("x".repeat(25), '{"a": 1, "b": [2]}') as [Row, Row];
  layout.columns = 10;
  layout.set({ ...PLAIN_LOOK, wrap: true }, null);
  expect(layout.estimate(long)).toBe(3 * ROW_HEIGHT);
  layout.expanded.set(10, true);
  expect(layout.estimate(json)).toBe(6 * ROW_HEIGHT);
});

test("a note is as high as it needs in the room there is, whether lines are broken or not", () => {
  const note = gapNote(10, 4106, "producer_skip");
  layout.columns = 120;
  expect(layout.estimate(note)).toBe(ROW_HEIGHT);
  layout.columns = 30;
  expect(layout.estimate(note)).toBe(2 * ROW_HEIGHT);
});

test("a group is open while it runs, and folds at its end where the end is followed", () => {
  const rows = lines("a", "::group::Build", "one", "::endgroup::", "b");
  folding.clear();
  expect(layout.enter(rows.slice(0, 3), true, 0)).toEqual([]);
  for (const row of rows.slice(0, 3)) layout.heights.push(layout.estimate(row));
  expect(layout.heights.total).toBe(60);
  const [ended] = layout.enter(rows.slice(3), true, 0);
  for (const row of rows.slice(3)) layout.heights.push(layout.estimate(row));
  layout.refold(ended as Fold, rows, 1);
  expect([0, 1, 2, 3, 4].map((index) => layout.heights.get(index))).toEqual([20, 20, 0, 0, 20]);
});

test("a group does not fold under who reads it, nor when its head is gone", () => {
  const rows = lines("::group::Build", "one", "::endgroup::");
  for (const [following, first] of [
    [false, 0],
    [true, 500],
  ] as const) {
    folding.clear();
    layout.folded.clear();
    expect(layout.enter(rows, following, first)).toEqual([]);
    expect(rows.map((row) => layout.estimate(row))).toEqual([20, 20, 20]);
  }
});
