import { expect, test } from "vitest";
import { EarlyKeys, MOST_EARLY } from "../src/control/early-keys";

test("what is typed before a terminal is live waits, and is handed out once", () => {
  const early = new EarlyKeys();
  for (const key of ["l", "s", "\r"]) expect(early.press(key)).toBe(true);
  expect(early.take()).toBe("ls\r");
  expect(early.take()).toBe("");
});

test("no more waits than has room, and who types is told", () => {
  const early = new EarlyKeys();
  expect(early.press("x".repeat(MOST_EARLY))).toBe(true);
  expect(early.press("y")).toBe(false);
  expect(early.take()).toHaveLength(MOST_EARLY);
  expect(early.press("y")).toBe(true);
});
