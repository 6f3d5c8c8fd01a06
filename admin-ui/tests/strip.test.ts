import { describe, expect, it } from "vitest";
import { clockFor, length } from "../src/numbers/clock";
import { barAt, barPath } from "../src/numbers/strip";
import { fieldName, figure, foundCount, samplingWarning, showValue } from "../src/numbers/words";

describe("the volume strip", () => {
  it("draws a bar for each step with something, the least of them to be seen", () => {
    expect(barPath([0, 1, 1000], 30, 20)).toBe("M10 20V19H19V20ZM20 20V0H29V20Z");
    expect(barPath([0, 0], 30, 20)).toBe("");
    expect(barPath([], 30, 20)).toBe("");
  });

  it("draws the step that still fills by itself, on the scale of all", () => {
    expect(barPath([0, 1000, 500], 30, 20, { to: 2 })).toBe("M10 20V0H19V20Z");
    expect(barPath([0, 1000, 500], 30, 20, { from: 2 })).toBe("M20 20V10H29V20Z");
  });

  it("finds the bar at a pointer", () => {
    expect([0, 49, 50, 99, 100, -5].map((x) => barAt(x, 100, 2))).toEqual([0, 0, 1, 1, 1, 0]);
    expect(barAt(5, 100, 0)).toBe(0);
  });
});

describe("times", () => {
  it("are as short as their chart allows", () => {
    const at = new Date(2026, 10, 24, 17, 5, 9).getTime();
    expect(clockFor(60_000)(at)).toBe("17:05:09");
    expect(clockFor(3_600_000)(at)).toBe("17:05");
    expect(clockFor(2 * 86_400_000)(at)).toBe("24 Nov 17:05");
    expect(clockFor(30 * 86_400_000)(at)).toBe("24 Nov");
  });

  it("lengths have two units at most", () => {
    expect([999, 1000, 61_000, 3_600_000, 90_061_000].map(length)).toEqual([
      "0 s",
      "1 s",
      "1 min 1 s",
      "1 h",
      "1 d 1 h",
    ]);
  });
});

describe("values", () => {
  it("are told as what they are", () => {
    expect(showValue("bytes", 2048)).toBe("2.0 KiB/s");
    expect(showValue("lines", 12.34)).toBe("12.3/s");
    expect(showValue("level.error", 0.5)).toBe("0.5/s");
    expect(showValue("loss", 0.123456789)).toBe("0.12346");
  });

  it("are short, however large or small they are", () => {
    expect([0, -2.5, 1234567, 1.5e12, 3e-7].map(figure)).toEqual([
      "0",
      "-2.5",
      "1,234,600",
      "1.50e+12",
      "3.00e-7",
    ]);
  });

  it("have names", () => {
    expect(["lines", "level.error", "loss"].map(fieldName)).toEqual(["lines", "error lines", "loss"]);
  });

  it("warn of a text that was looked at in part, and not of one that nearly was whole", () => {
    expect([1, 0.994, 0.95].map(samplingWarning)).toEqual(["", "", ""]);
    expect(samplingWarning(0.949)).toMatch(/^Only 94 % of the text/);
    expect(samplingWarning(0.004)).toMatch(/^Less than 1 % of the text/);
    expect([foundCount(496, 1), foundCount(496, 0.994)]).toEqual(["496", "≈\u202f496"]);
  });
});
