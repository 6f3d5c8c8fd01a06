import { expect, test } from "vitest";
import { ERRORS, levelOf } from "../src/find/level";
import { Matcher, prepare, printQuery, readQuery } from "../src/find/query";
import { plainText } from "../src/viewer/ansi";
import { namesRaised } from "../src/viewer/raised";

const regex = (text: string, exact = true) => new Matcher({ text, regex: true, exact });
const found = (pattern: string, line: string, exact = true) =>
  regex(pattern, exact)
    .spans(line)
    .map(({ from, to }) => line.slice(from, to));

test("a text is looked for as it is, in either case unless one asks for more", () => {
  const plain = new Matcher({ text: "a.B(", regex: false, exact: false });
  expect(plain.spans("xA.b(y a.B(")).toEqual([
    { from: 1, to: 5 },
    { from: 7, to: 11 },
  ]);
  expect(new Matcher({ text: "Ü", regex: false, exact: false }).matches("für")).toBe(true);
  expect(new Matcher({ text: "Ok", regex: false, exact: true }).matches("ok")).toBe(false);
});

test.each([
  ["a+b?", "caab ab a", ["aab", "ab", "a"]],
  ["a+?", "aaa", ["a", "a", "a"]],
  ["(?U)a+", "aa", ["a", "a"]],
  ["foo|foobar", "foobar", ["foo"]],
  ["\\d{2,3}ms", "1ms 22ms 4444ms", ["22ms", "444ms"]],
  ["(\\d+\\.){3}\\d+", "at 10.0.0.17:80", ["10.0.0.17"]],
  ["^\\s*at .*$", "  at main", ["  at main"]],
  ["\\bcat\\b", "cat concat cat.", ["cat", "cat"]],
  ["[^a-c\\d]+", "abx-1c", ["x-"]],
  ["[]x]+", "a]x]", ["]x]"]],
  ["[[:alpha:]-]+", "1a-b2", ["a-b"]],
  ["(?i)err(?-i:OR)", "ErrOR error", ["ErrOR"]],
  ["(?P<name>x)(?<other>y)", "xy", ["xy"]],
  ["\\Qa.b\\E+", "a.bbb axb", ["a.bbb"]],
  ["\\x{1F600}|\\x41", "A😀", ["A", "😀"]],
  ["\\p{Greek}+", "abc αβγ", ["αβγ"]],
  [".", "😀a", ["😀", "a"]],
  ["x*", "axxb", ["xx"]],
  ["a{,2}", "a{,2}", ["a{,2}"]],
])("%s finds what RE2 finds", (pattern, line, parts) => {
  expect(found(pattern, line)).toEqual(parts);
});

test.each([
  ["(?=a)", "looks around"],
  ["(?<!a)b", "looks around"],
  ["(a)\\1", "refers back"],
  ["a**", "two repetitions"],
  ["*a", "nothing to repeat"],
  ["(a", "without its )"],
  ["a)", "without its ("],
  ["[a", "without its ]"],
  ["[z-a]", "backwards"],
  ["a{2,1}", "no repetition"],
  ["a{1001}", "no repetition"],
  ["\\y", "nothing that RE2 has"],
  ["\\", "at the end"],
  ["\\p{Nonsense}", "no property"],
  ["(a{1000}){1000}", "too large"],
  ["(?>a)", "nothing that RE2 has"],
])("%s is refused with a reason", (text, reason) => {
  const { matcher, problem } = prepare({ text, regex: true, exact: true });
  expect(matcher).toBeNull();
  expect(problem).toContain(reason);
});

test("no expression takes for ever, whatever the line", () => {
  const began = performance.now();
  const line = "a".repeat(30_000);
  for (const pattern of ["(a+)+b", "(a|a)*c", "(.*)*(.*)*(.*)*x", "(a?){50}a{50}b"])
    expect(regex(pattern).matches(line)).toBe(false);
  regex("a*?(a|b)").spans(line);
  expect(performance.now() - began).toBeLessThan(3000);
});

test("a query goes through an address", () => {
  const query = { text: "a|b", regex: true, exact: true };
  expect(printQuery("find", query)).toEqual({ find: "a|b", "find.as": "regex case" });
  expect(readQuery("find", printQuery("find", query))).toEqual(query);
  expect(printQuery("find", { ...query, text: "" })).toEqual({ find: "", "find.as": "" });
});

test.each([
  ["2026-11-24 12:00 ERROR no such file", "error"],
  ["level=error msg=x", "error"],
  ['{"level":"warn","msg":"x"}', "warn"],
  ["[Error] x", "error"],
  ["make: error: no rule", "error"],
  ["Traceback (most recent call last):", null],
  ["subprocess.TimeoutExpired: Command 'x' timed out", "error"],
  ["KeyboardInterrupt", "error"],
  ["TypeError [ERR_INVALID_ARG_TYPE]: The argument", "error"],
  ["Timeout: 30", null],
  ["builtins.ValueError: no", "error"],
  ["java.lang.IllegalStateException: x", "error"],
  ["##[error]Process completed", "error"],
  ["WARN  slow", "warn"],
  ["DeprecationWarning: use other", "warn"],
  ["12:00 INFO started", "info"],
  ["0 errors, no warnings", null],
  ["the error handler was called", null],
  ["INFORMATION", null],
])("the level of %j is %s", (line, level) => {
  expect(levelOf(line)).toBe(level);
});

test.each([
  ["\x1b[1;31mERROR\x1b[0m assertion failed", true],
  ["12:00 \x1b[31m\x1b[1mFATAL\x1b[0m gone", true],
  ["\x1b[31merror\x1b[0m: no rule", true],
  ["[\x1b[31merror\x1b[0m] x", true],
  ["level=\x1b[31merror\x1b[0m msg=x", true],
  ["\x1b[31mValueError\x1b[39m: no", true],
  ["\x1b[31mTraceback (most recent call last):\x1b[0m", false],
  ["\x1b[1;35mValueError\x1b[0m: \x1b[35mno\x1b[0m", true],
  ["ValueError\r", true],
  ["\x1b[32mPASS\x1b[0m test_1", false],
  ["no\x1b[31mERROR\x1b[0m", false],
])("the hub, which sees colours, finds the errors that are read: %j", (raw, isError) => {
  expect(levelOf(plainText(raw)) === "error").toBe(isError);
  expect(new RegExp(ERRORS.query.text).test(raw)).toBe(isError);
});

test.each([
  [
    "Python",
    'Traceback (most recent call last):|  File "a.py", line 1, in f|    raise ValueError("no")|ValueError: no',
    3,
  ],
  [
    "Java",
    'Exception in thread "main" java.lang.RuntimeException: no|\tat a.B.c(B.java:1)|Caused by: java.io.IOException: gone|\t... 3 more',
    0,
  ],
  [
    "Node",
    '/app/a.js:1|throw new TypeError("no");|^||TypeError: no|    at f (/app/a.js:1:7)||Node.js v22.0.0',
    4,
  ],
  [
    "Go",
    "panic: runtime error: index out of range [3] with length 3||goroutine 1 [running]:|main.main()|\t/app/a.go:4 +0x1d|exit status 2",
    0,
  ],
])("a trace of %s is one error, at the line that says what went wrong", (_, trace, at) => {
  const lines = trace.split("|");
  expect(lines.flatMap((line, index) => (levelOf(line) === "error" ? [index] : []))).toEqual([at]);
  expect(lines.flatMap((line, index) => (namesRaised(line) ? [index] : []))).toEqual([at]);
});
