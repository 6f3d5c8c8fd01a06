import { expect, test } from "vitest";
import { Commanding, parseArgs } from "../src/control/commanding";
import { putKept, takeKept } from "../src/session/kept-session";

test("arguments are an object, words, or the bare word of a known command", () => {
  expect(parseArgs("level", '{"level": 3}')).toEqual({ level: 3 });
  expect(parseArgs("level", "level=3 name=x on=true")).toEqual({ level: 3, name: "x", on: true });
  expect(parseArgs("level", " ")).toEqual({});
  expect(parseArgs("signal", "INT")).toEqual({ name: "INT" });
  expect(parseArgs("resize", "24x80")).toEqual({ rows: 24, columns: 80 });
  expect(parseArgs("stdin", "make test")).toEqual({ text: "make test\n" });
  expect(() => parseArgs("level", "three")).toThrow("JSON object");
  expect(() => parseArgs("level", "{level")).toThrow("no JSON object");
});

function commanding(reply: () => Promise<{ reply: unknown }>) {
  let clock = 0;
  const asked: unknown[] = [];
  const made = new Commanding(
    (...params) => {
      asked.push(params);
      clock += 7;
      return reply();
    },
    () => clock,
    () => {},
  );
  return { made, asked };
}

test("what became of a command stands in the history, newest first", async () => {
  const { made, asked } = commanding(async () => ({ reply: { done: true } }));
  const sending = made.send("signal", { name: "INT" }, 3);
  expect(made.sent).toMatchObject([{ state: "open" }]);
  await sending;
  await made.send("stdin", { text: "x" });
  expect(asked).toEqual([
    ["signal", { name: "INT" }, 3],
    ["stdin", { text: "x" }, 10],
  ]);
  expect(made.sent).toMatchObject([
    { command: "stdin", state: "done" },
    { command: "signal", state: "done", text: '{"done":true}', ms: 7 },
  ]);
});

test("a producer's no, and no answer at all, are not taken for a yes", async () => {
  const refused = commanding(async () => ({ reply: { done: false, error: "ValueError: NOPE" } }));
  await refused.made.send("signal", { name: "NOPE" });
  expect(refused.made.sent).toMatchObject([{ state: "refused" }]);
  const late = commanding(() => Promise.reject(new Error("the producer did not reply within 10 s")));
  await late.made.send("signal", { name: "INT" });
  expect(late.made.sent).toMatchObject([{ state: "failed", text: "the producer did not reply within 10 s" }]);
});

test("the history is bounded", async () => {
  const { made } = commanding(async () => ({ reply: "" }));
  for (let number = 0; number < 60; number++) await made.send("x", { number });
  expect(made.sent.length).toBe(50);
  expect(made.sent[0]?.args).toEqual({ number: 59 });
});

test("a session's key lies in the tab's storage once only", () => {
  const held = new Map<string, string>();
  const storage = {
    getItem: (key: string) => held.get(key) ?? null,
    setItem: (key: string, value: string) => held.set(key, value),
    removeItem: (key: string) => held.delete(key),
  } as unknown as Storage;
  putKept(storage, null);
  expect(takeKept(storage)).toBeNull();
  const kept = { key: "k", subscriptions: [["1", "ci/a"]] as [string, string][] };
  putKept(storage, kept);
  expect(takeKept(storage)).toEqual(kept);
  expect(takeKept(storage)).toBeNull();
  held.set("hub.session", "{broken");
  expect(takeKept(storage)).toBeNull();
});
