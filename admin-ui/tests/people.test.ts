import { expect, test } from "vitest";
import { hereWords, isName, lagOf, sessionWord, watchingWords } from "../src/session/people";
import type { SessionRow, WatcherRow } from "../src/wire/types";

const watcher = (more: Partial<WatcherRow>): WatcherRow => ({
  session: "s1",
  principal: "ana",
  via: "tcp",
  attached: true,
  since: 0,
  watches: ["ci/**"],
  streams: 1,
  catching_up: 0,
  behind_bytes: 0,
  behind_lines: 0,
  ...more,
});

test.each([
  [{}, "live"],
  [{ behind_bytes: 2048, behind_lines: 1 }, "1 line, 2.0 KiB behind"],
  [{ behind_bytes: 2048, behind_lines: null }, "2.0 KiB behind"],
  [{ catching_up: 2, behind_bytes: 5, behind_lines: 2 }, "catching up, 2 lines, 5 B behind"],
  [{ attached: false, behind_bytes: null }, "away"],
  [{ attached: false, behind_bytes: 10, behind_lines: 3 }, "away, 3 lines, 10 B behind"],
  [{ streams: 0 }, "waits for a stream"],
  [{ streams: 0, watches: [] }, "watches nothing"],
])("a watcher that is %j is said to be %j", (more, word) => {
  expect(lagOf(watcher(more)).word).toBe(word);
});

test("who watches a stream is counted by how far they are", () => {
  const answer = { next: null, total: 1, watching: 1, away: 0, watchers: [watcher({})] };
  expect(watchingWords({ ...answer, total: 0, watchers: [] })).toBe("0");
  expect(watchingWords(answer)).toBe("1");
  const late = [
    watcher({ catching_up: 1 }),
    watcher({ behind_bytes: 9 }),
    watcher({ attached: false, behind_bytes: 9 }),
  ];
  expect(watchingWords({ ...answer, total: 4, away: 1, watchers: [...late, watcher({})] })).toBe(
    "3, 2 behind, 1 away",
  );
});

test("who only has the page open is here, and watches nothing", () => {
  const answer = { next: null, total: 5, watching: 1, away: 0, watchers: [] };
  expect(hereWords(answer)).toBe("1 watching");
  expect(hereWords({ ...answer, away: 2 })).toBe("1 watching, and 2 away, who may come back");
});

test("a literal name leads to its stream, a pattern does not", () => {
  expect(["ci/build-1", "ci/*", "**", "a/{b,c}"].map(isName)).toEqual([true, false, false, false]);
});

test("a session says what it is", () => {
  const session: SessionRow = {
    session: "s",
    kind: "client",
    principal: "ana",
    role: "viewer",
    attached: true,
    slots: ["command", "data"],
    peer: "127.0.0.1:5",
    via: "websocket",
    since: 0,
    detached_at: null,
    stream: null,
    subscriptions: 2,
  };
  expect(sessionWord(session)).toBe("command + data");
  expect(sessionWord({ ...session, attached: false, slots: [] })).toBe("reader, away");
  expect(sessionWord({ ...session, kind: "producer", slots: [], stream: "ci/1" })).toBe("producer");
  expect(sessionWord({ ...session, kind: "producer", attached: false })).toBe("producer, away");
});
