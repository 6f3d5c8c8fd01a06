import { expect, test } from "vitest";
import { HeldKeys } from "../src/views/held-keys";

const plain = { ctrlKey: false, metaKey: false, altKey: false };

test("what is typed while its box is on the way is text for it", () => {
  const keys = new HeldKeys();
  for (const key of ["r", "x", "Backspace", "e", " "]) expect(keys.take({ ...plain, key })).toBe(true);
  expect(keys.typed).toBe("re ");
});

test("Enter presses nothing that is left behind; what leads away, and the browser's own keys, go on", () => {
  const keys = new HeldKeys();
  expect(keys.take({ ...plain, key: "Enter" })).toBe(true);
  for (const key of ["Escape", "Tab", "ArrowDown"]) expect(keys.take({ ...plain, key })).toBe(false);
  expect(keys.take({ ...plain, key: "r", ctrlKey: true })).toBe(false);
  expect(keys.typed).toBe("");
});
