import { expect, test } from "vitest";
import { grouped, MOST_HITS, PAGE, SearchAll, type SearchState } from "../src/find/search-all";
import type { Watch } from "../src/wire/rpc";
import { CallError } from "../src/wire/rpc";
import type { HitRow, SearchAnswer, StreamSearchParams } from "../src/wire/types";

const hit = (stream: string, offset: number): HitRow => ({
  stream,
  epoch: 1,
  offset,
  line: 0,
  at: 0,
  text: "",
  bytes: 0,
});
const page = (hits: HitRow[], next: string | null): SearchAnswer => ({ hits, next, scanned_bytes: 10 });
const WISH = { query: "x", regex: false, case: false, pattern: "**", from: null, to: null };

function searchOf(answers: (SearchAnswer | Error)[]) {
  const asked: { params: StreamSearchParams; watch: Watch }[] = [];
  const states: SearchState[] = [];
  const search = new SearchAll(
    (params, watch) => {
      asked.push({ params, watch });
      const answer = answers.shift();
      if (answer === undefined)
        return new Promise((_, reject) =>
          watch.signal?.addEventListener("abort", () =>
            reject(new CallError("CANCELLED", "cancelled", null)),
          ),
        );
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    (state) => states.push(state),
  );
  return { search, asked, now: () => states.at(-1) as SearchState };
}

test("hits come under their streams, and a page goes on with the stream of the last one", () => {
  const first = grouped([], [hit("b", 9), hit("b", 5), hit("a", 7)]);
  const both = grouped(first, [hit("a", 3), hit("c", 1)]);
  expect(both.map(({ stream, hits }) => [stream, hits.map(({ offset }) => offset)])).toEqual([
    ["b", [9, 5]],
    ["a", [7, 3]],
    ["c", [1]],
  ]);
});

test("pages follow each other, the newest first", async () => {
  const { search, asked, now } = searchOf([page([hit("a", 5)], "5 a"), page([hit("a", 1)], null)]);
  await search.begin(WISH);
  expect(now()).toMatchObject({ hits: 1, more: true, busy: false, bytes: 10 });
  await search.more();
  expect(now()).toMatchObject({ hits: 2, more: false, full: false, bytes: 20 });
  expect(asked.map(({ params }) => [params.newest, params.limit, params.after])).toEqual([
    [true, PAGE, null],
    [true, PAGE, "5 a"],
  ]);
  await search.more();
  expect(asked.length).toBe(2);
});

test("no more are held than can be looked at", async () => {
  const many = page(
    Array.from({ length: MOST_HITS }, (_, index) => hit("a", index)),
    "1 a",
  );
  const { search, now } = searchOf([many]);
  await search.begin(WISH);
  expect(now()).toMatchObject({ hits: MOST_HITS, more: false, full: true });
});

test("it tells how far it is, and can be stopped and gone on with", async () => {
  const { search, asked, now } = searchOf([]);
  const under = search.begin(WISH);
  asked[0]?.watch.progress?.({ streams: 3, of: 200_000, bytes: 99, hits: 0 });
  expect(now()).toMatchObject({ busy: true, streams: 3, of: 200_000, bytes: 99 });
  search.stop();
  await under;
  expect(asked[0]?.watch.signal?.aborted).toBe(true);
  expect(now()).toMatchObject({ busy: false, stopped: true, more: true, problem: "" });
  search.more();
  expect(asked.length).toBe(2);
});

test("another search gives up the one under way", async () => {
  const { search, asked, now } = searchOf([]);
  const first = search.begin(WISH);
  search.begin({ ...WISH, query: "y" });
  await first;
  expect(asked[0]?.watch.signal?.aborted).toBe(true);
  expect(now()).toMatchObject({ busy: true, problem: "" });
});

test("what the hub refuses is said", async () => {
  const { search, now } = searchOf([new CallError("PROTO", "a pattern is a stream name", null)]);
  await search.begin({ ...WISH, pattern: "//" });
  expect(now()).toMatchObject({ busy: false, problem: "a pattern is a stream name", more: false });
});
