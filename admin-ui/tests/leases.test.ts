import { beforeEach, expect, test } from "vitest";
import { countdown, Leases } from "../src/control/leases";
import { CallError } from "../src/wire/rpc";
import type { LeaseRow } from "../src/wire/types";

const NAME = "stream:ci/a";

interface Asked {
  method: string;
  params: Record<string, unknown>;
  answer(result: unknown): Promise<void>;
  refuse(code: string, text?: string): Promise<void>;
}

let asked: Asked[];
let clock: number;
let session: string;
let leases: Leases;

beforeEach(() => {
  asked = [];
  clock = 100_000;
  session = "me";
  leases = new Leases(
    {
      call: <T>(method: string, params: Record<string, unknown>) =>
        new Promise<T>((resolve, reject) => {
          const settle = async () => {
            for (let turn = 0; turn < 6; turn++) await Promise.resolve();
          };
          asked.push({
            method,
            params,
            answer: (result) => {
              resolve(result as T);
              return settle();
            },
            refuse: (code, text = code) => {
              reject(new CallError(code, text, null));
              return settle();
            },
          });
        }),
      session: () => session,
      now: () => clock,
    },
    () => {},
  );
});

function row(more: Partial<LeaseRow> = {}): LeaseRow {
  const ttl_s = more.ttl_s ?? 60;
  return {
    name: NAME,
    stream: "ci/a",
    session: "me",
    principal: "ann",
    fence: 1,
    ttl_s,
    since: clock,
    expires_at: clock + ttl_s * 1000,
    waiters: 0,
    queue: [],
    ...more,
  };
}

test("the list is read to its last page", async () => {
  const loading = leases.load();
  expect(call("lease.list").params).toEqual({ limit: 10_000 });
  await call("lease.list").answer({
    leases: [row({ name: "a" })],
    next: "a",
    waiters: 0,
    total: 2,
    truncated: true,
  });
  expect(call("lease.list").params).toEqual({ limit: 10_000, after: "a" });
  await call("lease.list").answer({ leases: [row({ name: "b" })], next: null, waiters: 0, total: 2 });
  await loading;
  expect(leases.all.map(({ name }) => name)).toEqual(["a", "b"]);
});

function hear(topic: string, more: Record<string, unknown> = {}): void {
  leases.event({ topic, seq: 0, ...row(), ...more });
}

function call(method: string): Asked {
  const found = asked.findLast((each) => each.method === method);
  if (!found) throw new Error(`${method} was not asked`);
  return found;
}

async function list(...rows: LeaseRow[]): Promise<void> {
  leases.load();
  await call("lease.list").answer({ leases: rows, waiters: 0, total: rows.length });
}

test("what is listed is known, and what events tell meanwhile is newer", async () => {
  const other = row({ name: "printer", session: "other" });
  leases.load();
  hear("lease.ended", { name: "printer", session: "other", cause: "released" });
  await call("lease.list").answer({ leases: [row(), other], waiters: 0, total: 2 });
  expect(leases.all.map(({ name }) => name)).toEqual([NAME]);
});

test("a lease that this page has is renewed in time, one taken for longer is not", async () => {
  hear("lease.acquired");
  hear("lease.acquired", { name: "printer", ttl_s: 300 });
  clock += 19_000;
  hear("stats");
  expect(asked).toEqual([]);
  clock += 2_000;
  hear("stats");
  hear("stats");
  expect(asked.map(({ method, params }) => [method, params.name])).toEqual([["lease.renew", NAME]]);
});

test("another page's lease is not renewed", () => {
  hear("lease.acquired", { session: "other" });
  clock += 50_000;
  hear("stats");
  expect(asked).toEqual([]);
});

