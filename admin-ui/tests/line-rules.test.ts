import { expect, test } from "vitest";
import { piecesOf } from "../src/viewer/line-rules";

const mark = (from: number, to: number, className: string) => ({ from, to, className });

test("a text without marks is one piece", () => {
  expect(piecesOf(5, [])).toEqual([{ from: 0, to: 5, classes: "" }]);
  expect(piecesOf(0, [])).toEqual([]);
});

test("marks that lie over each other make pieces with the classes of both", () => {
  expect(piecesOf(10, [mark(2, 6, "hit"), mark(4, 8, "rule")])).toEqual([
    { from: 0, to: 2, classes: "" },
    { from: 2, to: 4, classes: "hit" },
    { from: 4, to: 6, classes: "hit rule" },
    { from: 6, to: 8, classes: "rule" },
    { from: 8, to: 10, classes: "" },
  ]);
});

test("marks are clipped to the text, and empty ones left out", () => {
  expect(piecesOf(4, [mark(-3, 2, "a"), mark(3, 99, "b"), mark(2, 2, "c")])).toEqual([
    { from: 0, to: 2, classes: "a" },
    { from: 2, to: 3, classes: "" },
    { from: 3, to: 4, classes: "b" },
  ]);
});
