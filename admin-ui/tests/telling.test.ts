import { describe, expect, it } from "vitest";
import { iconOf, moodOf, silenceAfter, Teller, tabTitle } from "../src/numbers/telling";
import type { StreamRow } from "../src/wire/types";

const row = (more: Partial<StreamRow> = {}) =>
  ({ state: "live", status: null, run: 1, lines: 10, last_at: 1000, ...more }) as StreamRow;

describe("a stream's mood", () => {
  it("is what its state, its status and its silence make it", () => {
    expect(moodOf(undefined, 0, 1)).toBe("waiting");
    expect(moodOf(row(), 5, 10)).toBe("live");
    expect(moodOf(row(), 11, 10)).toBe("silent");
    expect(moodOf(row({ state: "detached" }), 5, 10)).toBe("waiting");
    for (const status of ["exit:0", "eof", "end", null])
      expect(moodOf(row({ state: "ended", status }), 99, 10)).toBe("done");
    for (const status of ["exit:1", "signal:9", "hub_lost", "reset"])
      expect(moodOf(row({ state: "ended", status }), 99, 10)).toBe("failed");
  });

  it("is silent against its own habit, and never at once", () => {
    expect(silenceAfter(0)).toBe(60_000);
    expect(silenceAfter(3_600_000)).toBe(7_200_000);
  });
});

describe("the tab", () => {
  it("says first what is new and how it stands", () => {
    expect(tabTitle("ci/a", "live", 0)).toBe("ci/a · Hub");
    expect(tabTitle("ci/a", "failed", 12)).toBe("(12) ✗ ci/a · Hub");
    expect(tabTitle("ci/a", "silent", 12_345)).toBe("(9999+) … ci/a · Hub");
  });

  it("has an icon of its own for each mood, and with news", () => {
    const moods = ["waiting", "live", "silent", "done", "failed"] as const;
    const icons = moods.flatMap((mood) => [iconOf(mood, 0), iconOf(mood, 1)]);
    expect(new Set(icons).size).toBe(10);
    expect(icons.every((icon) => icon.startsWith("data:image/svg+xml,"))).toBe(true);
  });
});

describe("Teller", () => {
  it("tells of an end, a failure and silence, each once, and not of how it was found", () => {
    const teller = new Teller("ci/a");
    expect(teller.become("failed", row({ status: "exit:1" }), 0)).toBeNull();
    expect(teller.become("live", row({ run: 2 }), 0)).toBeNull();
    expect(teller.become("silent", row({ run: 2 }), 61_000)?.body).toBe("nothing for 61 s");
    expect(teller.become("silent", row({ run: 2 }), 62_000)).toBeNull();
    expect(teller.become("live", row({ run: 2 }), 0)).toBeNull();
    expect(teller.become("failed", row({ run: 2, status: "exit:3" }), 0)).toEqual({
      title: "ci/a failed",
      body: "exit:3",
    });
  });

  it("tells of a run that nobody saw between two others", () => {
    const teller = new Teller("ci/a");
    teller.become("done", row(), 0);
    expect(teller.become("done", row({ run: 2 }), 0)?.title).toBe("ci/a is done");
  });

  it("counts lines while the tab is hidden", () => {
    const teller = new Teller("ci/a");
    expect(teller.unread(row({ lines: 100 }))).toBe(0);
    teller.hide(row({ lines: 110 }));
    expect(teller.unread(row({ lines: 110 }))).toBe(0);
    expect(teller.unread(row({ lines: 125 }))).toBe(15);
    teller.show();
    expect(teller.unread(row({ lines: 130 }))).toBe(0);
  });

  it("measures silence by the reader's clock", () => {
    const teller = new Teller("ci/a");
    // The hub's clock is far ahead.
    expect(teller.quiet(row({ last_at: 99_000 }), 10_000)).toBe(0);
    expect(teller.quiet(row({ last_at: 99_000 }), 15_000)).toBe(5000);
    expect(teller.quiet(row({ last_at: 99_500 }), 16_000)).toBe(0);
    expect(new Teller("ci/a").quiet(row({ last_at: 4000 }), 16_000)).toBe(12_000);
  });
});
