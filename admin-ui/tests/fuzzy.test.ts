import { expect, test } from "vitest";
import { fuzzyFind, fuzzyMatch } from "../src/streams/fuzzy";

const NAMES = ["ci/build-1", "ci/build-42", "train/run-42", "nightly/cb-42", "ci/web/bundle-424", "CI/Upper"];
const found = (query: string, most = 9) => fuzzyFind(query, NAMES, most).map(({ name }) => name);

test("letters in their order find a name, starts of words first", () => {
  expect(found("cb42")[0]).toBe("nightly/cb-42");
  expect(found("cb42")).toContain("ci/build-42");
  expect(found("run")).toEqual(["train/run-42"]);
  expect(found("ciup")).toEqual(["CI/Upper"]);
  expect(found("24")).toEqual(["ci/web/bundle-424"]);
  expect(found("zzz")).toEqual([]);
});

test("what stands together is better than what is scattered, and short better than long", () => {
  expect(found("build")).toEqual(["ci/build-1", "ci/build-42"]);
  expect(found("bu d")).toEqual(["ci/build-1", "ci/build-42", "ci/web/bundle-424"]);
  expect(found("42", 2)).toEqual(["ci/build-42", "train/run-42"].sort((a, b) => a.length - b.length));
});

test("nothing typed finds everything, as it comes", () => {
  expect(fuzzyFind("", ["b", "a"], 1).map(({ name }) => name)).toEqual(["b"]);
});

test("places are those of the letters", () => {
  expect(fuzzyMatch("b42", "ci/build-42")?.places).toEqual([3, 9, 10]);
  expect(fuzzyMatch("build", "x/rebuild/build")?.places).toEqual([10, 11, 12, 13, 14]);
  expect(fuzzyMatch("ab", "ba")).toBeNull();
  expect(fuzzyMatch("aa", "a")).toBeNull();
});

test("ten thousand names are searched while one types", () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `team-${index % 40}/service/job-${index}`);
  const began = performance.now();
  expect(fuzzyFind("t3job77", names, 12)).toHaveLength(12);
  expect(performance.now() - began).toBeLessThan(300);
});
