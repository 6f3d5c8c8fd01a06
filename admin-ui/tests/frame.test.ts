import { expect, test } from "vitest";
import { numberAt, parseFrame, printFrame } from "../src/wire/frame";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a header has words and keys, percent-decoded", () => {
  const frame = parseFrame(bytes("STREAM 5 ci/a%20b epoch=7 offset=90 state=live\n"));
  expect(frame.verb).toBe("STREAM");
  expect(frame.args).toEqual(["5", "ci/a b"]);
  expect(frame.keys).toEqual({ epoch: "7", offset: "90", state: "live" });
  expect(numberAt(frame, 0)).toBe(5);
});

test("a payload may hold anything, line ends too", () => {
  const frame = parseFrame(bytes("DATA 1 0 99 {4}\na\n\0b\n"));
  expect(Array.from(frame.payload ?? [])).toEqual([97, 10, 0, 98]);
});

test("an error's text is for people", () => {
  const frame = parseFrame(bytes("ERR LIMIT id=3 :too many streams match\n"));
  expect(frame).toMatchObject({ args: ["LIMIT"], keys: { id: "3" }, text: "too many streams match" });
});

test.each(["", "data 1\n", "DATA 1 0 1 {5}\nabc\n", "DATA 1 0 1 {3}\nabcd"])("%j is refused", (text) => {
  expect(() => parseFrame(bytes(text))).toThrow();
});

test("what is printed can be parsed", () => {
  const printed = printFrame("SUB", ["1", "a b%{x}", "from=-5"], "a 1:2\n");
  const frame = parseFrame(printed);
  expect(frame.args).toEqual(["1", "a b%{x}"]);
  expect(frame.keys.from).toBe("-5");
  expect(new TextDecoder().decode(frame.payload ?? undefined)).toBe("a 1:2\n");
});
