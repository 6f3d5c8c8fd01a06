import { beforeEach, expect, test } from "vitest";
import { Fleet, type FleetState } from "../src/streams/fleet";
import { actOf } from "../src/streams/fleet-keys";
import { NEWEST, nextOrder, parseOrder, printOrder } from "../src/streams/fleet-order";
import { rowsInSight, scrollToShow } from "../src/streams/rows-in-sight";
import { StreamList } from "../src/streams/stream-list";
import type { StreamRow } from "../src/wire/types";
import { row } from "./rows";

let list: StreamList;
let fleet: Fleet;
let clock: number;

async function holding(...rows: StreamRow[]): Promise<void> {
  list = new StreamList();
  // The hub lists the newest first.
  await list.load(<T>() => Promise.resolve({ streams: rows.toReversed(), next: null } as T));
  clock = 0;
  fleet = new Fleet(
    list,
    () => clock,
    () => 0,
  );
}

/** The rows as one sees them: `+` shut, `-` open, two spaces a level. */
function shown(): string[] {
  return fleet
    .show()
    .rows.map(
      ({ branch, level, open }) =>
        "  ".repeat(level) + (open === null ? "" : open ? "- " : "+ ") + branch.label,
    );
}
const set = (state: Partial<FleetState>) => fleet.set({ ...fleet.get(), ...state });
const change = (...rows: StreamRow[]) => list.event({ topic: "streams", seq: 0, rows });
const later = (ms: number) => {
  clock += ms;
};

beforeEach(() =>
  holding(row("ci/a/1"), row("ci/a/2"), row("ci/b/only"), row("train/x", { lines: 9 }), row("alone")),
);

test("names are a tree, the newest first; a folder of one thing is one with it", () => {
  expect(shown()).toEqual(["alone", "train/x", "- ci/", "  b/only", "  - a/", "    2", "    1"]);
  set({ flat: true });
  expect(shown()).toEqual(["alone", "train/x", "ci/b/only", "ci/a/2", "ci/a/1"]);
});

test("odd names are streams like others", async () => {
  await holding(row("a"), row("a/b"), row("a//c"), row("/d"));
  expect(shown()).toEqual(["/d", "- a/", "  /c", "  b", "a"]);
});

test("a folder has the sums of what is in it", async () => {
  await holding(
    row("ci/a", { lines: 3, errors: 2, bytes: 10, lines_per_s: 2, last_at: 5, watchers: 1 }),
    row("ci/b", { lines: 4, lines_per_s: 7, state: "ended", status: "exit:1", last_at: 9, run: 2 }),
  );
  expect(fleet.show().rows[0]?.branch.sums).toEqual({
    streams: 2,
    live: 1,
    failed: 1,
    lines: 7,
    bytes: 10,
    errors: 2,
    rate: 2,
    watchers: 1,
    runs: 3,
    lastAt: 9,
    newest: 2,
  });
});

test("folders are turned one by one, or all", () => {
  shown();
  fleet.turn("ci/a/", false);
  expect(shown()).toEqual(["alone", "train/x", "- ci/", "  b/only", "  + a/"]);
  fleet.turnAll(false);
  expect(shown()).toEqual(["alone", "train/x", "+ ci/"]);
  fleet.reveal("ci/a/2");
  expect(shown()).toEqual(["alone", "train/x", "- ci/", "  b/only", "  - a/", "    2", "    1"]);
  expect(fleet.cursor).toBe("ci/a/2");
});

test("many streams are shut at first, and open where one filters", async () => {
  await holding(...Array.from({ length: 301 }, (_, index) => row(`ci/${index}`)));
  expect(shown()).toEqual(["+ ci/"]);
  set({ filter: "30" });
  expect(shown()).toEqual(["- ci/", "  300", "  230", "  130", "  30"]);
  expect(fleet.show().matching).toBe(4);
});

test("folders open when all are listed, though events told of every stream before", async () => {
  list = new StreamList();
  fleet = new Fleet(
    list,
    () => clock,
    () => 0,
  );
  const rows = [row("ci/b"), row("ci/a")];
  await list.load(<T>() => {
    change(...rows);
    // What is known is shown meanwhile: how many there are is not.
    expect(shown()).toEqual(["+ ci/"]);
    later(10);
    return Promise.resolve({ streams: rows, next: null } as T);
  });
  expect(shown()).toEqual(["- ci/", "  b", "  a"]);
});

test("under the pointer nothing moves, and values are those of now", () => {
  set({ flat: true, order: parseOrder("-lines") });
  const before = shown();
  expect(before[0]).toBe("train/x");
  fleet.hold();
  change(row("alone", { lines: 50 }));
  list.event({ topic: "stream.created", seq: 1, ...row("new") });
  list.event({ topic: "stream.deleted", seq: 2, ...row("ci/a/1") });
  list.event({ topic: "stream.run", seq: 3, ...row("ci/b/only", { run: 2 }) });
  later(60_000);
  expect(shown()).toEqual(before);
  const held = fleet.show();
  expect(held.rows.find(({ branch }) => branch.id === "alone")?.branch.sums.lines).toBe(50);
  expect([held.held, held.waiting]).toEqual([true, 1]);
  list.event({ topic: "stream.created", seq: 4, ...row("newer") });
  later(1000);
  expect(fleet.show().waiting).toBe(2);
  fleet.release();
  expect(shown()).toEqual(["alone", "train/x", "ci/a/2", "ci/b/only", "new", "newer"]);
});

