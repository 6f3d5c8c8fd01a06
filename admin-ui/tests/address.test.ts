import { expect, test } from "vitest";
import { LIST, parsePlace, printPlace, streamPlace, withKeys } from "../src/session/address";

test("the address holds the place", () => {
  for (const place of [
    LIST,
    { ...LIST, keys: { q: "état du build & more=1 + 2%" } },
    streamPlace("build/été 1?x#y,z"),
    streamPlace(["a/1", "b,2", "c"], { layout: "merged", at: "time:1700000000000" }),
    { view: "search" as const, names: [], keys: { q: "a+b", in: "build/**" } },
    { view: "people" as const, names: [], keys: {} },
  ]) {
    expect(parsePlace(printPlace(place))).toEqual(place);
  }
});

test("addresses are for people, too", () => {
  expect(printPlace(streamPlace(["build/1", "build/2"], { at: "line:7", q: "not found" }))).toBe(
    "#/s/build/1,build/2?at=line:7&q=not+found",
  );
});

test("what is no place is the list, and what is no encoding is itself", () => {
  expect(parsePlace("")).toEqual(LIST);
  expect(parsePlace("#/nothing/of/ours")).toEqual(LIST);
  expect(parsePlace("#/s/100%")).toEqual(streamPlace("100%"));
  expect(parsePlace("#/s/")).toEqual(LIST);
});

test("an empty value takes its key away", () => {
  expect(withKeys(streamPlace("a", { q: "x", at: "end" }), { q: "" })).toEqual(
    streamPlace("a", { at: "end" }),
  );
});
