import { expect, test } from "vitest";
import { Fleet } from "../src/streams/fleet";
import { ownParts } from "../src/streams/own-part";
import { StreamList } from "../src/streams/stream-list";
import { row } from "./rows";

const own = (...names: string[]) =>
  ownParts(names).map((part, index) => part && (names[index] as string).slice(part.from, part.to));

test("what siblings have in common is left out before what tells them apart", () => {
  const names = ["0013", "0001", "0025", "0125"].map(
    (number) => `a-very-long-name-from-a-branch-JIRA-${number}-make-everything-better`,
  );
  expect(own(...names)).toEqual(["0013", "0001", "0025", "0125"]);
});

test("each is told from those most like it, whatever else is in the folder", () => {
  expect(
    own(
      "nightly-build-of-linux-arm64-release",
      "nightly-build-of-macos-arm64-release",
      "x",
      "train/gpt-small/lr=0.001/seed-number-1",
      "train/gpt-small/lr=0.001/seed-number-2",
    ),
  ).toEqual(["linux", "macos", null, "1", "2"]);
});

test("a name that begins another one keeps its end, and one without siblings is whole", () => {
  expect(own("a-long-name-of-a-build", "a-long-name-of-a-build~2")).toEqual(["build", "build~2"]);
  expect(own("one-long-name-and-no-other")).toEqual([null]);
});

test("names without words are cut where they differ, and no character is halved", () => {
  const front = "x".repeat(30);
  expect(own(`${front}\u{1F600}${front}`, `${front}\u{1F601}${front}`)).toEqual(["\u{1F600}", "\u{1F601}"]);
});

test("the list knows it of the streams in each folder that is open", async () => {
  const list = new StreamList();
  const rows = ["one", "two"].map((each) => row(`farm/the-long-name-of-${each}-machine`));
  await list.load(<T>() => Promise.resolve({ streams: rows, next: null } as T));
  const fleet = new Fleet(
    list,
    () => 0,
    () => 0,
  );
  const parts = fleet.show().rows.map(({ branch }) => branch.kind === "stream" && branch.own);
  expect(parts).toEqual([false, { from: 17, to: 20 }, { from: 17, to: 20 }]);
});