test("the loser is told by whom and why, who released it is not", async () => {
  hear("lease.acquired");
  hear("lease.ended", { cause: "stolen", by: "bob", reason: "a release" });
  hear("lease.acquired", { session: "other", principal: "bob", fence: 2 });
  expect(leases.notices).toMatchObject([
    { kind: "lost", text: "bob took the control of ci/a away from you", reason: "a release" },
  ]);
  leases.dismiss(leases.notices[0]?.id ?? 0);
  hear("lease.acquired", { fence: 3 });
  leases.release(NAME);
  hear("lease.ended", { fence: 3, cause: "released" });
  expect(leases.notices).toEqual([]);
});

test("the end of somebody else's lease is no loss", () => {
  hear("lease.acquired", { session: "other" });
  hear("lease.ended", { session: "other", cause: "expired" });
  expect(leases.notices).toEqual([]);
  expect(leases.get(NAME)).toBeUndefined();
});

test("what was lost while the hub was away is told, too", async () => {
  hear("lease.acquired");
  await list(row({ session: "other", principal: "bob", fence: 2 }));
  expect(leases.notices).toMatchObject([
    { kind: "lost", text: "You lost the control of ci/a while the hub was away", reason: "bob has it now" },
  ]);
  expect(leases.keeps).toBe(false);
});

test("a session that goes on in a page loaded anew has its leases and its place in queues", async () => {
  await list(
    row(),
    row({
      name: "printer",
      session: "other",
      waiters: 2,
      queue: [
        { session: "x", principal: "x" },
        { session: "me", principal: "ann" },
      ],
    }),
  );
  expect(leases.fenceOf(NAME)).toBe(1);
  expect(leases.keeps).toBe(true);
  expect(call("lease.acquire").params).toMatchObject({ name: "printer", ttl_s: 60 });
  expect(leases.placeOf(leases.get("printer") as LeaseRow)).toBe(2);
});

test("waiting goes on over a lost connection until it is had", async () => {
  hear("lease.acquired", { session: "other" });
  leases.wait(NAME);
  await call("lease.acquire").refuse("CLOSED");
  expect(leases.waits.has(NAME)).toBe(true);
  await list(row({ session: "other" }));
  expect(asked.filter(({ method }) => method === "lease.acquire").length).toBe(2);
  hear("lease.ended", { session: "other", cause: "released" });
  hear("lease.acquired", { fence: 2 });
  await call("lease.acquire").answer({ name: NAME, fence: 2 });
  expect(leases.waits.size).toBe(0);
  expect(leases.notices).toMatchObject([{ kind: "given", text: "You have the control of ci/a now" }]);
});

test("what is handed over is told once, to who waited as to who did not", async () => {
  hear("lease.acquired", { session: "other" });
  leases.wait(NAME);
  hear("lease.ended", { session: "other", cause: "handed_over", by: "bob" });
  hear("lease.acquired", { fence: 2 });
  await call("lease.acquire").answer({ name: NAME, fence: 2 });
  expect(leases.notices.map(({ text }) => text)).toEqual(["bob handed the control of ci/a over to you"]);
});

test("who waits in vain is told why, who gave up is not", async () => {
  leases.wait(NAME);
  await call("lease.acquire").refuse("LIMIT", "all of limits.lease_waiters (1) wait");
  expect(leases.notices).toMatchObject([{ kind: "failed", reason: "all of limits.lease_waiters (1) wait" }]);
  leases.wait("printer");
  leases.giveUp("printer");
  await call("lease.acquire").refuse("CANCELLED");
  expect(leases.notices.length).toBe(1);
});

test("how long it lasts goes by the hub's clock", () => {
  hear("lease.acquired", { expires_at: clock - 5000, ttl_s: 60 });
  expect(leases.left(leases.get(NAME) as LeaseRow)).toBe(60_000);
  clock += 1500;
  expect(countdown(leases.left(leases.get(NAME) as LeaseRow))).toBe("0:59");
  expect(countdown(3_725_000)).toBe("1:02:05");
});

test("a renewed lease still has its fence when the page holds it no more", () => {
  hear("lease.acquired", { session: "other" });
  expect(() => leases.fenceOf(NAME)).toThrow("does not hold it");
});
