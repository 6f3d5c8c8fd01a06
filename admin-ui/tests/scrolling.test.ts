import { expect, test } from "vitest";
import { leftEnd } from "../src/viewer/scrolling";

const drawn = { scrollTop: 900, clientHeight: 500, clientWidth: 360 };

test("who scrolls up leaves the end", () => {
  expect(leftEnd(drawn, { ...drawn, scrollTop: 880 })).toBe(true);
});

test("a box that changed its size did not leave the end, wherever that left it", () => {
  expect(leftEnd(drawn, { ...drawn, clientHeight: 120 })).toBe(false);
  expect(leftEnd(drawn, { scrollTop: 0, clientHeight: 120, clientWidth: 360 })).toBe(false);
  expect(leftEnd(drawn, { ...drawn, scrollTop: 880, clientWidth: 345 })).toBe(false);
});

test("rows that came below, not drawn yet, are not left", () => {
  expect(leftEnd(drawn, drawn)).toBe(false);
});
