import { expect, test } from "vitest";
import { type Ask, probe } from "../src/session/probe";

const hub =
  (status: number, body: string, headers: Record<string, string> = {}): Ask =>
  async () =>
    new Response(body, { status, headers });
const unreached: Ask = () => Promise.reject(new TypeError("Failed to fetch"));

test("a hub that is well has no reason", async () => {
  expect(await probe(hub(200, "{}"), () => true)).toEqual({ reason: null });
});

test("a hub that is busy says until when", async () => {
  const busy = hub(503, '{"code": "BUSY", "text": "limits.connections (3)"}', { "Retry-After": "2" });
  expect(await probe(busy, () => true)).toEqual({
    reason: "The hub is busy: limits.connections (3)",
    retryAfter: 2000,
  });
});

test("a login that is over is told apart", async () => {
  const over = hub(401, '{"code": "AUTH", "text": "log in first"}');
  expect(await probe(over, () => true)).toEqual({
    reason: "You are not logged in any more: log in first",
    loggedOut: true,
  });
});

test("what no hub said is not taken for its word", async () => {
  expect((await probe(hub(502, "<h1>Bad gateway</h1>"), () => true)).reason).toBe(
    "Something between here and the hub answers 502",
  );
});

test("a machine without a network is not the hub's fault", async () => {
  expect((await probe(unreached, () => false)).reason).toBe("This machine is offline");
  expect((await probe(unreached, () => true)).reason).toContain("cannot be reached");
});
