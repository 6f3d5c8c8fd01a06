import { expect, test } from "vitest";
import { type Follower, SharedFollow } from "../src/session/shared-follow";
import { StreamFollow } from "../src/viewer/stream-follow";
import { parseFrame } from "../src/wire/frame";

/** A follower as a pane makes it, with the text of its rows. */
function pane(seam?: { epoch: number; next: number; line: number | null }): {
  follow: Follower;
  texts: string[];
} {
  const texts: string[] = [];
  const follow = new StreamFollow(
    "ci/a",
    {
      rows: (rows) => texts.push(...rows.map((row) => row.text)),
      truncated: (offset) => texts.push(`truncated ${offset}`),
      state() {},
      unnumbered() {},
      run() {},
    },
    () => {},
    (apply) => apply(),
    seam,
  );
  return { follow, texts };
}

function sharing(...panes: { follow: Follower }[]): (...frames: string[]) => void {
  const shared = new SharedFollow("ci/a");
  shared.id = "7";
  for (const { follow } of panes) shared.members.add(follow);
  return (...frames) => {
    for (const frame of frames) shared.frame(parseFrame(new TextEncoder().encode(frame)));
  };
}

const at = (next: number) => ({ epoch: 3, next, line: null });

test("the one that is farthest behind says where to begin; who has nothing yet is farthest", () => {
  const shared = new SharedFollow("ci/a");
  shared.id = "7";
  shared.members.add(pane(at(40)).follow).add(pane(at(10)).follow);
  expect(shared.subscription()).toMatchObject({ payload: "ci/a 3:10\n" });
  shared.members.add(pane().follow);
  expect(shared.subscription().payload).toBeUndefined();
  expect(shared.subscription().words).toContain("from=-500");
});

test("each takes what it has not got yet, and nothing twice", () => {
  const behind = pane(at(0));
  const ahead = pane(at(6));
  const hear = sharing(behind, ahead);
  hear("STREAM 1 ci/a epoch=3 offset=0 run=1 state=live\n", "DATA 1 0 5 {4}\na\nb\n\n");
  hear("DATA 1 4 5 {6}\nc\nd\ne\n\n");
  expect(behind.texts).toEqual(["a", "b", "c", "d", "e"]);
  expect(ahead.texts).toEqual(["d", "e"]);
});

test("what is missing for one is no gap for who has it", () => {
  const behind = pane(at(0));
  const ahead = pane(at(60));
  sharing(behind, ahead)(
    "STREAM 1 ci/a epoch=3 offset=0 run=1 state=live\n",
    "GAP 1 0 50 reason=lag\n",
    "GAP 1 50 70 reason=retention\n",
    "END 1 70 run=1 cause=eof\n",
  );
  expect(behind.texts.length).toBe(3);
  expect(ahead.texts).toEqual(["10 bytes are missing here: not kept any more", "run 1 ended: eof"]);
});

test("a stream that was cut is cut for all", () => {
  const one = pane(at(20));
  const two = pane(at(30));
  sharing(one, two)("STREAM 1 ci/a epoch=4 offset=10 run=1 state=live truncate=20\n");
  expect(one.texts[0]).toBe("truncated 10");
  expect(two.texts[0]).toBe("truncated 10");
});
