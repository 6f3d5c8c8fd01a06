import { expect, test } from "vitest";
import { isPartOpen, type PanelPart } from "../src/control/panel-parts";

const PARTS: PanelPart[] = ["control", "commands", "watching", "marks"];

test("all parts are open where there is room", () => {
  const all = PARTS.filter((part) => isPartOpen(part, { roomy: true, chosen: "marks", operator: true }));
  expect(all).toEqual(PARTS);
});

test.each([
  [null, true, "control"],
  [null, false, "watching"],
  ["marks", true, "marks"],
  ["watching", false, "watching"],
] as const)(
  "where there is none, after %j was chosen (operator: %j) one is: %j",
  (chosen, operator, open) => {
    expect(PARTS.filter((part) => isPartOpen(part, { roomy: false, chosen, operator }))).toEqual([open]);
  },
);
