import { expect, test } from "vitest";
import { Parts } from "../src/session/parts";

test("a part is fetched once, whoever wants it and however often", async () => {
  const parts = new Parts();
  let fetched = 0;
  const part = parts.add(async () => ++fetched);
  expect(part.loaded).toBe(null);
  expect(await Promise.all([part.load(), part.load()])).toEqual([1, 1]);
  expect(part.loaded).toBe(1);
  expect(await parts.loadAll()).toBe(0);
  expect(fetched).toBe(1);
});

test("a part that did not come is fetched again when it is wanted, and keeps no other from coming", async () => {
  const parts = new Parts();
  let reached = false;
  const first = parts.add(async () => {
    if (!reached) throw new Error("not reached");
    return "first";
  });
  const second = parts.add(async () => "second");
  expect(await parts.loadAll()).toBe(1);
  expect([first.loaded, second.loaded]).toEqual([null, "second"]);
  await expect(first.load()).rejects.toThrow("not reached");
  reached = true;
  expect(await first.load()).toBe("first");
});
