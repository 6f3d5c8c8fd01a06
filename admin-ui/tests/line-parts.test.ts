import { expect, test } from "vitest";
import { plainText } from "../src/viewer/ansi";
import { Heights } from "../src/viewer/heights";
import { jsonOf, jsonPieces } from "../src/viewer/json-line";
import { linksIn } from "../src/viewer/links";
import { duration, timeText } from "../src/viewer/row-element";

const found = (text: string) => linksIn(text).map(({ from, to }) => text.slice(from, to));

test("addresses end before the punctuation of the sentence", () => {
  expect(found("see https://a.example/x(1), http://b.example.")).toEqual([
    "https://a.example/x(1)",
    "http://b.example",
  ]);
  expect(found("(https://a.example/x)")).toEqual(["https://a.example/x"]);
});

test("nothing but http and https is an address", () => {
  expect(found("javascript:alert(1) data://x ftp://a/b file:///etc xhttps://no.example")).toEqual([]);
});

test("an object is JSON, nothing else is", () => {
  expect(jsonOf(' {"a": 1} ')).toEqual({ a: 1 });
  for (const text of ["[1]", "{a: 1}", "{", "1", '{"a": 1} x']) expect(jsonOf(text)).toBeUndefined();
});

test("JSON is coloured without a change of its text", () => {
  const text = '{"msg": "a \\"b\\": 1", "n": -1.5e3, "ok": true}';
  const pieces = jsonPieces(text);
  expect(pieces.map((piece) => piece.text).join("")).toBe(text);
  expect(pieces.filter((piece) => piece.kind).map((piece) => piece.kind)).toEqual([
    "key",
    "string",
    "key",
    "number",
    "key",
    "word",
  ]);
});

test("plain text has no colours, and the last state of a bar", () => {
  expect(plainText("\x1b[31mred\x1b[0m")).toBe("red");
  expect(plainText("10%\r50%")).toBe("50%");
  expect(plainText("plain ü")).toBe("plain ü");
});

test("times are said as one wants them", () => {
  expect(timeText(0, "utc", 0)).toBe("00:00:00.000Z");
  expect(timeText(1000, "relative", 63_500)).toBe("−1 min 2 s");
  expect([duration(5), duration(2500), duration(3_700_000)]).toEqual(["5 ms", "2.5 s", "1 h 1 min"]);
});

test("places of rows are what the heights before them add up to, whatever comes and goes", () => {
  const heights = new Heights();
  const plain: number[] = [];
  for (let n = 0; n < 1000; n++) {
    const height = n % 7 === 0 ? 0 : 20 * (1 + (n % 3));
    heights.push(height);
    plain.push(height);
    if (n % 5 === 4) {
      heights.shift(2);
      plain.splice(0, 2);
    }
    if (n % 11 === 10) {
      heights.pop(1);
      plain.pop();
    }
  }
  const sum = (count: number) => plain.slice(0, count).reduce((a, b) => a + b, 0);
  expect([heights.length, heights.total]).toEqual([plain.length, sum(plain.length)]);
  for (const index of [0, 1, 100, 255, 256, 300, plain.length]) expect(heights.top(index)).toBe(sum(index));
  for (const y of [0, 1, 999, 5000, heights.total - 1]) {
    const index = heights.at(y);
    expect(sum(index) <= y && y < sum(index + 1)).toBe(true);
  }
});
