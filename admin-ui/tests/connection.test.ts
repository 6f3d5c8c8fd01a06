import { beforeEach, expect, test } from "vitest";
import { Connection, type Follower, type Socket, type Status } from "../src/session/connection";
import type { Refusal } from "../src/session/probe";
import { type Frame, parseFrame } from "../src/wire/frame";

class FakeSocket implements Socket {
  binaryType: BinaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  sent: (string | Frame)[] = [];
  send(data: string | Uint8Array<ArrayBuffer>): void {
    this.sent.push(typeof data === "string" ? data : parseFrame(data));
  }
  closed = false;
  close(): void {
    this.closed = true;
  }
  frame(text: string): void {
    this.onmessage?.({ data: new TextEncoder().encode(text).buffer });
  }
  async welcome(): Promise<void> {
    this.onopen?.();
    this.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", id: 1, result: { session: "k" } }) });
    await Promise.resolve();
    await Promise.resolve();
  }
  get subs(): Frame[] {
    return this.sent.filter((each): each is Frame => typeof each !== "string" && each.verb === "SUB");
  }
}

let sockets: FakeSocket[];
let later: { ms: number; call: () => void }[];
let statuses: Status[];
let clock: number;
let connection: Connection;
let refusal: Refusal;

beforeEach(() => {
  sockets = [];
  later = [];
  statuses = [];
  clock = 1000;
  refusal = { reason: null };
  connection = new Connection(
    {
      open: () => {
        const socket = new FakeSocket();
        sockets.push(socket);
        return socket;
      },
      random: () => 0.5,
      now: () => clock,
      later: (ms, call) => later.push({ ms, call }),
      probe: () => Promise.resolve(refusal),
    },
    (status) => statuses.push(status),
    () => {},
    () => {},
  );
});

function follower(): Follower & { frames: Frame[]; cursor: string | null } {
  return {
    name: "ci/a",
    epoch: 1,
    next: null,
    frames: [],
    cursor: null,
    lost() {
      this.frames = [];
    },
    subscription(id: string) {
      const words = [id, "ci/a", "from=-10"];
      return this.cursor === null ? { words } : { words, payload: this.cursor };
    },
    frame(frame: Frame) {
      this.frames.push(frame);
    },
  };
}

test("hello comes first, then what was waiting", async () => {
  const watching = follower();
  connection.follow(watching);
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  expect(socket.sent).toEqual([]);
  await socket.welcome();
  expect(JSON.parse(socket.sent[0] as string)).toMatchObject({
    method: "hub.hello",
    params: { protocol: "HUB/1" },
  });
  expect(socket.subs.map((sub) => sub.args)).toEqual([["1", "ci/a"]]);
  socket.frame("STREAM 4 ci/a epoch=1 offset=0 run=1 state=live\n");
  socket.frame("DATA 4 0 99 {2}\nhi\n");
  expect(watching.frames.map((frame) => frame.verb)).toEqual(["STREAM", "DATA"]);
});

test("a ping is answered", async () => {
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  socket.frame("PING abc\n");
  expect(socket.sent.at(-1)).toMatchObject({ verb: "PONG", args: ["abc"] });
});

test("a lost connection comes back where it was", async () => {
  const watching = follower();
  connection.connect();
  connection.follow(watching);
  await (sockets[0] as FakeSocket).welcome();
  watching.cursor = "ci/a 1:42\n";
  sockets[0]?.onclose?.({ code: 4002, reason: "DRAIN bye retry_after=3000" });
  expect(statuses.at(-1)).toMatchObject({ kind: "lost", retryAt: 4000 });
  expect(later.at(-1)?.ms).toBe(3000);
  later.at(-1)?.call();
  await (sockets[1] as FakeSocket).welcome();
  const sub = (sockets[1] as FakeSocket).subs[0];
  expect(new TextDecoder().decode(sub?.payload ?? undefined)).toBe("ci/a 1:42\n");
});

test("a refusal is not tried again", async () => {
  connection.connect();
  const before = later.length;
  sockets[0]?.onclose?.({ code: 4502, reason: "AUTH no" });
  expect(statuses.at(-1)).toMatchObject({ kind: "refused", code: 4502 });
  expect(later.length).toBe(before);
});

