import { expect, test } from "vitest";
import { Assembler, type TextLine } from "../src/viewer/assembler";

const bytes = (text: string) => new TextEncoder().encode(text);
const TEXT = "eins\nzwei ü€😀\n\nrest";

function feed(data: Uint8Array, size: number): { lines: TextLine[]; assembler: Assembler } {
  const assembler = new Assembler();
  const lines: TextLine[] = [];
  for (let at = 0; at < data.length; at += size)
    lines.push(...assembler.push(at, 1, data.subarray(at, at + size)));
  return { lines, assembler };
}

test.each([1, 2, 3, 7, 1000])("lines are the same in slices of %i bytes", (size) => {
  const { lines, assembler } = feed(bytes(TEXT), size);
  expect(lines.map((line) => line.text)).toEqual(["eins", "zwei ü€😀", ""]);
  expect(lines.map((line) => line.offset)).toEqual([0, 5, 20]);
  expect(assembler.partial?.text).toBe("rest");
});

test("an unfinished line is shown, and ended by a flush", () => {
  const { assembler } = feed(bytes("50%\r60%"), 3);
  expect(assembler.partial).toMatchObject({ offset: 0, text: "60%" });
  expect(assembler.flush()?.text).toBe("60%");
  expect(assembler.partial).toBeNull();
});

test("broken UTF-8 becomes replacement characters", () => {
  const { lines } = feed(new Uint8Array([0xff, 97, 0xe2, 0x82, 10]), 2);
  expect(lines[0]?.text).toBe("\ufffda\ufffd");
});

test("a line of ten megabytes is cut and says its size", () => {
  const { assembler } = feed(new Uint8Array(10 * 1024 * 1024).fill(120), 65536);
  const text = assembler.partial?.text ?? "";
  expect(text.length).toBeLessThan(70_000);
  expect(text).toContain("(10485760 bytes)");
});

test("a progress bar of megabytes in one line shows its last state", () => {
  const bar = Array.from({ length: 200_000 }, (_, step) => `\rstep ${step}`).join("");
  const { assembler } = feed(bytes(bar), 1000);
  expect(assembler.partial?.text).toBe("step 199999");
});

test.each([1, 2, 1000])("a return before the line feed draws over nothing, in slices of %i bytes", (size) => {
  const { lines } = feed(bytes("one\r\ntwo\r\r\n10%\r100%\r\n"), size);
  expect(lines.map((line) => line.text.replace(/\r+$/, ""))).toEqual(["one", "two", "100%"]);
});

test("many small pieces of a long line cost as much as few", () => {
  const { assembler } = feed(new Uint8Array(300_000).fill(120), 1);
  expect(assembler.partial?.text).toContain("(300000 bytes)");
});
