import { beforeEach, expect, test } from "vitest";
import { KeptPlace } from "../src/session/kept-place";
import { parsePlaceIn, printSeen } from "../src/viewer/target";

/** An address with its history, as a browser has it. */
let steps: string[];
let kept: KeptPlace;

beforeEach(() => {
  steps = [""];
  kept = new KeptPlace({
    read: () => steps.at(-1) as string,
    replace: (value) => steps.splice(-1, 1, value),
    push: (value) => steps.push(value),
  });
});

test("what is read is kept without a step, and asks for nothing", () => {
  kept.write("byte 100");
  kept.write("byte 200");
  expect(steps).toEqual(["byte 200"]);
  expect(kept.asked()).toBeNull();
});

test("a jump is a step, and going back asks for what was read before it", () => {
  kept.write("byte 100");
  kept.leave("line 5000000");
  kept.write("byte 99");
  expect(steps).toEqual(["byte 100", "byte 99"]);
  expect(kept.asked()).toBeNull();
  steps.pop();
  expect(kept.asked()).toBe("byte 100");
  expect(kept.asked()).toBeNull();
});

test("going back to the end that was followed asks for the end", () => {
  kept.leave("line 7");
  steps.pop();
  expect(parsePlaceIn(kept.asked() ?? "none")).toEqual([{ kind: "end" }]);
});

test("what was asked for meanwhile is not written over", () => {
  kept.leave("line 7");
  steps.push("#2");
  kept.write("byte 100");
  expect(steps.at(-1)).toBe("#2");
  expect(kept.asked()).toBe("#2");
});

test("a jump to where one is already is no step", () => {
  kept.leave("");
  expect(steps).toEqual([""]);
});

test("a place that is read marks no lines, and is found again", () => {
  const seen = { kind: "offset", offset: 99, epoch: 7 } as const;
  expect(printSeen(seen)).toBe("byte 7:99");
  expect(parsePlaceIn("byte 7:99")).toEqual([seen]);
  expect(parsePlaceIn("@7:99-@120")).toEqual([seen, 120]);
  expect(printSeen({ kind: "line", line: 4 })).toBe("line 5");
});