test("a socket that hears nothing is given up", async () => {
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  clock += 15_000;
  socket.frame("PONG x\n");
  clock += 15_000;
  later.at(-1)?.call();
  expect(statuses.at(-1)).toEqual({ kind: "live" });
  clock += 15_000;
  later.at(-1)?.call();
  expect(socket.closed).toBe(true);
  expect(statuses.at(-1)).toMatchObject({ kind: "lost", reason: "The connection to the hub is lost" });
});

test("a socket that was replaced changes nothing any more", async () => {
  connection.connect();
  const first = sockets[0] as FakeSocket;
  connection.connect();
  expect(first.closed).toBe(true);
  expect(first.onclose).toBeNull();
  await (sockets[1] as FakeSocket).welcome();
  expect(statuses.at(-1)).toEqual({ kind: "live" });
});

test("a hub that is about to close is no mistake of anybody's", async () => {
  connection.connect();
  await sockets[0]?.welcome();
  sockets[0]?.frame("GOAWAY deadline=10 retry_after=1000\n");
  sockets[0]?.onclose?.({ code: 4002, reason: "DRAIN retry_after=1000 the hub is shutting down" });
  expect(statuses.at(-1)).toMatchObject({ kind: "lost", retryAt: clock + 1000 });
});

test("who needs the hub waits for it, at once or after it came back", async () => {
  let ready = 0;
  connection.whenLive().then(() => {
    ready += 1;
  });
  connection.connect();
  expect(ready).toBe(0);
  await sockets[0]?.welcome();
  await Promise.resolve();
  expect(ready).toBe(1);
  await connection.whenLive();
});

/** A socket that is closed before it opened, and what was found out since. */
async function refused(found: Refusal): Promise<void> {
  refusal = found;
  sockets.at(-1)?.onclose?.({ code: 1006, reason: "" });
  await Promise.resolve();
}

test("why a socket did not come to be is found out, and the hub's own time is kept to", async () => {
  connection.connect();
  await refused({ reason: "The hub is busy", retryAfter: 7000 });
  expect(statuses.at(-1)).toEqual({
    kind: "lost",
    reason: "The hub is busy",
    retryAt: clock + 7000,
    asked: true,
  });
  // Nobody may come earlier than the hub wants, nor twice.
  connection.lookedAt();
  const timers = later.splice(0);
  for (const { ms, call } of timers) if (ms < 1000) call();
  expect(sockets.length).toBe(1);
  for (const { ms, call } of timers) if (ms === 7000) call();
  expect(sockets.length).toBe(2);
});

test("while it tries again, what went wrong stays told", async () => {
  connection.connect();
  await refused({ reason: "This machine is offline" });
  connection.lookedAt();
  expect(sockets.length).toBe(2);
  expect(statuses.at(-1)).toEqual({ kind: "connecting", after: "This machine is offline" });
});

test("a hub that answers requests but no sockets has something before it; once may be chance", async () => {
  connection.connect();
  await refused({ reason: null });
  expect(statuses.at(-1)).toMatchObject({ reason: "The connection to the hub is lost" });
  for (let attempt = 0; attempt < 2; attempt++) {
    connection.retryNow();
    await refused({ reason: null });
  }
  expect(statuses.at(-1)).toMatchObject({
    reason: "The hub answers, but something before it does not let its WebSocket through",
  });
});

test("frames of a subscription that was left reach nobody, not even who follows the stream anew", async () => {
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  connection.follow(follower())();
  const anew = follower();
  connection.follow(anew);
  socket.frame("STREAM 1 ci/a epoch=1 offset=0 run=1 state=live\n");
  socket.frame("DATA 1 0 99 {2}\nhi\n");
  socket.frame("UNSUB 1\n");
  expect(anew.frames).toEqual([]);
  socket.frame("STREAM 2 ci/a epoch=1 offset=2 run=1 state=live\n");
  expect(anew.frames.map((frame) => frame.args[0])).toEqual(["2"]);
});

