import { expect, test } from "vitest";
import { LeaveKeys } from "../src/control/leave-keys";
import { pasteQuestion } from "../src/control/paste";
import { MOST_WAITING, RawFollow } from "../src/control/raw-follow";
import { MOST_KEYS, Typist } from "../src/control/typist";
import { parseFrame } from "../src/wire/frame";
import { CallError } from "../src/wire/rpc";

function fed(...typed: string[]): [string, boolean] {
  const keys = new LeaveKeys();
  const passed = typed.map((each) => keys.feed(each));
  return [passed.map(({ text }) => text).join(""), passed.some(({ leave }) => leave)];
}

test("a tilde and a dot at the beginning of a line leave", () => {
  expect(fed("~.")).toEqual(["", true]);
  expect(fed("ls\r", "~", ".")).toEqual(["ls\r", true]);
  expect(fed("ls ~.")).toEqual(["ls ~.", false]);
});

test("a tilde is typed by two, or before anything else", () => {
  expect(fed("~~.")).toEqual(["~.", false]);
  expect(fed("~/bin\r")).toEqual(["~/bin\r", false]);
});

test("what runs at once when it is pasted is asked for", () => {
  expect(pasteQuestion("one word\tmore")).toBeNull();
  expect(pasteQuestion("ls\n")).toEqual({ lines: 1, preview: "ls\n" });
  expect(pasteQuestion("a\r\nb\x1b[c")).toEqual({ lines: 2, preview: "a\nb␛[c" });
});

const settle = async () => {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
};

function typing() {
  const sent: { command: string; args: Record<string, unknown>; idem: string; end(error?: Error): void }[] =
    [];
  const waits: number[] = [];
  let live = () => {};
  let last = 0;
  const typist = new Typist(
    {
      send: (command, args, idem) =>
        new Promise((resolve, reject) =>
          sent.push({
            command,
            args,
            idem,
            end: (error) => (error ? reject(error) : resolve({ done: true })),
          }),
        ),
      whenLive: () =>
        new Promise((resolve) => {
          live = resolve;
        }),
      after: async (ms) => void waits.push(ms),
      idem: () => String(++last),
    },
    () => {},
  );
  const type = (text: string) => typist.type(new TextEncoder().encode(text));
  return { typist, sent, waits, type, live: () => live() };
}

test("keys typed while one is on its way go together, after the newest size", async () => {
  const { typist, sent, type } = typing();
  type("a");
  type("ä");
  typist.resize(10, 20);
  typist.resize(11, 21);
  type("c");
  expect(sent.map(({ args }) => args)).toEqual([{ data: btoa("a") }]);
  sent[0]?.end();
  await settle();
  expect(sent[1]).toMatchObject({ command: "resize", args: { rows: 11, columns: 21 } });
  sent[1]?.end();
  await settle();
  expect(sent[2]?.args).toEqual({ data: btoa("\xc3\xa4c") });
});

test("keys that nobody answered for are said again with the same idem", async () => {
  const { sent, type, live, waits } = typing();
  type("a");
  sent[0]?.end(new CallError("CLOSED", "gone", null));
  await settle();
  expect(sent.length).toBe(1);
  live();
  await settle();
  expect(sent[1]?.idem).toBe(sent[0]?.idem);
  sent[1]?.end(new CallError("CONFLICT", "the producer is away", 5000));
  await settle();
  expect(waits).toEqual([1000]);
  expect(sent[2]?.idem).toBe(sent[0]?.idem);
});

test("a lost lease ends it, and nothing more is taken", async () => {
  const { typist, sent, type } = typing();
  type("a");
  sent[0]?.end(new CallError("FENCED", "stolen by bob", null));
  await settle();
  expect(typist.failure).toBe("stolen by bob");
  expect(type("b")).toBe(false);
  expect(sent.length).toBe(1);
});

test("what nobody takes is bounded", () => {
  const { type } = typing();
  type("a");
  expect(type("x".repeat(MOST_KEYS))).toBe(true);
  expect(type("y")).toBe(false);
});

function following() {
  const told: string[] = [];
  const drawn: (() => void)[] = [];
  const acknowledged: [number, number][] = [];
  const follow = new RawFollow(
    "a",
    50,
    {
      write: (data, done) => {
        if (data.length) told.push(new TextDecoder().decode(data.subarray(0, 20)));
        drawn.push(done);
      },
      note: (text) => told.push(`(${text})`),
      reset: () => told.push("reset"),
      live: () => told.push("live"),
      ended: (text) => told.push(`ended ${text}`),
    },
    (alias, offset) => acknowledged.push([alias, offset]),
  );
  const frame = (text: string) => follow.frame(parseFrame(new TextEncoder().encode(text)));
  return { follow, frame, told, drawn, acknowledged };
}

test("bytes are drawn as they are, acknowledged when drawn, and live after all of the past", () => {
  const { frame, told, drawn, acknowledged } = following();
  frame("STREAM 4 a epoch=1 offset=10 run=1 state=live\n");
  frame("DATA 4 10 99 {4}\n\x1b[0m\n");
  frame("LIVE 4 14\n");
  expect(acknowledged).toEqual([]);
  expect(told).toEqual(["\x1b[0m"]);
  for (const done of drawn) done();
  expect(acknowledged).toEqual([[4, 14]]);
  expect(told.at(-1)).toBe("live");
});

test("a reconnect goes on, says what is missing, and begins anew where that is not so", () => {
  const { follow, frame, told } = following();
  frame("STREAM 4 a epoch=1 offset=0 run=1 state=live\n");
  frame("DATA 4 0 99 {2}\nhi\n");
  follow.lost();
  expect(new TextDecoder().decode(new TextEncoder().encode(follow.subscription("7").payload))).toBe(
    "a 1:2\n",
  );
  frame("STREAM 5 a epoch=1 offset=5 run=1 state=live\n");
  expect(told).toEqual(["hi", "(3 B are missing here)"]);
  frame("STREAM 6 a epoch=2 offset=0 run=1 state=live\n");
  expect(told.at(-1)).toBe("reset");
});

test("what cannot be drawn in time is left out and told, and does not hold the hub up", () => {
  const { follow, frame, told, drawn, acknowledged } = following();
  frame("STREAM 4 a epoch=1 offset=0 run=1 state=live\n");
  const data = (offset: number, payload: Uint8Array) =>
    follow.frame({ verb: "DATA", args: ["4", String(offset), "99"], keys: {}, text: "", payload });
  data(0, new Uint8Array(MOST_WAITING).fill(65));
  data(MOST_WAITING, new Uint8Array(2048));
  expect(acknowledged).toEqual([[4, MOST_WAITING + 2048]]);
  for (const done of drawn.splice(0)) done();
  expect(told.at(-1)).toBe("(2.0 KiB came faster than they can be drawn, and are left out here)");
});
