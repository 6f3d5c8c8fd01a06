import { expect, test } from "vitest";
import { harmless, lastState, paletteColour, segments } from "../src/viewer/ansi";

test("colours become classes", () => {
  expect(segments("\x1b[1;31merror\x1b[0m: no")).toEqual([
    { text: "error", classes: "ansi-red bold" },
    { text: ": no", classes: "" },
  ]);
});

test("of a progress line the last state is shown", () => {
  expect(lastState("10%\r57%\r")).toBe("57%");
  expect(segments("a\rb")[0]?.text).toBe("b");
});

test.each([
  ["a title", "\x1b]0;owned\x07text", "text"],
  ["a link", "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\", "click"],
  ["the clipboard", "\x1b]52;c;aGk=\x07x", "x"],
  ["an unfinished OSC", "a\x1b]52;c;aGk=", "a"],
  ["clearing the screen", "\x1b[2Ja\x1b[1;1Hb", "ab"],
  ["C1 control sequences", "\x9b2Jx\x9d0;t\x9cy", "xy"],
  ["a device query", "\x1b[6nx\x1bP+q544e\x1b\\y", "xy"],
  ["bidi overrides", "a\u202eb\u2066c", "a\ufffdb\ufffdc"],
  ["NUL and bell", "a\0b\x07", "a\u2400b\u2407"],
])("%s has no effect", (_, text, shown) => {
  expect(
    segments(text)
      .map((segment) => segment.text)
      .join(""),
  ).toBe(shown);
});

test("markup is text", () => {
  expect(harmless("<script>alert(1)</script>")).toBe("<script>alert(1)</script>");
  expect(segments("<b>x</b>\x1b[31m<i>")[0]?.text).toBe("<b>x</b>");
});

test("a long hostile line is handled in time", () => {
  const began = performance.now();
  segments("\x1b[".repeat(100_000));
  segments("\x1b]".repeat(100_000));
  expect(performance.now() - began).toBeLessThan(2000);
});

test("colours of the 256 and of the 16 million are kept", () => {
  expect(segments("\x1b[38;5;208ma\x1b[48;2;1;2;3mb\x1b[0mc")).toEqual([
    { text: "a", classes: "exact-ink", ink: "255 135 0" },
    { text: "b", classes: "exact-ink exact-ground", ink: "255 135 0", ground: "1 2 3" },
    { text: "c", classes: "" },
  ]);
  expect([16, 231, 232, 255].map(paletteColour)).toEqual(["0 0 0", "255 255 255", "8 8 8", "238 238 238"]);
});

test("a colour that is none stays plain text", () => {
  const odd = "\x1b[38;5;999ma\x1b[38;2;9999;;mb\x1b[38;2;url(x);0;0mc";
  for (const { ink } of segments(odd)) expect(ink ?? "").toMatch(/^(\d{1,3} \d{1,3} \d{1,3})?$/);
});
