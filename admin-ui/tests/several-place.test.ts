import { expect, test } from "vitest";
import { parsePlace, printPlace } from "../src/session/address";
import { changedWords, inlineDiff } from "../src/several/inline-diff";
import { labelsFor } from "../src/several/labels";
import {
  activeOf,
  besidePlace,
  comparePlace,
  findingPlace,
  mergedPlace,
  shownOf,
  showsSeveral,
  wayOf,
  withoutStream,
  withStream,
} from "../src/several/several-place";

test("lines of runs that are compared are found side by side, or in a stream by itself", () => {
  expect(findingPlace(comparePlace(["ci/a", "b"]))).toEqual(besidePlace(["ci/a", "b"]));
  expect(printPlace(findingPlace(comparePlace(["ci/a", "ci/a"], { left: "3" })))).toBe("#/s/ci/a");
});

test("each way of showing several streams has an address of its own", () => {
  const addresses = [
    besidePlace(["ci/a", "b"]),
    mergedPlace(["ci/a", "b"]),
    comparePlace(["ci/a"], { left: "3" }),
  ];
  expect(addresses.map(printPlace)).toEqual([
    "#/s/ci/a,b",
    "#/s/ci/a,b?as=merged",
    "#/s/ci/a?left=3&as=compare",
  ]);
  for (const place of addresses) expect(parsePlace(printPlace(place))).toEqual(place);
  expect(addresses.map(wayOf)).toEqual(["beside", "merged", "compare"]);
  expect(addresses.map(showsSeveral)).toEqual([true, true, true]);
  expect(showsSeveral(parsePlace("#/s/ci/a?at=start"))).toBe(false);
  expect(showsSeveral(parsePlace("#/search?as=merged"))).toBe(false);
});

test("one more stream gets the keyboard, and the others stay where they are", () => {
  const place = parsePlace("#/s/a?at=@7");
  expect(printPlace(withStream(place, "b/c"))).toBe("#/s/a,b/c?at=%407&pane=2");
});

test("without one, the places of the others go with them, and one alone is itself", () => {
  const place = parsePlace("#/s/a,b,c?at=@1&at2=@2&at3=@3&pane=3&sync=time");
  const two = withoutStream(place, 1);
  expect(printPlace(two)).toBe("#/s/a,c?sync=time&at=%401&at2=%403&pane=2");
  expect(printPlace(withoutStream(two, 0))).toBe("#/s/c?at=%403");
  expect(printPlace(withoutStream(parsePlace("#/s/a,b?as=merged"), 0))).toBe("#/s/b");
});

test("what has no room is counted, and what an address makes up is not believed", () => {
  expect(shownOf(besidePlace(["a", "b", "c", "d", "e", "f"]))).toEqual({
    names: ["a", "b", "c", "d"],
    left: 2,
  });
  expect(shownOf(mergedPlace(["a", "b", "a"]))).toEqual({ names: ["a", "b"], left: 0 });
  expect(["", "2", "9", "-1", "x"].map((pane) => activeOf(besidePlace(["a", "b"], { pane }), 2))).toEqual([
    0, 1, 0, 0, 0,
  ]);
});

test("labels tell names from each other in a few letters", () => {
  expect(labelsFor(["ci/web/build-1", "ci/web/build-2"])).toEqual(["build-1", "build-2"]);
  expect(labelsFor(["ci/a/log", "ci/b/log"])).toEqual(["a/log", "b/log"]);
  expect(labelsFor(["x"])).toEqual(["x"]);
  expect(labelsFor(["train/llama/run-7", "ci/x"], 12)).toEqual(["train…/run-7", "ci/x"]);
  const long = (middle: string) => `${"begin".repeat(4)}${middle}${"end".repeat(6)}`;
  expect(labelsFor([long("a"), long("b")])).toEqual([
    "1 beginbeginb…endendendend",
    "2 beginbeginb…endendendend",
  ]);
});

test("what differs within a line is found by words", () => {
  expect(inlineDiff("took 12 ms here", "took 9 ms there")).toEqual([
    [
      { text: "took ", own: false },
      { text: "12", own: true },
      { text: " ms ", own: false },
      { text: "here", own: true },
    ],
    [
      { text: "took ", own: false },
      { text: "9", own: true },
      { text: " ms ", own: false },
      { text: "there", own: true },
    ],
  ]);
  const long = "x".repeat(9000);
  expect(inlineDiff(long, `${long}y`)[0]).toEqual([{ text: long, own: true }]);
});

test("words are marked where one line became another, and not where two lines have nothing to do with each other", () => {
  const own = (parts: { text: string; own: boolean }[] | undefined) =>
    parts?.filter((part) => part.own).map(({ text }) => text);
  const [left, right] = changedWords("step 7 took 12 ms", "step 7 took 9 ms") ?? [];
  expect([own(left), own(right)]).toEqual([["12"], ["9"]]);
  // Of a line that goes on in the other run all is common that it has.
  expect(own(changedWords("ok", "ok, after 3 attempts: the server was busy")?.[1])).toEqual([
    ", after 3 attempts: the server was busy",
  ]);
  expect(changedWords("collected 14 items", "Traceback (most recent call last):")).toBeNull();
  expect(changedWords("a b", "c d")).toBeNull();
  expect(changedWords("", "new")).toBeNull();
});
