import { expect, test } from "vitest";
import { Matcher } from "../src/find/query";
import { LineFilter, StreamRules } from "../src/find/rules";
import type { TextLine } from "../src/viewer/rows";

const line = (text: string, more: Partial<TextLine> = {}): TextLine => ({
  kind: "line",
  offset: 0,
  end: 1,
  at: 0,
  text,
  ...more,
});
const has = (text: string) => new Matcher({ text, regex: false, exact: false });
const OPEN = { include: null, exclude: null, level: "any", channel: "any" } as const;

test("without a choice nothing is left out, and folds stay as they are", () => {
  const filter = new LineFilter(OPEN);
  expect(filter.filters).toBe(false);
  expect(filter.accept("anything", line("anything"))).toBe(true);
});

test("a line has to pass every part of the filter", () => {
  const filter = new LineFilter({ include: has("db"), exclude: has("debug"), level: "warn", channel: "err" });
  const passes = (text: string, ch?: string) => filter.accept(text, line(text, ch ? { ch } : {}));
  expect(passes("ERROR db is gone", "err")).toBe(true);
  expect(passes("ERROR db is gone")).toBe(false);
  expect(passes("ERROR web is gone", "err")).toBe(false);
  expect(passes("ERROR db debug", "err")).toBe(false);
  expect(passes("INFO db", "err")).toBe(false);
  expect(passes("db", "err")).toBe(false);
});

test("what is left out is counted, of the lines alone", () => {
  const filter = new LineFilter({ ...OPEN, include: has("yes") });
  const note = { kind: "note", tone: "run", key: "run:1", offset: 0, text: "run 1 begins" } as const;
  expect(filter.count([note, line("yes"), line("no"), line("\x1b[1mye\x1b[0ms")])).toEqual({
    lines: 3,
    left: 1,
  });
});

test("the hit that the reader is at is shown, whatever the filter says", () => {
  const filter = new LineFilter({ ...OPEN, include: has("yes") });
  const rules = new StreamRules(filter, has("no"), [], { source: 0, offset: 40, at: 0 });
  expect(rules.accept("no", line("no", { offset: 40 }))).toBe(true);
  expect(rules.accept("no", line("no", { offset: 50 }))).toBe(false);
});

test("own rules, the filter and what is looked for stand out, each in its way", () => {
  const filter = new LineFilter({ ...OPEN, include: has("b") });
  const rules = new StreamRules(filter, has("c"), [{ matcher: has("a"), colour: "red" }], {
    source: 0,
    offset: 7,
    at: 0,
  });
  expect(rules.marks("abc", line("abc"))).toEqual([
    { from: 0, to: 1, className: "own red" },
    { from: 1, to: 2, className: "included" },
    { from: 2, to: 3, className: "hit" },
  ]);
  expect(rules.marks("c", line("c", { offset: 7 }))).toEqual([{ from: 0, to: 1, className: "hit now" }]);
});
