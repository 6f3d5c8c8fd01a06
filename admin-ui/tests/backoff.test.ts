import { expect, test } from "vitest";
import { backoff, describeClose, mayRetry, retryAfter } from "../src/session/backoff";

test("the wait is a random part of a span that doubles up to a bound", () => {
  expect(backoff(0, () => 1)).toBe(500);
  expect(backoff(3, () => 1)).toBe(4000);
  expect(backoff(30, () => 1)).toBe(20_000);
  expect(backoff(5, () => 0)).toBe(0);
});

test("the hub's word is heard", () => {
  expect(retryAfter("DRAIN the hub is shutting down retry_after=1500")).toBe(1500);
  expect(retryAfter("nothing")).toBeNull();
  expect(mayRetry(4002)).toBe(true);
  expect(mayRetry(1006)).toBe(true);
  expect(mayRetry(4502)).toBe(false);
});

test("the reason is told as it is", () => {
  expect(describeClose({ code: 1006, reason: "" })).toBe("The connection to the hub is lost");
  expect(describeClose({ code: 4002, reason: "DRAIN the hub stops retry_after=9" })).toBe(
    "The hub is shutting down: the hub stops",
  );
});

test("what the code means already is not said twice", () => {
  expect(describeClose({ code: 4002, reason: "DRAIN the hub is shutting down retry_after=9" })).toBe(
    "The hub is shutting down",
  );
});