test("a call that takes long tells its progress, and is cancelled at the hub", async () => {
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  const told: unknown[] = [];
  const stop = new AbortController();
  const search = connection.call(
    "stream.search",
    { query: "x" },
    { progress: (detail) => told.push(detail.bytes), signal: stop.signal },
  );
  const { id } = JSON.parse(socket.sent.at(-1) as string);
  const progress = { jsonrpc: "2.0", method: "$/progress", params: { id, bytes: 5 } };
  socket.onmessage?.({ data: JSON.stringify(progress) });
  stop.abort();
  await expect(search).rejects.toMatchObject({ code: "CANCELLED" });
  expect(JSON.parse(socket.sent.at(-1) as string)).toEqual({
    jsonrpc: "2.0",
    method: "$/cancel",
    params: { id },
  });
  socket.onmessage?.({ data: JSON.stringify(progress) });
  expect(told).toEqual([5]);
});

test("what is cancelled before it began is not asked", async () => {
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  const sent = socket.sent.length;
  const search = connection.call("stream.search", { query: "x" }, { signal: AbortSignal.abort() });
  await expect(search).rejects.toMatchObject({ code: "CANCELLED" });
  expect(socket.sent.length).toBe(sent);
});

/** What a connection says hello with. */
function helloOf(socket: FakeSocket | undefined): Record<string, unknown> {
  return JSON.parse(socket?.sent[0] as string).params;
}

test("a session that has something to come back for goes on, and follows anew", async () => {
  const watching = follower();
  connection.follow(watching);
  connection.connect();
  connection.keeps = () => true;
  await sockets[0]?.welcome();
  sockets[0]?.onclose?.({ code: 1006, reason: "" });
  later.at(-1)?.call();
  const socket = sockets[1] as FakeSocket;
  socket.onopen?.();
  expect(helloOf(socket)).toMatchObject({ session: "k" });
  // What it followed comes before the welcome, and is asked for anew.
  socket.frame("STREAM 4 ci/a epoch=1 offset=0 run=1 state=live\n");
  socket.frame("DATA 4 0 99 {2}\nhi\n");
  socket.onmessage?.({ data: JSON.stringify({ jsonrpc: "2.0", id: 1, result: { session: "k" } }) });
  await Promise.resolve();
  await Promise.resolve();
  expect(watching.frames).toEqual([]);
  const said = socket.sent.filter((each): each is Frame => typeof each !== "string");
  expect(said.map(({ verb, args }) => [verb, args[0]])).toEqual([
    ["UNSUB", "1"],
    ["SUB", "2"],
  ]);
  socket.frame("UNSUB 1\n");
  socket.frame("STREAM 5 ci/a epoch=1 offset=0 run=1 state=live\n");
  expect(watching.frames.map(({ verb }) => verb)).toEqual(["STREAM"]);
});

test("the same page loaded anew goes on with ids of its own", async () => {
  connection.goOn({ key: "k", subscriptions: [["7", "ci/a"]] });
  connection.follow(follower());
  connection.connect();
  const socket = sockets[0] as FakeSocket;
  await socket.welcome();
  expect(helloOf(socket)).toMatchObject({ session: "k" });
  expect(socket.subs.map((sub) => sub.args[0])).toEqual(["8"]);
});

test("a session that is over meanwhile gives way to a new one, at once", async () => {
  connection.goOn({ key: "k", subscriptions: [] });
  connection.connect();
  sockets[0]?.onopen?.();
  sockets[0]?.onclose?.({ code: 4504, reason: "EXPIRED there is no such session any more" });
  expect(sockets.length).toBe(2);
  await sockets[1]?.welcome();
  expect(helloOf(sockets[1])).not.toHaveProperty("session");
  expect(statuses.at(-1)).toEqual({ kind: "live" });
});

test("without leases each connection begins a new session", async () => {
  connection.connect();
  await sockets[0]?.welcome();
  sockets[0]?.onclose?.({ code: 1006, reason: "" });
  later.at(-1)?.call();
  await sockets[1]?.welcome();
  expect(helloOf(sockets[1])).not.toHaveProperty("session");
});