test("who holds the list may still take in what waits", () => {
  shown();
  fleet.hold();
  list.event({ topic: "stream.created", seq: 1, ...row("new") });
  later(10);
  expect(fleet.show().waiting).toBe(1);
  fleet.renew();
  expect(shown()[0]).toBe("new");
  expect(fleet.show()).toMatchObject({ held: true, waiting: 0 });
});

test("rows change places every two seconds at most", () => {
  set({ flat: true, order: parseOrder("-lines") });
  shown();
  later(2000);
  expect(shown()[0]).toBe("train/x");
  change(row("alone", { lines: 50 }));
  later(1000);
  expect(shown()[0]).toBe("train/x");
  later(1000);
  expect(shown()[0]).toBe("alone");
});

test("a stream comes and goes with its state, where the filter is of states", () => {
  set({ filter: "state:ended", flat: true });
  expect(shown()).toEqual([]);
  change(row("alone", { state: "ended" }));
  later(2000);
  expect(shown()).toEqual(["alone"]);
  change(row("alone", { state: "live", run: 2 }));
  later(2000);
  expect(shown()).toEqual([]);
});

test("what needs a person comes first by state", async () => {
  await holding(
    row("ok", { state: "ended", status: "exit:0" }),
    row("on"),
    row("f/bad", { state: "ended", status: "exit:1" }),
    row("f/ok", { state: "ended", status: "exit:0" }),
    row("waits", { state: "detached" }),
  );
  set({ order: parseOrder("-state") });
  expect(shown()).toEqual(["- f/", "  bad", "  ok", "waits", "on", "ok"]);
});

test("names are sorted as people count", async () => {
  await holding(row("b/10"), row("b/9"), row("A"), row("b/é"));
  set({ order: parseOrder("name") });
  expect(shown()).toEqual(["A", "- b/", "  9", "  10", "  é"]);
});

test("the order stands in the address; a third click is the newest first again", () => {
  for (const text of ["", "name", "-name", "lines", "-last"]) expect(printOrder(parseOrder(text))).toBe(text);
  expect(parseOrder("nonsense")).toEqual(NEWEST);
  const first = nextOrder(NEWEST, "lines");
  const second = nextOrder(first, "lines");
  expect([first, second, nextOrder(second, "lines")].map(printOrder)).toEqual(["-lines", "lines", ""]);
  expect(printOrder(nextOrder(NEWEST, "name"))).toBe("name");
});

test("keys lead through the list, and turn folders", () => {
  const { rows } = fleet.show();
  const act = (key: string, at: number) => actOf(key, rows, at, 3);
  expect(act("j", -1)).toEqual({ kind: "move", index: 0 });
  expect(act("ArrowDown", rows.length - 1)).toEqual({ kind: "move", index: rows.length - 1 });
  expect(act("k", -1)).toEqual({ kind: "move", index: rows.length - 1 });
  expect(act("PageDown", 1)).toEqual({ kind: "move", index: 4 });
  expect(act("Enter", 0)).toEqual({ kind: "open", name: "alone" });
  expect(act("Enter", 2)).toEqual({ kind: "turn", id: "ci/", open: false });
  expect(act("ArrowLeft", 2)).toEqual({ kind: "turn", id: "ci/", open: false });
  expect(act("ArrowLeft", 5)).toEqual({ kind: "move", index: 4 });
  expect(act("ArrowRight", 2)).toEqual({ kind: "move", index: 3 });
  expect(act("ArrowRight", 0)).toBeNull();
  expect(act("*", 0)).toEqual({ kind: "all", open: true });
  expect([act("Delete", 0), act("Delete", 2)]).toEqual([{ kind: "remove", name: "alone" }, null]);
  expect(act("x", 0)).toBeNull();
  expect(act(" ", 0)).toEqual({ kind: "pick", name: "alone" });
  expect(actOf("j", [], -1, 3)).toBeNull();
});

test("5,000 streams are shown in a moment", async () => {
  await holding(
    ...Array.from({ length: 5000 }, (_, index) => row(`team-${index % 40}/job-${index % 400}/${index}`)),
  );
  const began = performance.now();
  set({ filter: "state:live -nothing" });
  expect(fleet.show().matching).toBe(5000);
  expect(performance.now() - began).toBeLessThan(500);
});

test("rows in sight, and some around them", () => {
  expect(rowsInSight(0, 320, 32, 1000)).toEqual({ first: 0, last: 18 });
  expect(rowsInSight(3200, 320, 32, 1000)).toEqual({ first: 92, last: 118 });
  expect(rowsInSight(3200, 320, 32, 5)).toEqual({ first: 5, last: 5 });
  expect(scrollToShow(0, 64, 320, 32)).toBe(0);
  expect(scrollToShow(12, 64, 320, 32)).toBe(96);
  expect(scrollToShow(5, 64, 320, 32)).toBe(64);
});
